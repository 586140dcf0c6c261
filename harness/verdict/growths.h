/*
 * How each of the gathered sites grows.
 *
 * A site is what goes through the same functions. Where it grows, the lines may tell more: of a helper that
 * one function calls at several lines, one call leaks and the others fill a table.
 */
#ifndef HG_VERDICT_GROWTHS_H
#define HG_VERDICT_GROWTHS_H

#include "analysis/growth.h"
#include "verdict/judge.h"

/* Borrows the arrays. ops: done at each checkpoint. */
hg_history hg_growths_history(const hg_judge_input *input, const int64_t *ops, const int64_t *blocks,
                              const int64_t *bytes);

/*
 * The growth of each site. A leak of which some lines grow and others do not becomes a site for each of its
 * ways (hg_sites_part). ret_growths: the caller's to free, as many as there are sites then. False when memory
 * ran out.
 */
bool hg_growths_of_sites(const hg_judge_input *input, const int64_t *ops, hg_symbols *symbols,
                         const hg_surroundings *surroundings, hg_gathered *gathered, hg_growth **ret_growths);

#endif
