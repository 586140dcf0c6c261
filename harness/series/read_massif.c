/*
 * massif's output (valgrind): many snapshots, of which the detailed ones have a tree of what is alive, from
 * the allocation outwards. profile/massif.c shows one. What is below the threshold of a snapshot is left out
 * there.
 */
#include "series/readers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct massif {
    hg_series *series;
    hg_series_frame frames[HG_SERIES_FRAMES]; /* the stack so far, innermost first */
    double scale;                             /* from the file's time to the point's */
    long long time, bytes;
} massif;

/* "0x4E5679A: registry_entry_new (registry.c:56)", or "(in /usr/lib/libtoka.so)". */
static void read_frame(massif *from, char *text, size_t depth)
{
    const char *function = "", *file = "", *module = "";
    int line = 0;
    uint64_t address = strtoull(text, &text, 16);
    char *place = strrchr(text, '(');
    char *end = place ? strchr(place, ')') : NULL;
    if (strncmp(text, ": ", 2) == 0)
        function = text + 2;
    if (end) {
        *end = '\0';
        if (place > text && place[-1] == ' ')
            place[-1] = '\0';
        place++;
        char *colon = strrchr(place, ':');
        if (strncmp(place, "in ", 3) == 0) {
            module = place + 3;
        } else if (colon) {
            *colon = '\0';
            file = place;
            line = atoi(colon + 1);
        }
    }
    if (strcmp(function, "???") == 0)
        function = "";
    from->frames[depth] = (hg_series_frame){.function = hg_series_string(from->series, function),
                                            .file = hg_series_string(from->series, file),
                                            .module = hg_series_string(from->series, module),
                                            .line = line,
                                            .offset = address};
}

/* One node: indented by its depth, "nCHILDREN: BYTES FRAME". */
static void read_node(massif *from, char *line)
{
    size_t depth = strspn(line, " ");
    int children, read = 0;
    long long bytes;
    double share;
    if (sscanf(line + depth, "n%d: %lld %n", &children, &bytes, &read) != 2 || read == 0)
        return;
    char *what = line + depth + read;
    const char *below = strstr(what, "below massif's threshold (");
    if (below && sscanf(strchr(below, '('), "(%lf%%)", &share) == 1) {
        double threshold = share / 100 * (double)from->bytes;
        hg_series_point *point = &from->series->points[from->series->point_count - 1];
        if (isfinite(threshold) && threshold > point->threshold)
            point->threshold = threshold;
    }
    bool is_frame = depth > 0 && depth <= HG_SERIES_FRAMES && strncmp(what, "0x", 2) == 0;
    if (is_frame)
        read_frame(from, what, depth - 1);
    if (children > 0 || depth == 0 || below)
        return;
    size_t count = is_frame ? depth : depth - 1;
    hg_series_add(from->series, from->frames, count < HG_SERIES_FRAMES ? count : HG_SERIES_FRAMES,
                  (double)bytes, 0, 0);
}

static bool choose_clock(massif *from, const char *unit)
{
    if (strcmp(unit, "ms") == 0) {
        from->series->clock = HG_SERIES_SECONDS;
        from->scale = 1e6;
    } else if (strcmp(unit, "B") == 0) {
        from->series->clock = HG_SERIES_ALLOCATED;
    } else if (strcmp(unit, "i") == 0) {
        from->series->clock = HG_SERIES_INSTRUCTIONS;
    } else {
        return hg_series_fail(from->series, "massif's time_unit is i, ms or B, and not '%.40s'", unit);
    }
    return true;
}

static bool read_line(massif *from, char *line)
{
    if (strncmp(line, "time_unit: ", 11) == 0)
        return choose_clock(from, line + 11);
    if (sscanf(line, "time=%lld", &from->time) == 1 || sscanf(line, "mem_heap_B=%lld", &from->bytes) == 1)
        return true;
    if (strcmp(line, "heap_tree=detailed") == 0 || strcmp(line, "heap_tree=peak") == 0) {
        double time = (double)from->time * from->scale;
        return hg_series_add_point(from->series, time >= 0 && time < 9e18 ? (int64_t)time : 0);
    }
    if (line[strspn(line, " ")] == 'n' && from->series->point_count > 0)
        read_node(from, line);
    return true;
}

bool hg_series_read_massif(hg_series *series, char *text)
{
    if (series->point_count > 0)
        return hg_series_fail(series, "a file of massif is a series of its own");
    massif *from = calloc(1, sizeof *from);
    if (!from)
        return hg_series_fail(series, "out of memory");
    from->series = series;
    from->scale = 1;
    bool done = hg_series_is(series, "massif", true);
    for (char *line = text, *next; done && line; line = next) {
        next = hg_series_end_line(line);
        done = read_line(from, line);
    }
    if (done && series->point_count == 0)
        done = hg_series_fail(series, "it has no detailed snapshot; run massif with --detailed-freq=1");
    free(from);
    return done;
}
