#include "series/order.h"

#include <stdlib.h>
#include <string.h>

typedef struct place {
    uint32_t point;
    int64_t time;
    const char *path;
} place;

static int by_time(const void *a, const void *b)
{
    const place *x = a, *y = b;
    return x->time != y->time ? (x->time > y->time) - (x->time < y->time)
                              : (x->point > y->point) - (x->point < y->point);
}

static int by_path(const void *a, const void *b)
{
    const place *x = a, *y = b;
    int order = strverscmp(x->path, y->path);
    return order != 0 ? order : (x->point > y->point) - (x->point < y->point);
}

static bool is_digit(char letter)
{
    return letter >= '0' && letter <= '9';
}

/* Whether two names are the same but for numbers. */
static bool differ_in_numbers(const char *a, const char *b)
{
    while (*a || *b) {
        if (is_digit(*a) && is_digit(*b)) {
            a += strspn(a, "0123456789");
            b += strspn(b, "0123456789");
        } else if (*a++ != *b++) {
            return false;
        }
    }
    return true;
}

static bool increases(const place *places, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++)
        if (places[i].time < places[i - 1].time)
            return false;
    return count > 1 && places[count - 1].time > places[0].time;
}

static void use_times_of_change(place *places, uint32_t count, const hg_series_file *files)
{
    for (uint32_t i = 0; i < count; i++)
        places[i].time = files[places[i].point].changed_ns;
}

static void sort(const hg_series *series, const hg_series_file *files, place *places)
{
    uint32_t count = series->point_count;
    bool timed = true, numbered = true;
    for (uint32_t i = 0; i < count; i++) {
        places[i] = (place){i, series->points[i].time, files[i].path};
        timed &= places[i].time >= 0;
        numbered &= differ_in_numbers(files[0].path, files[i].path);
    }
    qsort(places, count, sizeof *places, by_time);
    if (timed && increases(places, count))
        return;
    use_times_of_change(places, count, files);
    qsort(places, count, sizeof *places, numbered ? by_path : by_time);
    if (numbered || increases(places, count))
        return;
    for (uint32_t i = 0; i < count; i++)
        places[i] = (place){i, 0, files[i].path};
}

bool hg_series_order(hg_series *series, const hg_series_file *files)
{
    uint32_t count = series->point_count;
    size_t sightings = series->sightings.size / sizeof(hg_series_sighting);
    hg_series_sighting *all = (hg_series_sighting *)(void *)series->sightings.bytes;
    place *places = calloc(count + 1, sizeof *places);
    uint32_t *now_at = calloc(count + 1, sizeof *now_at);
    double *thresholds = calloc(count + 1, sizeof *thresholds);
    bool done = places && now_at && thresholds;
    if (done) {
        sort(series, files, places);
        bool timed = increases(places, count);
        series->clock = timed ? HG_SERIES_SECONDS : HG_SERIES_FILES;
        for (uint32_t i = 0; i < count; i++) {
            now_at[places[i].point] = i;
            thresholds[i] = series->points[places[i].point].threshold;
        }
        for (uint32_t i = 0; i < count; i++)
            series->points[i] = (hg_series_point){timed ? places[i].time : (int64_t)i, thresholds[i]};
        for (size_t i = 0; i < sightings; i++)
            all[i].point = now_at[all[i].point];
    }
    free(places);
    free(now_at);
    free(thresholds);
    return done;
}
