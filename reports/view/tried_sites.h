/*
 * What reports for people say of the allocation sites that were tried.
 */
#ifndef HG_VIEW_TRIED_SITES_H
#define HG_VIEW_TRIED_SITES_H

#include "model/model.h"

#define HG_TRIED_LINE 512u

/* "tried", "not tried", "not known"; never NULL. */
const char *hg_reach_phrase(hg_reach reach);

/*
 * One sentence, without the full stop: "57 of 71 allocation sites tried (80 %)", and what a gate asked for
 * that is missing. Cut to the size.
 */
void hg_tried_summary(const hg_tried *tried, char ret_line[HG_TRIED_LINE]);

#endif
