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

/* The verdict of every cell as a state set, heapgate_verdict_state. False when memory ran out. */
bool hg_openmetrics_states(const hg_run *run, FILE *out);

/*
 * What grows, in bytes per second of real time, by the line that allocates: of each cell the fastest,
 * heapgate_growth_bytes_per_second, with one standard error, and who holds it where that is known.
 * ops_per_second: of the cells; 0: as their samples have it.
 */
void hg_openmetrics_growth(const hg_run *run, double ops_per_second, FILE *out);

/* Of the measured rounds, by the clock; 0: unknown. */
double hg_openmetrics_ops_per_second(const hg_cell *cell);

typedef struct hg_openmetrics_label {
    const char *name, *value;
} hg_openmetrics_label;

/* A family with several values: its head, and then each of them. The value in what is not looked at. */
void hg_openmetrics_family(const hg_openmetrics_value_of *what, FILE *out);
void hg_openmetrics_point(const hg_openmetrics_value_of *what, const hg_openmetrics_label *labels,
                          size_t label_count, double value, FILE *out);

/* The same text as Prometheus' own format has it: without units, state sets and the end. */
void hg_openmetrics_as_text(const char *text, FILE *out);

#endif
