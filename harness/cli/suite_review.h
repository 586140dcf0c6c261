/*
 * Reviewing what a suite's cells keep at exit, by the suite's leaks:.
 */
#ifndef HG_CLI_SUITE_REVIEW_H
#define HG_CLI_SUITE_REVIEW_H

#include "base/timestamp.h"
#include "known/review.h"
#include "suite/suite.h"

/* YYYY-MM-DD, UTC. */
void hg_today(char ret_today[HG_TIMESTAMP_SIZE]);

/* The suite's word, or: to warn where it declares leaks. */
hg_unreviewed hg_undeclared_leaks_of(const hg_suite *suite);

/*
 * Reviews every cell; undeclared goes before the suite's word. Where the run has all cells of the suite, each
 * declaration that nothing matches is told. ret_unused: how many these are. Complains and returns false when
 * memory ran out.
 */
bool hg_review_suite(const hg_suite *suite, hg_unreviewed undeclared, hg_run *run, size_t *ret_unused);

#endif
