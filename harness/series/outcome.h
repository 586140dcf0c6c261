/*
 * From a series to the cell of a run: the same verdict as of a measured program, as far as such profiles
 * tell.
 *
 * Each call path is a series of bytes. It grows if it does so steadily (analysis/growth.h), by time or from
 * point to point, and by more than the noise of sampling: blocks are sampled by chance, so what is alive of a
 * path has an error, and so has the difference of two points. Growth within it is none.
 */
#ifndef HG_SERIES_OUTCOME_H
#define HG_SERIES_OUTCOME_H

#include "model/model.h"
#include "series/series.h"

/* A judgement takes so many points. */
#define HG_SERIES_FEWEST 6u

/* The points are in their order and have times. Fills the cell. False when memory ran out. */
bool hg_series_conclude(const hg_series *series, double max_bytes_per_op, hg_cell *cell);

/* What an op is: "second", ... */
const char *hg_series_unit(hg_series_clock clock);

#endif
