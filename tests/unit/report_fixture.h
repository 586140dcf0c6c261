/*
 * Run models for the report tests, made by arithmetic: fixed clock, fixed paths, the same bytes every time.
 * Each is the caller's, to be freed with hg_run_free; running out of memory ends the test program.
 */
#ifndef HG_TESTS_REPORT_FIXTURE_H
#define HG_TESTS_REPORT_FIXTURE_H

#include "model/model.h"

#include <stdio.h>

/* The Toka suite as it should be: 6 workloads x glibc, jemalloc x before, after; everything as expected. */
hg_run *fixture_toka(void);

/* The same with trouble: a leak in after, a crash, a missed leak, thin evidence, and a blind harness. */
hg_run *fixture_troubled(void);

/* One workload, one subject, one allocator: what heapgate check makes of a leaking plug-in. */
hg_run *fixture_check(void);

/* The same, and what heapgate torture made of it: each kind of finding, hostile names, an incomplete pass. */
hg_run *fixture_tortured(void);

/*
 * Names with markup, quotes, line feeds, terminal escapes, direction overrides, bytes that are not UTF-8, 10
 * kB of C++, and numbers that are not finite; also empty lists.
 */
hg_run *fixture_hostile(void);

/* So many cells with full sites and samples, on three allocators and five subjects. */
hg_run *fixture_many(size_t cells);

/* A whole stream as a NUL-terminated string, the caller's to free. */
char *fixture_read_stream(FILE *stream, size_t *ret_size);

/* Replaces a string of the model. */
void fixture_set(char **at, const char *text);

#endif
