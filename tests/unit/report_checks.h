/*
 * What the tests of several formats assert alike.
 */
#ifndef HG_TESTS_REPORT_CHECKS_H
#define HG_TESTS_REPORT_CHECKS_H

#include "model/model.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Compares text with tests/golden/NAME, byte by byte; with HEAPGATE_UPDATE_GOLDEN=1 writes it there first.
 * Look at what that changed with git diff.
 */
void checks_golden(const char *name, const char *text);

/*
 * Nothing in it can command a terminal or is not UTF-8; shown: no direction override and no invisible
 * character either, as in every format that a person reads.
 */
void checks_harmless(const char *text, size_t size, bool shown);

/* The report of a run in that format, the caller's to free; the run is kept. */
char *checks_report(const hg_run *run, const char *format, size_t *ret_size);

#endif
