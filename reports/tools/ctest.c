/*
 * The lines by which LeakSanitizer tells a leak, for those who read them: CTest makes the list of defects of
 * a dashboard from them (CTEST_MEMORYCHECK_TYPE). Sizes are what was alive at the last checkpoint. The other
 * lines are heapgate's own. What else is not as expected is no defect, and the exit code tells.
 */
#include "base/escape.h"
#include "base/humanise.h"
#include "view/held.h"
#include "view/unmet.h"
#include "view/view.h"
#include "view/writers.h"

#include <inttypes.h>

enum { SHOWN = 200, LINE = 1024 };

static void write_text(FILE *out, const char *text)
{
    char shown[LINE];

    hg_escape_middle(shown, sizeof shown, text, SHOWN, true);
    fputs(shown, out);
}

static void write_heading(FILE *out, const hg_cell *cell)
{
    fputs("\nheapgate: ", out);
    write_text(out, hg_view_name(cell->workload));
    fputs(", ", out);
    write_text(out, hg_view_name(cell->subject));
    fputs(" (", out);
    write_text(out, hg_view_name(cell->allocator));
    fprintf(out, "): %s: ", hg_unmet_kind(cell));
    hg_escape_write(out, cell->reason, true);
    fputc('\n', out);
}

static void write_rate(FILE *out, const hg_cell *cell, const hg_site *site)
{
    char held_words[HG_HELD_LINE];

    fprintf(out, "%s in %s per ", hg_human_bytes(site->bytes_per_op).text,
            hg_human_amount(site->blocks_per_op, hg_site_noun(site)).text);
    write_text(out, hg_cell_unit(cell));
    hg_held_words(site, held_words);
    fputs(held_words[0] ? "; " : "", out);
    write_text(out, held_words);
    fputc('\n', out);
}

static void write_site(FILE *out, const hg_cell *cell, const hg_site *site)
{
    write_rate(out, cell, site);
    fprintf(out, "Direct leak of %" PRId64 " byte(s) in %" PRId64 " object(s) allocated from:\n",
            site->live_bytes, site->live_blocks);
    for (size_t i = 0; i < site->frame_count; i++) {
        const hg_frame *frame = &site->frames[i];
        fprintf(out, "    #%zu ", i);
        write_text(out, frame->function[0] ? frame->function : "?");
        fputc(' ', out);
        write_text(out, frame->file[0] ? frame->file : frame->module);
        if (frame->line > 0)
            fprintf(out, ":%d", frame->line);
        fputc('\n', out);
    }
}

static void write_cell(FILE *out, const hg_cell *cell)
{
    size_t sites = 0;

    write_heading(out, cell);
    if (cell->verdict != HG_VERDICT_LEAK || cell->expect == HG_EXPECT_LEAK)
        return;
    for (size_t i = 0; i < cell->site_count; i++)
        if (cell->sites[i].growth_class == HG_CLASS_LEAK) {
            write_site(out, cell, &cell->sites[i]);
            sites++;
        }
    if (sites == 0)
        fputs("Direct leak of open files or threads\n", out);
}

bool hg_report_ctest(const hg_run *run, const hg_report_options *options, FILE *out)
{
    hg_unmet unmet;

    (void)options;
    if (!hg_unmet_gather(run, &unmet))
        return false;
    fprintf(out, "heapgate: %s: %zu of %s as expected\n", hg_run_outcome(run), hg_run_count_met(run),
            hg_human_things(run->cell_count, "cell").text);
    for (size_t i = 0; i < unmet.count; i++)
        write_cell(out, unmet.cells[i]);
    if (unmet.fault_count > 0)
        fprintf(out, "\nheapgate: %s of error paths\n", hg_human_things(unmet.fault_count, "finding").text);
    hg_unmet_free(&unmet);
    return true;
}
