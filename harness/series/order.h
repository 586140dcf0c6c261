/*
 * The order of a series' files: by the time that is in them; else, where their names differ in numbers alone,
 * by these; else by the time of their last change; else as they were given.
 */
#ifndef HG_SERIES_ORDER_H
#define HG_SERIES_ORDER_H

#include "series/series.h"

typedef struct hg_series_file {
    const char *path;
    int64_t changed_ns; /* the last time */
} hg_series_file;

/* One file a point, in the order of the points, which are put in order with all that is known of them. Gives
 * each a time. False when memory ran out. */
bool hg_series_order(hg_series *series, const hg_series_file *files);

#endif
