#include "base/escape.h"
#include "base/humanise.h"
#include "diff/diff_report.h"
#include "terminal/text.h"

#define SITES_SHOWN 20u
#define CELLS_NAMED 10u /* of those that only one run has */

void hg_diff_write_counts(const hg_diff *diff, FILE *out)
{
    const char *separator = "";

    for (int change = 0; change < HG_CHANGES; change++) {
        size_t count = hg_diff_count(diff, (hg_change)change);
        if (count == 0)
            continue;
        fprintf(out, "%s%zu %s", separator, count, hg_change_name((hg_change)change));
        separator = ", ";
    }
    if (!separator[0])
        fputs(hg_diff_exit_code(diff) == 3 ? "none compared" : "none in A or B", out);
}

bool hg_diff_is_changed(const hg_cell_diff *cell)
{
    for (size_t i = 0; i < cell->site_count; i++)
        if (cell->sites[i].change != HG_CHANGE_SAME || cell->sites[i].renamed)
            return true;
    return cell->change != HG_CHANGE_SAME;
}

static hg_ink ink_of(hg_change change)
{
    static const hg_ink inks[HG_CHANGES] = {
        [HG_CHANGE_NEW] = HG_INK_BAD,     [HG_CHANGE_WORSE] = HG_INK_BAD,  [HG_CHANGE_UNCLEAR] = HG_INK_WARN,
        [HG_CHANGE_BETTER] = HG_INK_GOOD, [HG_CHANGE_FIXED] = HG_INK_GOOD, [HG_CHANGE_SAME] = HG_INK_DIM};

    return inks[change];
}

static void write_name(const hg_text *text, const char *name)
{
    hg_text_name(text, name, 40);
}

/* Coloured, and as wide as the widest of them. */
static void write_change(const hg_text *text, hg_change change)
{
    fprintf(text->out, "%s%-7s%s", hg_text_ink(text, ink_of(change)), hg_change_name(change),
            hg_text_ink(text, HG_INK_PLAIN));
}

static const char *arrow(const hg_text *text)
{
    return text->unicode ? "→" : "->";
}

static void write_run(const hg_text *text, const char *side, const char *name, const hg_run *run)
{
    char shown[256];

    hg_escape_middle(shown, sizeof shown, name, 60, text->unicode);
    fprintf(text->out, "  %s: %s   ", side, shown);
    write_name(text, run->suite);
    hg_escape_fit(shown, sizeof shown, run->started, 24, text->unicode);
    fprintf(text->out, ", %s, heapgate ", shown[0] ? shown : "at an unknown time");
    hg_escape_fit(shown, sizeof shown, run->version, 20, text->unicode);
    fprintf(text->out, "%s\n", shown);
}

static void write_rate(const hg_text *text, const hg_cell *cell, bool with_unit)
{
    if (!hg_verdict_is_sure(cell->verdict)) {
        fputs(hg_verdict_name(cell->verdict), text->out);
        return;
    }
    fprintf(text->out, "%s %s%s", hg_human_bytes(cell->bytes_per_op).text, text->unicode ? "±" : "+-",
            hg_human_error(cell->bytes_per_op_error, cell->bytes_per_op).text);
    if (with_unit) {
        fputs(" per ", text->out);
        write_name(text, hg_cell_unit(cell));
    }
}

static void write_cell_head(const hg_text *text, const hg_cell_diff *cell)
{
    fputs(hg_text_ink(text, HG_INK_BOLD), text->out);
    write_name(text, cell->b->workload);
    fputs(", ", text->out);
    if (!hg_same_text(cell->a->subject, cell->b->subject)) {
        write_name(text, cell->a->subject);
        fprintf(text->out, " %s ", arrow(text));
    }
    write_name(text, cell->b->subject);
    fputs(", ", text->out);
    write_name(text, cell->b->allocator);
    fprintf(text->out, "%s\n  ", hg_text_ink(text, HG_INK_PLAIN));
    write_change(text, cell->change);
    fputs("  ", text->out);
    write_rate(text, cell->a, !hg_verdict_is_sure(cell->b->verdict));
    fprintf(text->out, " %s ", arrow(text));
    write_rate(text, cell->b, true);
    fputc('\n', text->out);
}

/* Why a path is unclear. */
static void write_doubt(const hg_text *text, const hg_cell_diff *cell, const hg_site_diff *site)
{
    fputs("             ", text->out);
    if (site->a.site && site->b.site)
        fprintf(text->out, "%s also grows here, but perhaps not at a steady rate\n",
                site->a.leaks ? "B" : "A");
    else
        fprintf(text->out, "not seen in %s, where the smallest detectable leak is %s per op\n",
                site->a.site ? "B" : "A",
                hg_human_bytes((site->a.site ? cell->b : cell->a)->min_detectable_bytes_per_op).text);
}

static void write_site(const hg_text *text, const hg_cell_diff *cell, const hg_site_diff *site)
{
    const hg_site *shown = site->b.site ? site->b.site : site->a.site;

    fputs("    ", text->out);
    write_change(text, site->change);
    fprintf(text->out, "  %s %s ", site->a.site ? hg_human_bytes(site->a.bytes_per_op).text : "-",
            arrow(text));
    fprintf(text->out, "%s  ", site->b.site ? hg_human_bytes(site->b.bytes_per_op).text : "-");
    hg_text_site_line(text, shown);
    fputc('\n', text->out);
    if (site->renamed && site->a.site && site->b.site) {
        fputs("             probably renamed: ", text->out);
        write_name(text, site->a.site->frames[site->renamed_frame].function);
        fprintf(text->out, " %s ", arrow(text));
        write_name(text, site->b.site->frames[site->renamed_frame].function);
        fputc('\n', text->out);
    }
    if (site->change == HG_CHANGE_UNCLEAR)
        write_doubt(text, cell, site);
}

static void write_cell(const hg_text *text, const hg_cell_diff *cell)
{
    size_t shown = 0, left_out = 0;

    write_cell_head(text, cell);
    for (size_t i = 0; i < cell->site_count; i++) {
        const hg_site_diff *site = &cell->sites[i];
        if (site->change == HG_CHANGE_SAME && !site->renamed && !text->verbose)
            continue;
        if (shown < SITES_SHOWN || text->verbose) {
            write_site(text, cell, site);
            shown++;
        } else {
            left_out++;
        }
    }
    if (left_out > 0)
        fprintf(text->out, "    and %s (see all with --verbose)\n",
                hg_human_things(left_out, "more call path").text);
    fputc('\n', text->out);
}

static void write_only(const hg_text *text, const char *side, const hg_cell *const *cells, size_t count)
{
    if (count == 0)
        return;
    fprintf(text->out, "Only in %s, not compared: %s\n", side, hg_human_things(count, "cell").text);
    for (size_t i = 0; i < count && (i < CELLS_NAMED || text->verbose); i++) {
        fputs("  ", text->out);
        write_name(text, cells[i]->workload);
        fputs(", ", text->out);
        write_name(text, cells[i]->subject);
        fputs(", ", text->out);
        write_name(text, cells[i]->allocator);
        fprintf(text->out, ": %s\n", hg_verdict_name(cells[i]->verdict));
    }
    if (count > CELLS_NAMED && !text->verbose)
        fprintf(text->out, "  and %zu more (see all with --verbose)\n", count - CELLS_NAMED);
    fputc('\n', text->out);
}

static void write_outcome(const hg_text *text, const hg_diff *diff)
{
    int code = hg_diff_exit_code(diff);
    hg_ink ink = code == 0 ? HG_INK_GOOD : code == 3 ? HG_INK_WARN : HG_INK_BAD;
    const char *says = code == 0   ? "nothing is new or worse in B"
                       : code == 3 ? "a cell could not be compared: it failed or is inconclusive"
                                   : "B leaks where A does not, or leaks faster than A";

    fprintf(text->out, "%sleaks: ", hg_text_ink(text, ink));
    hg_diff_write_counts(diff, text->out);
    fprintf(text->out, "%s; %s", hg_text_ink(text, HG_INK_PLAIN), says);
    if (code != 0)
        fprintf(text->out, "; exit code %d", code);
    fputc('\n', text->out);
}

void hg_diff_text(const hg_diff *diff, const hg_diff_names *names, const hg_report_options *options,
                  FILE *out)
{
    const hg_text text = {.out = out,
                          .colour = options->colour,
                          .verbose = options->verbose,
                          .unicode = options->unicode,
                          .columns = options->columns};
    size_t same = 0;

    fprintf(out, "%sheapgate diff%s   A %s B\n", hg_text_ink(&text, HG_INK_BOLD),
            hg_text_ink(&text, HG_INK_PLAIN), arrow(&text));
    write_run(&text, "A", names->a, diff->a);
    write_run(&text, "B", names->b, diff->b);
    fputc('\n', out);
    for (size_t i = 0; i < diff->cell_count; i++) {
        if (hg_diff_is_changed(&diff->cells[i]) || text.verbose)
            write_cell(&text, &diff->cells[i]);
        else
            same++;
    }
    if (same > 0)
        fprintf(out, "%zu %s the same\n\n", same, same == 1 ? "cell is" : "cells are");
    write_only(&text, "A", diff->only_a, diff->only_a_count);
    write_only(&text, "B", diff->only_b, diff->only_b_count);
    write_outcome(&text, diff);
}
