/*
 * What a tool found, beside a verdict of heapgate. Pure.
 */
#ifndef HG_PROFILE_AGREEMENT_H
#define HG_PROFILE_AGREEMENT_H

#include "profile/profile.h"

/* Whether blocks of a kind grow: more of them after at least half of the measured rounds, and one a round on
 * average. */
bool hg_profile_grows(const hg_profile *profile, hg_tool_kind kind);

/*
 * Whether the tool's growth goes through the function that heapgate names first: the culprit of the cell's
 * fastest site. The site of the tool that does, with the most bytes; NULL when there is none.
 */
const hg_tool_site *hg_profile_names_culprit(const hg_profile *profile, const hg_cell *cell);

/* What memcheck says of the cell's verdict. ops are the profile's. */
hg_cross_check hg_profile_cross_check(const hg_profile *profile, const hg_cell *cell);

#endif
