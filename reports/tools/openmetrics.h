/*
 * Figures in the OpenMetrics text format 1.0, for whoever has more to say than a run does.
 *
 * A text is made of hg_openmetrics_run, any number of values, and hg_openmetrics_end. Errors are left on the
 * stream.
 */
#ifndef HG_TOOLS_OPENMETRICS_H
#define HG_TOOLS_OPENMETRICS_H

#include "model/model.h"
#include <stdio.h>

typedef struct hg_openmetrics_value_of {
    const char *name, *unit, *help; /* unit: "" or the end of the name */
    bool counts;                    /* only ever grows; the value gets "_total" after its name */
    double value;
} hg_openmetrics_value_of;

/* All that a run says of its cells. False when memory ran out. */
bool hg_openmetrics_run(const hg_run *run, FILE *out);

/* One value of one cell, a family of its own. Each name once in a text. */
void hg_openmetrics_value(const hg_run *run, const hg_cell *cell, const hg_openmetrics_value_of *what,
                          FILE *out);

void hg_openmetrics_end(FILE *out);

#endif
