#include "base/escape.h"
#include "base/humanise.h"
#include "model/path.h"
#include "terminal/text.h"
#include "view/cross_check.h"

#include <math.h>
#include <string.h>

#define MORE_SITES   4 /* growing sites named in one line each, beside the culprit */
#define NAME_COLUMNS 28
#define SHARE_WHOLE  0.995 /* of the growth: a site above this is not given a share */

/* Whether a cell belongs to the section: unexpected results, or (met) expected leaks. */
static bool belongs(const hg_cell *cell, bool met)
{
    return cell->met == met && (!met || cell->verdict == HG_VERDICT_LEAK);
}

/* "glibc", or "glibc, jemalloc and mimalloc, same call path". */
static void write_allocators(const hg_text *text, const hg_view *view, size_t index)
{
    const hg_cell *cell = view->cells[index];
    size_t agreeing = hg_view_count_same_story(view, index);

    hg_text_name(text, cell->allocator, NAME_COLUMNS);
    for (size_t i = index + 1, left = agreeing; left > 0; i++) {
        if (!hg_cell_same_story(cell, view->cells[i]))
            continue;
        fputs(left-- == 1 ? " and " : ", ", text->out);
        hg_text_name(text, view->cells[i]->allocator, NAME_COLUMNS);
    }
    if (agreeing > 0)
        fputs(", same call path", text->out);
}

static void write_names(const hg_text *text, const hg_cell *cell)
{
    hg_text_name(text, cell->workload, NAME_COLUMNS);
    fputs(", ", text->out);
    hg_text_name(text, cell->subject, NAME_COLUMNS);
}

static void write_heading(const hg_text *text, const hg_view *view, size_t index)
{
    const hg_cell *cell = view->cells[index];

    fprintf(text->out, "  %s", hg_text_ink(text, HG_INK_BOLD));
    write_names(text, cell);
    fputs(hg_text_ink(text, HG_INK_PLAIN), text->out);
    if (hg_cell_trouble(cell))
        fprintf(text->out, ": %s, but %s%s%s", hg_verdict_name(cell->verdict), hg_text_ink(text, HG_INK_BAD),
                hg_cell_trouble(cell)->phrase, hg_text_ink(text, HG_INK_PLAIN));
    else if (!cell->met)
        fprintf(text->out, ": %s%s, expected %s%s", hg_text_ink(text, hg_text_verdict_ink(cell)),
                hg_verdict_name(cell->verdict), hg_expect_name(cell->expect),
                hg_text_ink(text, HG_INK_PLAIN));
    fputs(" (", text->out);
    write_allocators(text, view, index);
    fputs(")\n", text->out);
}

/* What growth at a declared rate comes to. */
static void write_production(const hg_text *text, const hg_cell *cell)
{
    double hourly = cell->bytes_per_op * cell->rate_per_hour;

    fprintf(text->out, "\n    At %s ops per hour, that is %s per day, or 1 GiB in %s.\n",
            hg_human_rate(cell->rate_per_hour).text, hg_human_bytes(24 * hourly).text,
            hg_human_span((1 << 30) / hourly * 3600).text);
}

/* From the inside out; the allocator's own figures where they are known. */
static void write_memory(const hg_text *text, const hg_cell *cell)
{
    if (cell->sample_count == 0)
        return;
    const hg_sample *last = &cell->samples[cell->sample_count - 1];
    fprintf(text->out, "    memory at the end: %s live", hg_human_bytes((double)last->live_bytes).text);
    if (last->allocated_bytes >= 0)
        fprintf(text->out, ", %s allocated", hg_human_bytes((double)last->allocated_bytes).text);
    if (last->mapped_bytes >= 0)
        fprintf(text->out, ", %s mapped", hg_human_bytes((double)last->mapped_bytes).text);
    fprintf(text->out, ", %s resident\n", hg_human_bytes((double)last->resident_bytes).text);
}

/* "7.93 KiB and 113 blocks per schema", with the culprit's share where other sites grow too. */
static void write_growth(const hg_text *text, const hg_cell *cell, const hg_site *culprit)
{
    double share = cell->bytes_per_op > 0 ? culprit->bytes_per_op / cell->bytes_per_op : 1.0;
    const char *noun = share >= SHARE_WHOLE ? hg_site_noun(culprit) : "block";

    fprintf(text->out, "    %s", hg_human_bytes(cell->bytes_per_op).text);
    if (cell->blocks_per_op > 0)
        fprintf(text->out, " and %s", hg_human_amount(cell->blocks_per_op, noun).text);
    fputs(" per ", text->out);
    hg_text_name(text, hg_cell_unit(cell), NAME_COLUMNS);
    if (hg_takes_much_more(cell->bytes_per_op, cell->heap_bytes_per_op))
        fprintf(text->out, ", which take %s of the heap", hg_human_bytes(cell->heap_bytes_per_op).text);
    if (share >= 0 && share < SHARE_WHOLE)
        fprintf(text->out, ", %s%.0f %% of it %s this call path", share < 0.01 ? "less than " : "",
                fmax(100.0 * share, 1), culprit->mapped ? "mapped by" : "from");
    if (hg_cell_grows(cell) && cell->rate_per_hour > 0)
        write_production(text, cell);
    else
        fputs(":\n", text->out);
}

static void write_other_site(const hg_text *text, const hg_cell *cell, const hg_site *site)
{
    bool grows = hg_site_grows(site);

    fprintf(text->out, "    %s, %s%s%s:", hg_class_name(site->growth_class),
            hg_human_bytes(grows ? site->bytes_per_op : (double)site->live_bytes).text,
            grows ? "/op" : " alive", site->mapped ? ", mapped" : "");
    if (text->verbose) {
        fputc('\n', text->out);
        hg_text_site(text, cell, site);
        return;
    }
    fputc(' ', text->out);
    hg_text_site_line(text, site);
    fputc('\n', text->out);
}

static void write_other_sites(const hg_text *text, const hg_cell *cell, const hg_site *culprit)
{
    size_t others = 0;

    for (size_t i = 0; i < cell->site_count; i++) {
        const hg_site *site = &cell->sites[i];
        if (site == culprit || !(hg_site_grows(site) || text->verbose))
            continue;
        if (++others > MORE_SITES && !text->verbose)
            continue;
        write_other_site(text, cell, site);
    }
    if (others > MORE_SITES && !text->verbose)
        fprintf(text->out, "    and %s; see run.json\n",
                hg_human_things(others - MORE_SITES, "more growing site").text);
}

/* Bytes that a site had more at the end than after warm-up; of a cell without rounds, all that it had. */
static int64_t rise_of(const hg_cell *cell, const hg_site *site)
{
    size_t warmup = hg_cell_warmup_epochs(cell, site->epoch_count);
    if (cell->rounds == 0)
        return site->live_bytes;
    if (site->epoch_count == 0) /* in a series of profiles */
        return 0;
    return site->total_bytes[site->epoch_count - 1] - (warmup > 0 ? site->total_bytes[warmup - 1] : 0);
}

enum { MOST_SUSPECTS = 3 };

/* What rose most, fastest first; gives their number. */
static size_t find_suspects(const hg_cell *cell, const hg_site *ret_suspects[MOST_SUSPECTS])
{
    size_t count = 0;
    for (; count < MOST_SUSPECTS; count++) {
        const hg_site *next = NULL;
        for (size_t i = 0; i < cell->site_count; i++) {
            const hg_site *site = &cell->sites[i];
            bool known = false;
            for (size_t k = 0; k < count; k++)
                known |= ret_suspects[k] == site;
            if (!known && rise_of(cell, site) > 0 && (!next || rise_of(cell, site) > rise_of(cell, next)))
                next = site;
        }
        if (!next)
            break;
        ret_suspects[count] = next;
    }
    return count;
}

/* Of a function without a name, its place in the file is all that is known. */
static bool is_same_place(const hg_frame *a, const hg_frame *b)
{
    return strcmp(a->module, b->module) == 0 && strcmp(a->function, b->function) == 0 &&
           (a->function[0] != '\0' || a->offset == b->offset);
}

/* How many outer frames the paths share. */
static size_t count_shared(const hg_site *const *sites, size_t count)
{
    size_t shared = 0;
    for (bool same = count > 1; same; shared += same)
        for (size_t i = 0; i < count && same; i++)
            same = shared < sites[i]->frame_count &&
                   is_same_place(&sites[i]->frames[sites[i]->frame_count - 1 - shared],
                                 &sites[0]->frames[sites[0]->frame_count - 1 - shared]);
    return shared;
}

static void write_frame(const hg_text *text, const char *before, const hg_site *site, size_t frame)
{
    const hg_site from = {.frames = site->frames + frame, .frame_count = site->frame_count - frame};
    fputs(before, text->out);
    hg_text_site_line(text, &from);
    fputc('\n', text->out);
}

/*
 * Of one path: where it allocates; where it comes into that library; where it left that before, as a program
 * whose own malloc the C library calls; and the first frame in which it is not like the others.
 */
static void write_suspect(const hg_text *text, const hg_site *site, size_t shared)
{
    const char *caller = text->unicode ? "    \u2190 " : "    <- ";
    size_t entry = 0;
    while (entry + 1 < site->frame_count &&
           strcmp(site->frames[entry + 1].module, site->frames[0].module) == 0)
        entry++;
    bool all_one = entry + 1 == site->frame_count; /* it is no library */
    size_t again = entry + 1;
    while (again < site->frame_count && strcmp(site->frames[again].module, site->frames[0].module) != 0)
        again++;
    size_t differs = shared < site->frame_count ? site->frame_count - 1 - shared : 0;
    write_frame(text, "", site, 0);
    for (size_t i = 1; i < site->frame_count; i++)
        if ((i == entry && !all_one) || i == again || (i == differs && shared > 0))
            write_frame(text, caller, site, i);
}

/* Where nothing is known to grow steadily and the cell is not clean: what rose most, as places to look. */
static void write_suspects(const hg_text *text, const hg_cell *cell)
{
    const hg_site *suspects[MOST_SUSPECTS] = {NULL};
    size_t count = find_suspects(cell, suspects);
    size_t shared = count_shared(suspects, count);

    for (size_t i = 0; i < count; i++) {
        fprintf(text->out, "    %s %s: ", cell->rounds > 0 ? "rose by" : "alive at the end,",
                hg_human_bytes((double)rise_of(cell, suspects[i])).text);
        if (suspects[i]->frame_count > 0)
            write_suspect(text, suspects[i], shared);
        else
            fputs("no call stack\n", text->out);
    }
    /* The outermost is what begins the program, or a thread. */
    if (shared > 1 && shared < suspects[0]->frame_count)
        write_frame(text, "    all of them through ", suspects[0], suspects[0]->frame_count - shared);
}

static void write_line(const hg_text *text, const char *line)
{
    if (!line || !line[0])
        return;
    fputs("    ", text->out);
    hg_escape_write(text->out, line, text->unicode);
    fputc('\n', text->out);
}

/* "counted 4.3 MiB of 109 MiB resident (4 %)" */
static void write_coverage(const hg_text *text, const hg_cell *cell)
{
    const hg_coverage *coverage = &cell->coverage;

    if (!(coverage->resident_bytes > 0))
        return;
    /* What was never touched is alive and not resident. */
    double share = fmin(coverage->counted_bytes / coverage->resident_bytes, 1);
    fprintf(text->out, "    counted %s of %s resident (%.0f %%)\n",
            hg_human_bytes(coverage->counted_bytes).text, hg_human_bytes(coverage->resident_bytes).text,
            100 * share);
}

static void write_cross_check(const hg_text *text, const hg_cell *cell)
{
    char line[HG_CROSS_CHECK_LINE];

    hg_cross_check_line(cell, line);
    write_line(text, line);
}

static void write_story(const hg_text *text, const hg_view *view, size_t index)
{
    const hg_cell *cell = view->cells[index];
    const hg_site *culprit = hg_cell_culprit(cell);

    write_heading(text, view, index);
    if (!cell->met)
        write_line(text, cell->reason);
    write_coverage(text, cell);
    if (text->verbose || cell->verdict == HG_VERDICT_FRAGMENTATION)
        write_memory(text, cell);
    if (culprit) {
        write_growth(text, cell, culprit);
        hg_text_site(text, cell, culprit);
        write_other_sites(text, cell, culprit);
    } else if (text->verbose) {
        write_other_sites(text, cell, NULL);
    } else if (cell->verdict == HG_VERDICT_INCONCLUSIVE || cell->verdict == HG_VERDICT_FAILED) {
        write_suspects(text, cell);
    }
    write_cross_check(text, cell);
    if (!cell->met) {
        hg_text_log(text, cell->log);
        hg_text_again(text, cell);
    }
    fputc('\n', text->out);
}

/* An expected leak in a run with unexpected results: one line. */
static void write_short_story(const hg_text *text, const hg_view *view, size_t index)
{
    const hg_cell *cell = view->cells[index];
    const hg_site *culprit = hg_cell_culprit(cell);

    fputs("  ", text->out);
    write_names(text, cell);
    if (hg_view_count_same_story(view, index) + 1 < view->allocator_count) {
        fputs(", ", text->out);
        hg_text_name(text, cell->allocator, NAME_COLUMNS);
    }
    fprintf(text->out, ": %s/op", hg_human_bytes(cell->bytes_per_op).text);
    if (culprit) {
        fputs(" from ", text->out);
        hg_text_site_line(text, culprit);
    }
    fputc('\n', text->out);
}

typedef void (*story_writer)(const hg_text *text, const hg_view *view, size_t index);

static void write_section(const hg_text *text, const hg_view *view, bool met, story_writer write)
{
    for (size_t i = 0; i < view->count; i++)
        if (belongs(view->cells[i], met) && !hg_view_is_told(view, i))
            write(text, view, i);
}

static size_t count_section(const hg_view *view, bool met)
{
    size_t count = 0;

    for (size_t i = 0; i < view->count; i++)
        count += belongs(view->cells[i], met);
    return count;
}

/* Fragmentation is not a leak and meets an expected "clean", but a reader should know of it. */
static void write_fragmented(const hg_text *text, const hg_view *view)
{
    size_t count = 0;

    for (size_t i = 0; i < view->count; i++) {
        const hg_cell *cell = view->cells[i];
        if (!cell->met || cell->verdict != HG_VERDICT_FRAGMENTATION)
            continue;
        if (count++ == 0)
            fprintf(text->out, "%sFragmentation%s\n\n", hg_text_ink(text, HG_INK_BOLD),
                    hg_text_ink(text, HG_INK_PLAIN));
        write_heading(text, view, i);
        write_line(text, cell->reason);
        write_memory(text, cell);
        hg_text_again(text, cell);
        fputc('\n', text->out);
    }
}

/* What was said of a cell that was found clean, where that is asked for; of a program always, and how much of
 * it was seen. */
static void write_covered(const hg_text *text, const hg_view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        const hg_cell *cell = view->cells[i];
        if (!cell->met || cell->verdict != HG_VERDICT_CLEAN ||
            !(text->verbose || cell->coverage.resident_bytes > 0))
            continue;
        write_heading(text, view, i);
        write_line(text, cell->reason);
        write_coverage(text, cell);
        fputc('\n', text->out);
    }
}

static void write_survivor_note(const hg_text *text, const hg_view *view)
{
    bool any = false;

    for (size_t i = 0; i < view->count; i++)
        any = any || view->cells[i]->verdict == HG_VERDICT_LEAK;
    if (any)
        fprintf(text->out,
                "%salive by round: blocks alive at the end, by the round that allocated them.\n"
                "Warm-up rounds are left of the bar.%s\n\n",
                hg_text_ink(text, HG_INK_DIM), hg_text_ink(text, HG_INK_PLAIN));
}

/* The module of a leak's culprit that has a function but no source file; NULL: there is none. */
static const char *module_without_lines(const hg_cell *cell)
{
    const hg_site *site = cell->verdict == HG_VERDICT_LEAK ? hg_cell_culprit(cell) : NULL;
    const hg_frame *frame = site && site->frame_count > 0 ? &site->frames[0] : NULL;

    return frame && !frame->file[0] && frame->module[0] ? frame->module : NULL;
}

static void write_line_note(const hg_text *text, const hg_view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        const char *module = module_without_lines(view->cells[i]);
        bool said = false;

        for (size_t k = 0; module && k < i; k++)
            said = said || hg_same_text(module_without_lines(view->cells[k]), module);
        if (!module || said)
            continue;
        hg_escape_write(text->out, hg_base_name(module), text->unicode);
        fputs(" has no line information: build it with -g, or install its debug symbols\n\n", text->out);
    }
}

void hg_text_findings(const hg_text *text, const hg_view *view)
{
    size_t unmet = count_section(view, false);
    bool in_short = unmet > 0 && !text->verbose;

    if (unmet > 0) {
        fprintf(text->out, "%sNOT AS EXPECTED: %zu of %s%s\n\n", hg_text_ink(text, HG_INK_BAD), unmet,
                hg_human_things(view->count, "cell").text, hg_text_ink(text, HG_INK_PLAIN));
        write_section(text, view, false, write_story);
    }
    if (count_section(view, true) > 0) {
        fprintf(text->out, "%sExpected leaks%s\n%s", hg_text_ink(text, HG_INK_BOLD),
                hg_text_ink(text, HG_INK_PLAIN), in_short ? "" : "\n");
        write_section(text, view, true, in_short ? write_short_story : write_story);
        fputs(in_short ? "\n" : "", text->out);
    }
    write_fragmented(text, view);
    write_covered(text, view);
    write_survivor_note(text, view);
    write_line_note(text, view);
}
