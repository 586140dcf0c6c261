/*
 * What is known of a workload before it runs, from a table such as workloads/controls/controls.tsv, and
 * whether a cell of a run.json says so.
 *
 * A row has four columns divided by tabs: name, bytes per op that the leaking build loses, the share of it by
 * which a measurement may be off, and the innermost functions of the call path that grows, joined by "<"; -
 * where nothing is known. A row of the test set has six: name, kind, bytes per op, culprit, and two for
 * readers only; a measurement may be off by a twentieth. Plain C, without the test framework: benchmarks read
 * the tables too.
 */
#ifndef HG_TESTS_TRUTH_H
#define HG_TESTS_TRUTH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { TRUTH_MOST_ROWS = 512, TRUTH_MOST_MISTAKE = 512 };

typedef struct truth {
    char name[64];
    double bytes_per_op; /* negative: not known */
    double within;
    char culprit[160]; /* "" not known */
} truth;

/* Reads the table; the number of rows, 0 when there is no such file or a row is not one. */
size_t truth_read(const char *path, truth ret_rows[TRUTH_MOST_ROWS]);

/* The row of a workload named NAME-leaking or NAME-healthy; NULL when there is none. */
const truth *truth_find(const truth *rows, size_t count, const char *workload, bool *ret_leaks);

/* What is wrong with the rate of a leaking cell: share of the truth; negative where it is not known or 0. */
double truth_rate_error(const truth *row, const json_t *cell);

/* Whether the culprits of the cell's first site are the row's. */
bool truth_names_culprit(const truth *row, const json_t *cell);

/* One sentence on what a cell has wrong; false, and an empty one, when nothing is. */
bool truth_mistake(const truth *row, bool leaks, const json_t *cell, char ret_text[TRUTH_MOST_MISTAKE]);

#endif
