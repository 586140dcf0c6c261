#include "view/tried_sites.h"

#include "base/humanise.h"
#include <stdio.h>
#include <string.h>

const char *hg_reach_phrase(hg_reach reach)
{
    static const char *const phrases[] = {"tried", "not tried", "not known"};

    return (unsigned)reach < sizeof phrases / sizeof *phrases ? phrases[reach] : "not known";
}

void hg_tried_summary(const hg_tried *tried, char ret_line[HG_TRIED_LINE])
{
    size_t reached = hg_tried_count(tried, NULL, HG_REACH_TRIED);
    size_t unknown = hg_tried_count(tried, NULL, HG_REACH_UNCLEAR);
    size_t known = reached + hg_tried_count(tried, NULL, HG_REACH_UNTRIED);
    size_t failing = hg_tried_failing(tried);
    double percent = hg_tried_percent(tried, NULL);

    /* Never "100 %" where one is missing. */
    int used = snprintf(ret_line, HG_TRIED_LINE, "%zu of %s tried (%.0f %%)", reached,
                        hg_human_things(known, "allocation site").text,
                        percent < 100 && percent > 99 ? 99 : percent);
    if (unknown > 0)
        used += snprintf(ret_line + used, HG_TRIED_LINE - (size_t)used,
                         "; %zu more cannot be told: the compiler made jumps of these calls, and "
                         "-fno-optimize-sibling-calls keeps them",
                         unknown);
    if (hg_tried_too_few(tried))
        used += snprintf(ret_line + used, HG_TRIED_LINE - (size_t)used, "; at least %g %% must be",
                         tried->min_percent);
    if (failing > 0)
        used += snprintf(ret_line + used, HG_TRIED_LINE - (size_t)used,
                         "; no workload tried %zu that %s new since %.64s", failing,
                         failing == 1 ? "is" : "are", tried->since);
    (void)used;
}
