/*
 * What reports for people say of the allocation sites that were tried.
 */
#ifndef HG_VIEW_TRIED_SITES_H
#define HG_VIEW_TRIED_SITES_H

#include "model/model.h"

#define HG_TRIED_LINE 768u

/* "tried", "not tried", "tried only when an allocation fails", "not known", "seen"; never NULL. */
const char *hg_reach_phrase(hg_reach reach);

/*
 * One sentence, without the full stop: "57 of 71 allocation sites tried (80 %)", and what a gate asked for
 * that is missing. Cut to the size.
 */
void hg_tried_summary(const hg_tried *tried, char ret_line[HG_TRIED_LINE]);

/* The same of what the share does not have: "2 sites never freed a block; 3 more calls ...". "": nothing. */
void hg_tried_beside(const hg_tried *tried, char ret_line[HG_TRIED_LINE]);

/* Whether a short list has the site: one that was not tried, or never freed a block. */
bool hg_tried_is_notable(const hg_tried_site *site);

#endif
