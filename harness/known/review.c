#include "known/review.h"

#include "base/humanise.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool hg_is_reviewed(const hg_cell *cell)
{
    return cell->expect != HG_EXPECT_LEAK && cell->verdict != HG_VERDICT_FAILED && cell->kept.known;
}

static bool has_bound(const hg_bounds *const bounds[2], const hg_holder *holder)
{
    for (size_t list = 0; list < 2; list++)
        for (size_t i = 0; bounds[list] && i < bounds[list]->count; i++)
            if (hg_holder_is_below(holder->path, bounds[list]->bounds[i].holder))
                return true;
    return false;
}

/* Whether all blocks are held, and each holder has a bound or is declared by the leaf; NULL: by bounds
 * alone. */
static bool are_holders(const hg_site *site, const hg_bounds *const bounds[2], const hg_leak *leak)
{
    const hg_held *held = &site->held;
    bool all = held->known && held->holder_count > 0 && held->lost_blocks == 0 &&
               held->indirectly_lost_blocks == 0 && held->unscanned_blocks == 0;
    bool any = !leak;
    for (size_t i = 0; i < held->holder_count && all; i++) {
        bool declared = leak && hg_holder_is_below(held->holders[i].path, leak->holder);
        any |= declared;
        all = declared || has_bound(bounds, &held->holders[i]);
    }
    return all && any;
}

/* The first declaration that counts, else the first that has ended; NULL: there is none. */
static const hg_leak *declaration_of(const hg_review_rules *rules, const hg_bounds *const bounds[2],
                                     const hg_site *site)
{
    const hg_leak *ended = NULL;
    for (size_t i = 0; i < rules->leaks->count; i++) {
        const hg_leak *leak = &rules->leaks->leaks[i];
        if (leak->holder ? !are_holders(site, bounds, leak) : !hg_leak_has_path(leak, site))
            continue;
        if (rules->uses) {
            rules->uses[i].sites++;
            rules->uses[i].blocks += site->kept.blocks;
            rules->uses[i].bytes += site->kept.bytes;
        }
        if (!hg_leak_has_ended(leak, rules->today))
            return leak;
        ended = ended ? ended : leak;
    }
    return ended;
}

static bool review_site(const hg_review_rules *rules, const hg_bounds *const bounds[2], hg_site *site)
{
    const hg_leak *leak = declaration_of(rules, bounds, site);
    free(site->kept.by);
    site->kept.by = leak ? hg_leak_describe(leak) : NULL;
    if (leak)
        site->kept.review = hg_leak_has_ended(leak, rules->today) ? HG_REVIEW_EXPIRED : HG_REVIEW_DECLARED;
    else if (are_holders(site, bounds, NULL))
        site->kept.review = HG_REVIEW_BOUNDED;
    else
        site->kept.review = rules->undeclared == HG_UNREVIEWED_IGNORE ? HG_REVIEW_NONE : HG_REVIEW_NEEDED;
    return !leak || site->kept.by;
}

static bool fails(const hg_review_rules *rules, const hg_site *site)
{
    return site->kept.review == HG_REVIEW_EXPIRED ||
           (site->kept.review == HG_REVIEW_NEEDED && rules->undeclared == HG_UNREVIEWED_FAIL);
}

/* Appends why the cell fails: the first such site, and how many more there are. */
static bool say_why(const hg_review_rules *rules, hg_cell *cell)
{
    const char *separator = cell->reason[0] ? "; " : "";
    char more[96] = "";
    const hg_site *first = NULL;
    for (size_t i = 0; i < cell->site_count && !first; i++)
        first = cell->sites[i].kept.known && fails(rules, &cell->sites[i]) ? &cell->sites[i] : NULL;
    if (!first)
        return hg_cell_say(&cell->reason,
                           "%s%smore call paths keep memory at exit than a cell has room for, so they cannot "
                           "be reviewed",
                           cell->reason, separator);
    if (cell->kept.failing > 1)
        snprintf(more, sizeof more, "; %s, too",
                 cell->kept.failing == 2 ? "another call path needs review" : "other call paths need review");
    const char *place = first->frame_count > 0 && first->frames[0].function[0] ? first->frames[0].function
                                                                               : "a call path without a name";
    return hg_cell_say(
        &cell->reason, "%s%s%s keeps %s and %s at exit, %s%s", cell->reason, separator, place,
        hg_human_things((uint64_t)first->kept.blocks, first->mapped ? "mapping" : "block").text,
        hg_human_bytes((double)first->kept.bytes).text,
        first->kept.review == HG_REVIEW_EXPIRED ? "and its declaration in leaks: has ended"
                                                : "which leaks: does not declare",
        more);
}

/* Blocks of the call paths for which the cell has no site. */
static int64_t untold_blocks(const hg_cell *cell)
{
    int64_t blocks = cell->kept.blocks;
    for (size_t i = 0; i < cell->site_count; i++)
        blocks -= cell->sites[i].kept.blocks;
    return blocks;
}

bool hg_review_cell(const hg_review_rules *rules, const hg_bounds *const bounds[2], hg_cell *cell)
{
    if (!hg_is_reviewed(cell))
        return true;
    cell->kept.failing = 0;
    for (size_t i = 0; i < cell->site_count; i++) {
        hg_site *site = &cell->sites[i];
        bool told = cell->verdict == HG_VERDICT_LEAK && site->growth_class == HG_CLASS_LEAK;
        if (!site->kept.known || told)
            continue;
        if (!review_site(rules, bounds, site))
            return false;
        cell->kept.failing += fails(rules, site);
    }
    if (rules->undeclared == HG_UNREVIEWED_FAIL && untold_blocks(cell) > 0)
        cell->kept.failing++;
    if (cell->kept.failing == 0)
        return true;
    cell->met = false;
    return say_why(rules, cell);
}
