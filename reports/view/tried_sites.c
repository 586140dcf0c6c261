#include "view/tried_sites.h"

#include "base/humanise.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *hg_reach_phrase(hg_reach reach)
{
    static const char *const phrases[] = {"tried", "not tried", "tried only when an allocation fails",
                                          "not known", "seen"};

    return (unsigned)reach < sizeof phrases / sizeof *phrases ? phrases[reach] : "not known";
}

/* Of those of which it is not known. */
static size_t count_sometimes(const hg_tried *tried)
{
    size_t count = 0;

    for (size_t i = 0; i < tried->site_count; i++)
        count += tried->sites[i].reach == HG_REACH_UNCLEAR && tried->sites[i].sometimes;
    return count;
}

static void add(char line[HG_TRIED_LINE], const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(char line[HG_TRIED_LINE], const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line + strlen(line), HG_TRIED_LINE - strlen(line), format, arguments);
    va_end(arguments);
}

void hg_tried_summary(const hg_tried *tried, char ret_line[HG_TRIED_LINE])
{
    size_t reached = hg_tried_count(tried, NULL, HG_REACH_TRIED);
    size_t errors = hg_tried_count(tried, NULL, HG_REACH_FAILURE);
    size_t sometimes = count_sometimes(tried);
    size_t unknown = hg_tried_count(tried, NULL, HG_REACH_UNCLEAR) - sometimes;
    size_t known = reached + hg_tried_count(tried, NULL, HG_REACH_UNTRIED);
    size_t failing = hg_tried_failing(tried);
    double percent = hg_tried_percent(tried, NULL);

    ret_line[0] = '\0';
    /* Never "100 %" where one is missing. */
    if (known > 0)
        add(ret_line, "%zu of %s tried (%.0f %%)", reached, hg_human_things(known, "allocation site").text,
            percent < 100 && percent > 99 ? 99 : percent);
    else
        add(ret_line, "no allocation site was found%s",
            tried->site_count > 0 ? " of which it is known whether a workload tried it" : "");
    if (errors > 0)
        add(ret_line, "; %zu more only when an allocation fails", errors);
    if (unknown > 0)
        add(ret_line,
            "; %zu more cannot be told: the compiler made jumps of these calls, and "
            "-fno-optimize-sibling-calls keeps them",
            unknown);
    if (sometimes > 0)
        add(ret_line,
            "; %zu more cannot be told: the function ran, but such a call allocates only sometimes, as for a "
            "long std::string",
            sometimes);
    if (hg_tried_too_few(tried))
        add(ret_line, "; at least %g %% must be", tried->min_percent);
    if (hg_tried_has_no_share(tried))
        add(ret_line, ", so nobody can say whether %g %% were tried; --module NAME chooses other libraries",
            tried->min_percent);
    if (failing > 0)
        add(ret_line, "; no workload tried %zu that %s new since %.64s", failing, failing == 1 ? "is" : "are",
            tried->since);
}

void hg_tried_beside(const hg_tried *tried, char ret_line[HG_TRIED_LINE])
{
    size_t seen = hg_tried_count(tried, NULL, HG_REACH_SEEN);
    size_t untried = hg_tried_count(tried, NULL, HG_REACH_UNTRIED);
    size_t kept = 0;

    for (size_t i = 0; i < tried->site_count; i++)
        kept += tried->sites[i].reach != HG_REACH_SEEN && hg_tried_site_keeps(&tried->sites[i]);

    ret_line[0] = '\0';
    if (kept > 0)
        add(ret_line, "%s never freed a block", hg_human_things(kept, "site").text);
    if (seen > 0)
        add(ret_line, "%s%s allocated, by a pointer or into another library, not counted",
            kept > 0 ? "; " : "", hg_human_things(seen, "more call").text);
    if (untried > 0 && !tried->tortured)
        add(ret_line, "%sno workload reached %s; --torture may, on error paths",
            kept > 0 || seen > 0 ? "; " : "", hg_human_things(untried, "site").text);
}

bool hg_tried_is_notable(const hg_tried_site *site)
{
    return site->reach != HG_REACH_SEEN && (site->reach != HG_REACH_TRIED || hg_tried_site_keeps(site));
}
