/*
 * The OpenMetrics text format 1.0, for a caller that adds values of its own to those of a run.
 *
 * A text consists of hg_openmetrics_run, any number of values, and hg_openmetrics_end. Errors are left on the
 * stream.
 */
#ifndef HG_TOOLS_OPENMETRICS_H
#define HG_TOOLS_OPENMETRICS_H

#include "model/model.h"
#include <stdio.h>

typedef struct hg_openmetrics_value_of {
    const char *name, *unit, *help; /* unit: "" or the end of the name */
    bool counts;                    /* a counter: the name of the value ends in "_total" */
    double value;
} hg_openmetrics_value_of;

/* All values of a run. False when memory ran out. */
bool hg_openmetrics_run(const hg_run *run, FILE *out);

/* One value of one cell, as its own family. A text has each name once. */
void hg_openmetrics_value(const hg_run *run, const hg_cell *cell, const hg_openmetrics_value_of *what,
                          FILE *out);

void hg_openmetrics_end(FILE *out);

#endif
