/*
 * A record of which one block in so many was followed: it is judged as it was counted, so that chance has its
 * part in each test, and what comes out is told as what it stands for.
 */
#ifndef HG_VERDICT_FOLLOWED_H
#define HG_VERDICT_FOLLOWED_H

#include "analysis/verdict.h"
#include "verdict/sites.h"

/* Mappings are counted whole: of the sums, they become one in so many as well. */
void hg_followed_weigh(const hg_record *record, hg_gathered *gathered);

/* Rates, and what is compared with them; growths: of the gathered sites. Both are judged already, each for
 * itself. */
void hg_followed_scale_rates(const hg_record *record, const hg_gathered *gathered, hg_growth *growths,
                             hg_evidence *evidence);

/* What is alive. Undoes hg_followed_weigh. */
void hg_followed_scale_counts(const hg_record *record, hg_gathered *gathered);

#endif
