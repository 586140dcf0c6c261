#include "base/escape.h"
#include "base/humanise.h"
#include "terminal/text.h"
#include "view/cross_check.h"

#include <string.h>

#define LOG_LINES   8
#define MORE_SITES  4 /* growing sites named in one line each, beside the culprit */
#define NAME_BYTES  128
#define SHARE_WHOLE 0.995 /* of the growth: a site above this is not given a share */

/* Whether a cell belongs to the section: those that are not as expected, or the leaks that are. */
static bool belongs(const hg_cell *cell, bool met)
{
    return cell->met == met && (!met || cell->verdict == HG_VERDICT_LEAK);
}

/* Whether two cells of one workload have the same story: same subject, same verdict, same culprit. */
static bool same_story(const hg_cell *a, const hg_cell *b)
{
    if (a->met != b->met || a->verdict != HG_VERDICT_LEAK || b->verdict != HG_VERDICT_LEAK ||
        !hg_same_text(a->subject, b->subject))
        return false;
    const hg_site *x = hg_cell_culprit(a);
    const hg_site *y = hg_cell_culprit(b);
    return x && y && hg_site_same_path(x, y);
}

static bool told_before(const hg_view *view, size_t start, size_t index)
{
    for (size_t i = start; i < index; i++) {
        if (same_story(view->cells[i], view->cells[index]))
            return true;
    }
    return false;
}

static void write_name(const hg_text *text, const char *name)
{
    char shown[NAME_BYTES];

    hg_escape_middle(shown, sizeof shown, hg_view_name(name), 28, text->unicode);
    fputs(shown, text->out);
}

/* "glibc", or "glibc and jemalloc, same call path". */
static void write_allocators(const hg_text *text, const hg_view *view, size_t index)
{
    const hg_cell *cell = view->cells[index];
    size_t end = hg_view_workload_end(view, index);
    size_t agreeing = 0;

    write_name(text, cell->allocator);
    for (size_t i = index + 1; i < end; i++) {
        if (!same_story(cell, view->cells[i]))
            continue;
        fputs(" and ", text->out);
        write_name(text, view->cells[i]->allocator);
        agreeing++;
    }
    if (agreeing > 0)
        fputs(", same call path", text->out);
}

static void write_heading(const hg_text *text, const hg_view *view, size_t index)
{
    const hg_cell *cell = view->cells[index];

    fprintf(text->out, "  %s", hg_text_ink(text, HG_INK_BOLD));
    write_name(text, cell->workload);
    fputs(", ", text->out);
    write_name(text, cell->subject);
    fputs(hg_text_ink(text, HG_INK_PLAIN), text->out);
    if (hg_cell_only_slow(cell))
        fprintf(text->out, ": %s, but %sslower than allowed%s", hg_verdict_name(cell->verdict),
                hg_text_ink(text, HG_INK_BAD), hg_text_ink(text, HG_INK_PLAIN));
    else if (!cell->met)
        fprintf(text->out, ": %s%s, expected %s%s", hg_text_ink(text, hg_text_verdict_ink(cell)),
                hg_verdict_name(cell->verdict), hg_expect_name(cell->expect),
                hg_text_ink(text, HG_INK_PLAIN));
    fputs(" (", text->out);
    write_allocators(text, view, index);
    fputs(")\n", text->out);
}

/* "at 1 000 ops an hour: 452 MiB a day, 1 GiB in 2.3 days", for growth at a declared rate. */
static void write_production(const hg_text *text, const hg_cell *cell)
{
    double hourly = cell->bytes_per_op * cell->rate_per_hour;

    if (!hg_cell_grows(cell) || cell->rate_per_hour <= 0)
        return;
    fprintf(text->out, "\n    at %s ops an hour: %s a day, 1 GiB in %s",
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

/* "7.93 KiB and 113 blocks per schema", with the share of the culprit where others grow too. */
static void write_growth(const hg_text *text, const hg_cell *cell, const hg_site *culprit)
{
    hg_quantity blocks = hg_human_count(cell->blocks_per_op);
    char unit[NAME_BYTES];

    hg_escape_fit(unit, sizeof unit, cell->unit && cell->unit[0] ? cell->unit : "op", 24, text->unicode);
    fprintf(text->out, "    %s and %s %s per %s", hg_human_bytes(cell->bytes_per_op).text, blocks.text,
            strcmp(blocks.text, "1") == 0 ? "block" : "blocks", unit);
    double share = cell->bytes_per_op > 0 ? culprit->bytes_per_op / cell->bytes_per_op : 1.0;
    if (share >= 0 && share < SHARE_WHOLE)
        fprintf(text->out, ", %.0f %% of it here", 100.0 * share);
    write_production(text, cell);
    fputs(":\n", text->out);
}

static void write_other_site(const hg_text *text, const hg_cell *cell, const hg_site *site)
{
    bool grows = hg_site_grows(site);

    fprintf(text->out, "    %s, %s%s:", hg_class_name(site->growth_class),
            hg_human_bytes(grows ? site->bytes_per_op : (double)site->live_bytes).text,
            grows ? "/op" : " alive");
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
        fprintf(text->out, "    and %zu more growing sites, all in run.json\n", others - MORE_SITES);
}

/* The start of the last lines of a log. */
static const char *log_tail(const char *log)
{
    const char *at = log + strlen(log);
    int lines = 0;

    while (at > log && at[-1] == '\n')
        at--;
    while (at > log && (at[-1] != '\n' || ++lines < LOG_LINES))
        at--;
    return at;
}

static void write_log(const hg_text *text, const char *log)
{
    char line[512];

    if (!log || !log[0])
        return;
    for (const char *at = log_tail(log); *at;) {
        size_t length = strcspn(at, "\n");
        size_t copied = length < sizeof line - 1 ? length : sizeof line - 1;
        memcpy(line, at, copied);
        line[copied] = '\0';
        fputs("    | ", text->out);
        hg_escape_write(text->out, line, text->unicode);
        fputs(copied < length ? "...\n" : "\n", text->out);
        at += length + (at[length] == '\n');
    }
}

static void write_labelled(const hg_text *text, const char *label, const char *value)
{
    if (!value || !value[0])
        return;
    fprintf(text->out, "    %s", label);
    hg_escape_write(text->out, value, text->unicode);
    fputc('\n', text->out);
}

static void write_cross_check(const hg_text *text, const hg_cell *cell)
{
    char line[HG_CROSS_CHECK_LINE];

    hg_cross_check_line(cell, line);
    write_labelled(text, "", line);
}

static void write_story(const hg_text *text, const hg_view *view, size_t index)
{
    const hg_cell *cell = view->cells[index];
    const hg_site *culprit = hg_cell_culprit(cell);

    write_heading(text, view, index);
    if (!cell->met)
        write_labelled(text, "", cell->reason);
    if (text->verbose || cell->verdict == HG_VERDICT_FRAGMENTATION)
        write_memory(text, cell);
    if (culprit) {
        write_growth(text, cell, culprit);
        hg_text_site(text, cell, culprit);
        write_other_sites(text, cell, culprit);
    } else if (text->verbose) {
        write_other_sites(text, cell, NULL);
    }
    write_cross_check(text, cell);
    if (!cell->met) {
        write_log(text, cell->log);
        write_labelled(text, "again: ", cell->reproduce);
    }
    fputc('\n', text->out);
}

/* A leak that was expected, where others were not: one line. */
static void write_short_story(const hg_text *text, const hg_view *view, size_t index)
{
    const hg_cell *cell = view->cells[index];
    const hg_site *culprit = hg_cell_culprit(cell);

    fputs("  ", text->out);
    write_name(text, cell->workload);
    fputs(", ", text->out);
    write_name(text, cell->subject);
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
    for (size_t start = 0; start < view->count;) {
        size_t end = hg_view_workload_end(view, start);
        for (size_t i = start; i < end; i++) {
            if (belongs(view->cells[i], met) && !told_before(view, start, i))
                write(text, view, i);
        }
        start = end;
    }
}

static size_t count_section(const hg_view *view, bool met)
{
    size_t count = 0;

    for (size_t i = 0; i < view->count; i++)
        count += belongs(view->cells[i], met);
    return count;
}

/* No leak, and no reason to fail where clean is expected; but a reader should know. */
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
        write_labelled(text, "", cell->reason);
        write_memory(text, cell);
        write_labelled(text, "again: ", cell->reproduce);
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
                "%salive by round: blocks alive at the end, by the round they were born in; warm-up left of "
                "the bar.%s\n\n",
                hg_text_ink(text, HG_INK_DIM), hg_text_ink(text, HG_INK_PLAIN));
}

void hg_text_findings(const hg_text *text, const hg_view *view)
{
    size_t unmet = count_section(view, false);
    bool in_short = unmet > 0 && !text->verbose;

    if (unmet > 0) {
        fprintf(text->out, "%sNOT AS EXPECTED: %zu of %zu %s%s\n\n", hg_text_ink(text, HG_INK_BAD), unmet,
                view->count, view->count == 1 ? "cell" : "cells", hg_text_ink(text, HG_INK_PLAIN));
        write_section(text, view, false, write_story);
    }
    if (count_section(view, true) > 0) {
        fprintf(text->out, "%sLeaks, as expected%s\n%s", hg_text_ink(text, HG_INK_BOLD),
                hg_text_ink(text, HG_INK_PLAIN), in_short ? "" : "\n");
        write_section(text, view, true, in_short ? write_short_story : write_story);
        fputs(in_short ? "\n" : "", text->out);
    }
    write_fragmented(text, view);
    write_survivor_note(text, view);
}
