#include "view/kept.h"

#include "base/humanise.h"
#include "view/held.h"
#include "view/view.h"
#include <stdio.h>

static bool is_listed(const hg_site *site)
{
    return site->kept.review == HG_REVIEW_EXPIRED || site->kept.review == HG_REVIEW_NEEDED;
}

/* At the last checkpoint, which is before the teardown. */
static void describe_holder(const hg_cell *cell, const hg_site *site, char *out, size_t size)
{
    const hg_held *held = &site->held;
    char words[HG_HELD_LINE];

    hg_held_words(site, words);
    if (!held->known)
        snprintf(out, size, "who holds it is not known%s%.200s",
                 cell->holders_missing[0] ? ": " : " (--holders always)", cell->holders_missing);
    else if (hg_held_keeper(held) == HG_KEEPER_HOLDER)
        snprintf(out, size, "%.208s%s", words,
                 held->holder_count > 1 || held->lost_blocks > 0 ? ", and not by that alone" : "");
    else
        snprintf(out, size, "%.208s", words[0] ? words : "who holds it is not known");
}

const hg_site *hg_kept_site(const hg_cell *cell, size_t index)
{
    for (size_t i = 0; i < cell->site_count; i++)
        if (is_listed(&cell->sites[i]) && index-- == 0)
            return &cell->sites[i];
    return NULL;
}

static void write_line(const hg_cell *cell, const hg_site *site, char line[HG_KEPT_LINE])
{
    const hg_frame *frame = site->frame_count > 0 ? &site->frames[0] : NULL;
    bool expired = site->kept.review == HG_REVIEW_EXPIRED;
    char holder[512], place[256] = "";

    describe_holder(cell, site, holder, sizeof holder);
    if (frame && frame->file[0])
        snprintf(place, sizeof place, " (%.200s:%d)", frame->file, frame->line);
    snprintf(line, HG_KEPT_LINE, "%s  %.200s%s keeps %s and %s at exit  %s%s%.150s",
             expired ? "EXPIRED" : "NEEDS REVIEW",
             frame && frame->function[0] ? frame->function : "a call path without a name", place,
             hg_human_things((uint64_t)site->kept.blocks, hg_site_noun(site)).text,
             hg_human_bytes((double)site->kept.bytes).text, holder, expired ? "  declared as " : "",
             expired && site->kept.by ? site->kept.by : "");
}

bool hg_kept_line(const hg_cell *cell, size_t index, char line[HG_KEPT_LINE])
{
    const hg_site *site = hg_kept_site(cell, index);

    line[0] = '\0';
    if (site) {
        write_line(cell, site, line);
        return true;
    }
    if ((index > 0 && !hg_kept_site(cell, index - 1)) || cell->kept.failing <= (int64_t)index)
        return false;
    snprintf(line, HG_KEPT_LINE,
             "NEEDS REVIEW  more call paths keep memory at exit than a cell has room for");
    return true;
}
