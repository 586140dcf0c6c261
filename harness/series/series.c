#include "series/series.h"

#include "analysis/function_name.h"
#include "verdict/sites.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void hg_series_free(hg_series *series)
{
    hg_intern_free(&series->strings);
    hg_intern_free(&series->paths);
    hg_buffer_free(&series->frames);
    hg_buffer_free(&series->extents);
    hg_buffer_free(&series->sightings);
}

uint32_t hg_series_text(hg_series *series, const char *text, size_t length)
{
    const char *end = memchr(text, '\0', length);
    return (uint32_t)hg_intern_add(&series->strings, text, end ? (size_t)(end - text) : length);
}

uint32_t hg_series_string(hg_series *series, const char *text)
{
    return hg_series_text(series, text, strlen(text));
}

static const char *text_of(const hg_series *series, uint32_t number)
{
    size_t length;
    return number < series->strings.count ? hg_intern_get(&series->strings, number, &length) : "";
}

bool hg_series_fail(hg_series *series, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(series->message, sizeof series->message, format, values);
    va_end(values);
    return false;
}

bool hg_series_failed(const hg_series *series)
{
    return series->strings.failed || series->paths.failed || series->frames.failed ||
           series->extents.failed || series->sightings.failed;
}

bool hg_series_add_point(hg_series *series, int64_t time)
{
    if (series->point_count == HG_SERIES_POINTS)
        return hg_series_fail(series, "it has more than %u snapshots", HG_SERIES_POINTS);
    series->points[series->point_count++] = (hg_series_point){.time = time};
    return true;
}

/* Of allocators, profilers and languages: a call path does not begin there. */
static bool allocates(const char *function)
{
    static const char *const names[] = {
        "malloc",         "calloc",          "realloc",         "reallocarray", "memalign",  "valloc",
        "posix_memalign", "aligned_alloc",   "strdup",          "strndup",      "__strdup",  "__strndup",
        "asprintf",       "tc_malloc",       "tc_new",          "tc_newarray",  "tc_calloc", "tc_realloc",
        "je_malloc",      "prof_alloc_prep", "runtime.mallocgc"};
    if (strncmp(function, "operator new", 12) == 0 || strncmp(function, "runtime.", 8) == 0)
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(function, names[i]) == 0)
            return true;
    return false;
}

static bool is_inner(const hg_series *series, const hg_series_frame *frame)
{
    const char *function = text_of(series, frame->function);
    return hg_sites_is_runtime(text_of(series, frame->module)) || allocates(function) ||
           hg_is_language_function(function, text_of(series, frame->file));
}

/* What calls main, or a thread's function. */
static bool is_start(const hg_series *series, const hg_series_frame *frame)
{
    static const char *const names[] = {"_start",
                                        "__libc_start_main_impl",
                                        "__libc_start_main",
                                        "__libc_start_call_main",
                                        "start_thread",
                                        "clone",
                                        "clone3",
                                        "__clone3",
                                        "__clone"};
    const char *function = text_of(series, frame->function);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(function, names[i]) == 0)
            return true;
    return false;
}

/* Whether two frames are in one function; without a name, at one place. */
static bool same_function(const hg_series *series, const hg_series_frame *a, const hg_series_frame *b)
{
    bool named = text_of(series, a->function)[0] != '\0';
    return a->function == b->function && a->module == b->module && (named || a->offset == b->offset);
}

/* Takes the loops of recursions out. */
static size_t fold(const hg_series *series, const hg_series_frame *frames, size_t count,
                   hg_series_frame ret_path[HG_SERIES_FRAMES])
{
    size_t kept = 0;
    for (size_t i = 0; i < count && kept < HG_SERIES_FRAMES; i++) {
        ret_path[kept++] = frames[i];
        for (size_t k = count - 1; k > i; k--)
            if (same_function(series, &frames[i], &frames[k])) {
                i = k;
                break;
            }
    }
    return kept;
}

static uint32_t path_of(hg_series *series, const hg_series_frame *path, size_t count)
{
    hg_series_frame key[HG_SERIES_FRAMES];
    memset(key, 0, sizeof key); /* its padding is compared */
    for (size_t i = 0; i < count; i++) {
        key[i].function = path[i].function;
        key[i].module = path[i].module;
        if (i == 0) {
            key[i].file = path[i].file;
            key[i].line = path[i].line;
        }
        if (text_of(series, path[i].function)[0] == '\0')
            key[i].offset = path[i].offset;
    }
    size_t known = series->paths.count;
    size_t number = hg_intern_add(&series->paths, key, count * sizeof *key);
    if (number == known && series->paths.count > known) {
        hg_series_extent extent = {(uint32_t)(series->frames.size / sizeof *path), (uint32_t)count};
        hg_buffer_add(&series->frames, path, count * sizeof *path);
        hg_buffer_add(&series->extents, &extent, sizeof extent);
    }
    return (uint32_t)number;
}

void hg_series_add(hg_series *series, const hg_series_frame *frames, size_t count, double bytes,
                   double blocks, double variance)
{
    hg_series_frame path[HG_SERIES_FRAMES];
    size_t first = 0, end = count;
    if (series->point_count == 0 || !isfinite(bytes) || !isfinite(variance) || !isfinite(blocks))
        return;
    while (first < count && is_inner(series, &frames[first]))
        first++;
    first = first < count ? first : 0;
    while (end > first + 1 && is_start(series, &frames[end - 1]))
        end--;
    /* A frame without a name below them is the start of the program, too. */
    for (size_t i = first + 1; i < end; i++)
        if (is_start(series, &frames[i]))
            end = i;
    size_t kept = fold(series, frames + first, end - first, path);
    const hg_series_sighting seen = {.path = path_of(series, path, kept),
                                     .point = series->point_count - 1,
                                     .bytes = bytes,
                                     .blocks = blocks,
                                     .variance = variance};
    hg_buffer_add(&series->sightings, &seen, sizeof seen);
}

void hg_series_scale(double period, bool scaled, double *bytes, double *blocks, double *ret_variance)
{
    *ret_variance = 0;
    if (period <= 1 || *blocks <= 0 || *bytes <= 0)
        return;
    double size = *bytes / *blocks;
    double chance = -expm1(-size / period);
    double sampled = scaled ? *blocks * chance : *blocks;
    if (!scaled) {
        *blocks /= chance;
        *bytes /= chance;
    }
    /* Of a binomial variable, divided by the probability. */
    *ret_variance = size * size * sampled * (1 - chance) / (chance * chance);
}

size_t hg_series_resolve(hg_series *series, const char *module, uint64_t offset,
                         hg_series_frame frames[HG_SERIES_FRAMES], size_t count)
{
    const hg_module_id id = {.path = module};
    size_t found_count = 0;
    const hg_symbol *found = hg_symbols_find(series->symbols, &id, offset, &found_count);
    uint32_t name = hg_series_string(series, hg_sites_shorten(module));
    for (size_t i = 0; found && i < found_count && count < HG_SERIES_FRAMES; i++)
        frames[count++] = (hg_series_frame){.function = hg_series_string(series, found[i].function),
                                            .file = hg_series_string(series, hg_sites_shorten(found[i].file)),
                                            .module = name,
                                            .line = found[i].line,
                                            .offset = offset};
    return count;
}
