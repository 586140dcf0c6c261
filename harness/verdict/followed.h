/*
 * A record of which one block in so many was followed: it is judged as it was counted, so that chance has its
 * part in each test, and what comes out is told as what it stands for.
 */
#ifndef HG_VERDICT_FOLLOWED_H
#define HG_VERDICT_FOLLOWED_H

#include "analysis/verdict.h"
#include "verdict/judge.h"

/* Mappings are counted whole: of the sums, they become one in so many as well. */
void hg_followed_weigh(const hg_record *record, hg_gathered *gathered);

/*
 * Rates, and what is compared with them; growths: of the gathered sites. Both are judged already, each for
 * itself. What is alive in all is one sample at the begin and another one at the end, but for what was alive
 * at both: the whole rises only if it does by more than these two differ by chance. ops: done at each
 * checkpoint.
 */
void hg_followed_scale_rates(const hg_judge_input *input, const int64_t *ops, const hg_gathered *gathered,
                             hg_growth *growths, hg_evidence *evidence);

/* Of a verdict that no growth was seen: whether a leak of all that was ever alive would have been, though it
 * could hide at one of the sites, as what is alive in all would have risen by it. */
bool hg_followed_would_show(const hg_judge_input *input, const hg_evidence *evidence);

/* What is alive. Undoes hg_followed_weigh. */
void hg_followed_scale_counts(const hg_record *record, hg_gathered *gathered);

#endif
