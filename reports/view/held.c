#include "view/held.h"

#include "base/humanise.h"
#include "view/view.h"

#include <inttypes.h>
#include <stdio.h>

enum { HOLDERS_SHOWN = 3, RETAINERS_SHOWN = 5 };

static int64_t all_blocks(const hg_held *held)
{
    return held->held_blocks + held->lost_blocks + held->indirectly_lost_blocks + held->unscanned_blocks;
}

/* "100 % of 12 000 blocks" */
static void write_share(const hg_held *held, int64_t blocks, char *out, size_t size)
{
    int64_t all = all_blocks(held);
    double share = 100 * (double)blocks / (double)(all > 0 ? all : 1);
    const char *more = blocks < all && share > 99 ? "more than 99" : NULL;
    char number[16];

    snprintf(number, sizeof number, "%.0f", share);
    if (share < 1)
        more = "less than 1";
    snprintf(out, size, "%s %% of %s block%s", more ? more : number, hg_human_integer(all).text,
             all == 1 ? "" : "s");
}

/* What the holder is and where: "static registry, core/before/registry.c:23"; "" where nothing is known. */
static void describe(const hg_holder *holder, char *out, size_t size)
{
    static const char *const kinds[] = {"static", "thread-local", "", "", "mapped by", "of thread"};
    const char *kind = (unsigned)holder->kind < sizeof kinds / sizeof *kinds ? kinds[holder->kind] : "";
    char place[300] = "", threads[48] = "";

    if (holder->file[0] && holder->line > 0)
        snprintf(place, sizeof place, "%.255s:%d", holder->file, holder->line);
    else
        snprintf(place, sizeof place, "%.255s", holder->module);
    /* The name of a key's holder is that of a thread. */
    bool of_key = holder->kind == HG_HOLDER_KEY;
    if (holder->threads > (of_key ? 1 : 0))
        snprintf(threads, sizeof threads, "%sof %s", of_key ? "one " : "",
                 hg_human_things(holder->threads, "thread").text);
    out[0] = '\0';
    if (kind[0] && holder->name[0])
        snprintf(out, size, "  (%s %.255s%s%s%s%s)", kind, holder->name, threads[0] ? ", " : "", threads,
                 place[0] ? ", " : "", place);
    else if (threads[0] || place[0])
        snprintf(out, size, "  (%s%s%s)", threads, threads[0] && place[0] ? ", " : "", place);
}

static void write_holder(const hg_held *held, const hg_holder *holder, char line[HG_HELD_LINE])
{
    char share[64], what[HG_HELD_LINE / 2];

    write_share(held, holder->blocks, share, sizeof share);
    describe(holder, what, sizeof what);
    snprintf(line, HG_HELD_LINE, "held by %.400s%s  %s", holder->path, what, share);
}

/* Holders of less than a hundredth are not worth a line. */
static size_t count_shown(const hg_held *held)
{
    size_t count = 0;

    while (count < held->holder_count && count < HOLDERS_SHOWN &&
           100 * held->holders[count].blocks >= all_blocks(held))
        count++;
    return count;
}

/* The holders that are not shown one by one. */
static bool write_others(const hg_held *held, char line[HG_HELD_LINE])
{
    int64_t others = held->held_blocks;
    char share[64];

    for (size_t i = 0; i < count_shown(held); i++)
        others -= held->holders[i].blocks;
    if (100 * others < all_blocks(held))
        return false;
    write_share(held, others, share, sizeof share);
    snprintf(line, HG_HELD_LINE, "held in other ways  %s", share);
    return true;
}

static bool write_lost(const hg_held *held, char line[HG_HELD_LINE])
{
    int64_t lost = held->lost_blocks + held->indirectly_lost_blocks;
    bool all = lost == all_blocks(held);
    char share[64];

    if (lost == 0)
        return false;
    write_share(held, lost, share, sizeof share);
    snprintf(line, HG_HELD_LINE,
             "nothing points to %s any more%s (lost; %s directly, %s inside other lost blocks)",
             all ? "these blocks" : share, all ? "" : " ", hg_human_integer(held->lost_blocks).text,
             hg_human_integer(held->indirectly_lost_blocks).text);
    return true;
}

static bool write_unscanned(const hg_held *held, char line[HG_HELD_LINE])
{
    if (held->unscanned_blocks == 0)
        return false;
    snprintf(line, HG_HELD_LINE, "who holds %s block%s is not known",
             hg_human_integer(held->unscanned_blocks).text, held->unscanned_blocks == 1 ? "" : "s");
    return true;
}

size_t hg_holders_shown(const hg_site *site)
{
    return site->held.known ? count_shown(&site->held) : 0;
}

bool hg_held_line(const hg_cell *cell, const hg_site *site, size_t index, char line[HG_HELD_LINE])
{
    const hg_held *held = &site->held;
    bool (*const rest[])(const hg_held *held, char *line) = {write_others, write_lost, write_unscanned};
    size_t shown = count_shown(held);

    line[0] = '\0';
    if (!held->known) {
        if (index > 0 || !hg_site_grows(site) || !cell->holders_missing || !cell->holders_missing[0])
            return false;
        snprintf(line, HG_HELD_LINE, "who holds these blocks is not known: %.900s", cell->holders_missing);
        return true;
    }
    if (index < shown) {
        write_holder(held, &held->holders[index], line);
        return true;
    }
    index -= shown;
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        if (rest[i](held, line) && index-- == 0)
            return true;
    line[0] = '\0';
    return false;
}

bool hg_held_main_line(const hg_cell *cell, const hg_site *site, char line[HG_HELD_LINE])
{
    if (hg_held_keeper(&site->held) == HG_KEEPER_NOBODY)
        return write_lost(&site->held, line);
    return hg_held_line(cell, site, 0, line);
}

void hg_held_words(const hg_site *site, char words[HG_HELD_LINE])
{
    const hg_held *held = &site->held;
    hg_keeper keeper = hg_held_keeper(held);
    bool all = held->lost_blocks + held->indirectly_lost_blocks == all_blocks(held);

    words[0] = '\0';
    if (keeper == HG_KEEPER_HOLDER)
        snprintf(words, HG_HELD_LINE, "held by %.900s", held->holders[0].path);
    else if (keeper == HG_KEEPER_NOBODY)
        snprintf(words, HG_HELD_LINE, "nothing points to %s any more", all ? "it" : "most of it");
}

static bool is_told(const hg_cell *cell, size_t index, bool all)
{
    const hg_retainer *row = &cell->holders[index];

    if (all || !row->within_bound || row->undeclared)
        return true;
    /* Bounds that are kept are worth no line, unless somebody asked for the inventory. */
    return index < RETAINERS_SHOWN && !cell->holders[cell->holder_count - 1].bound.known &&
           !cell->holders[cell->holder_count - 1].undeclared;
}

/* "bound 1 000 blocks: over", "no bound" */
static void write_bound(const hg_retainer *row, char *out, size_t size)
{
    char blocks[48] = "", bytes[48] = "";

    out[0] = '\0';
    if (row->undeclared)
        snprintf(out, size, "  HAS NO BOUND");
    if (!row->bound.known)
        return;
    if (row->bound.blocks > 0)
        snprintf(blocks, sizeof blocks, " %s blocks", hg_human_integer(row->bound.blocks).text);
    if (row->bound.bytes > 0)
        snprintf(bytes, sizeof bytes, "%s %s", blocks[0] ? "," : "",
                 hg_human_bytes((double)row->bound.bytes).text);
    snprintf(out, size, "  %s%s%s", row->within_bound ? "within its bound of" : "OVER ITS BOUND of", blocks,
             bytes);
}

static void write_retainer(const hg_cell *cell, const hg_retainer *row, char line[HG_HELD_LINE])
{
    char what[HG_HELD_LINE / 4], bound[128], growth[96] = "", shared[96] = "";

    describe(&row->holder, what, sizeof what);
    write_bound(row, bound, sizeof bound);
    if (row->growth_bytes_per_op > 0)
        snprintf(growth, sizeof growth, "  grows by %s per %.32s",
                 hg_human_bytes(row->growth_bytes_per_op).text, hg_cell_unit(cell));
    if (row->retained_blocks != row->holder.blocks)
        snprintf(shared, sizeof shared, ": %s and %s", hg_human_integer(row->retained_blocks).text,
                 hg_human_bytes((double)row->retained_bytes).text);
    snprintf(line, HG_HELD_LINE, "%.300s%s  %s block%s and %s, %s from one call; held by nothing else%s%s%s",
             row->holder.path, what, hg_human_integer(row->holder.blocks).text,
             row->holder.blocks == 1 ? "" : "s", hg_human_bytes((double)row->holder.bytes).text,
             hg_human_integer(row->alike_blocks).text, shared, growth, bound);
}

bool hg_retainer_line(const hg_cell *cell, bool all, size_t index, char line[HG_HELD_LINE])
{
    for (size_t i = 0; i < cell->holder_count; i++)
        if (is_told(cell, i, all) && index-- == 0) {
            write_retainer(cell, &cell->holders[i], line);
            return true;
        }
    line[0] = '\0';
    return false;
}
