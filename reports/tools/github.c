/*
 * Workflow commands of GitHub Actions: an annotation at the file and line of each thing that is not as
 * expected, which a pull request shows beside its changes. A page shows ten errors and ten warnings of one
 * step, so no more are written. The last line, a notice, counts them all.
 *
 * The syntax is that of "Workflow commands for GitHub Actions" in GitHub's documentation.
 */
#include "base/escape.h"
#include "base/humanise.h"
#include "view/findings.h"
#include "view/held.h"
#include "view/kept.h"
#include "view/tried_sites.h"
#include "view/unmet.h"
#include "view/view.h"
#include "view/writers.h"

#include <string.h>

enum { MOST = 10, SHOWN = 300, PATH_SHOWN = 1000, LINE = 4 * PATH_SHOWN + 8 };

/* Text of a command, or of one of its properties, which end at a comma and have no colon. */
static void write_escaped(FILE *out, const char *text, bool property)
{
    char shown[LINE];

    /* a file is of no use in parts */
    hg_escape_middle(shown, sizeof shown, text, property ? PATH_SHOWN : SHOWN, true);
    for (const char *at = shown; *at; at++) {
        if (*at == '%' || (property && strchr(":,", *at)))
            fprintf(out, "%%%02X", (unsigned char)*at);
        else
            fputc(*at, out);
    }
}

static void begin(FILE *out, const char *level, const hg_frame *frame, const char *title)
{
    fprintf(out, "::%s ", level);
    if (frame) {
        const char *file = frame->file;
        while (strncmp(file, "./", 2) == 0)
            file += 2;
        fputs("file=", out);
        write_escaped(out, file, true);
        fprintf(out, ",line=%d,", frame->line);
    }
    fputs("title=heapgate%3A ", out);
    write_escaped(out, title, true);
    fputs("::", out);
}

static void write_names(FILE *out, const char *workload, const char *subject, const char *allocator)
{
    write_escaped(out, hg_view_name(workload), false);
    fputs(", ", out);
    write_escaped(out, hg_view_name(subject), false);
    if (allocator) {
        fputs(", ", out);
        write_escaped(out, hg_view_name(allocator), false);
    }
    fputs(": ", out);
}

static void write_leak(FILE *out, const hg_cell *cell, const hg_site *site)
{
    char held_words[HG_HELD_LINE];

    begin(out, "error", hg_finding_frame(site), "leak");
    write_names(out, cell->workload, cell->subject, cell->allocator);
    write_escaped(out,
                  site->frame_count > 0 && site->frames[0].function[0] ? site->frames[0].function
                                                                       : "a function without a symbol",
                  false);
    fprintf(out, " leaks %s in %s per ", hg_human_bytes(site->bytes_per_op).text,
            hg_human_amount(site->blocks_per_op, hg_site_noun(site)).text);
    write_escaped(out, hg_cell_unit(cell), false);
    hg_held_words(site, held_words);
    fputs(held_words[0] ? "; " : "", out);
    write_escaped(out, held_words, false);
    fputc('\n', out);
}

static void write_cell(FILE *out, const hg_cell *cell)
{
    const hg_site *culprit = hg_cell_culprit(cell);

    if (cell->verdict == HG_VERDICT_LEAK && cell->expect != HG_EXPECT_LEAK && culprit) {
        write_leak(out, cell, culprit);
        return;
    }
    const hg_site *kept = cell->kept.failing > 0 ? hg_kept_site(cell, 0) : NULL;
    const hg_site *shown = kept && !cell->too_slow && hg_cell_keeps_bounds(cell) ? kept : culprit;
    begin(out, cell->verdict == HG_VERDICT_INCONCLUSIVE ? "warning" : "error",
          shown ? hg_finding_frame(shown) : NULL, hg_unmet_kind(cell));
    write_names(out, cell->workload, cell->subject, cell->allocator);
    write_escaped(out, cell->reason, false);
    fputc('\n', out);
}

static void write_fault(FILE *out, const hg_fault *fault)
{
    begin(out, "error", hg_frame_with_line(fault->path, fault->path_count),
          hg_fault_outcome_name(fault->outcome));
    write_names(out, fault->workload, fault->subject, NULL);
    fputs(strcmp(fault->mode, "once") == 0 ? "if this allocation fails: "
                                           : "if this allocation fails, and all after it: ",
          out);
    write_escaped(out, fault->reason, false);
    fputc('\n', out);
}

static void write_site(FILE *out, const hg_tried_site *site)
{
    const hg_frame frame = {.file = site->file, .line = site->line};

    begin(out, "error", site->line > 0 ? &frame : NULL, "allocation not tried");
    write_escaped(out, site->function, false);
    fputs(" calls ", out);
    write_escaped(out, site->calls, false);
    fputs(", which is new, and no workload tried it\n", out);
}

/* What else keeps the gate closed: too few sites, or a module that cannot be read. */
static void write_tried(FILE *out, const hg_run *run)
{
    char line[HG_TRIED_LINE];

    hg_tried_summary(&run->tried, line);
    begin(out, "error", NULL, "allocation sites");
    write_escaped(out, line, false);
    for (size_t i = 0; i < run->tried.module_count; i++)
        if (run->tried.modules[i].message[0]) {
            fputs("; ", out);
            write_escaped(out, run->tried.modules[i].path, false);
            fputs(": ", out);
            write_escaped(out, run->tried.modules[i].message, false);
        }
    fputs(run->tried.message[0] ? "; " : "", out);
    write_escaped(out, run->tried.message, false);
    fputc('\n', out);
}

/* Gives the number of errors with these. */
static size_t write_sites(FILE *out, const hg_run *run, size_t errors)
{
    const hg_tried *tried = &run->tried;
    bool unmet = hg_run_tried_exit_code(run) != 0;

    for (size_t i = 0; unmet && i < tried->site_count; i++)
        if (hg_tried_site_fails(&tried->sites[i]) && errors++ < MOST)
            write_site(out, &tried->sites[i]);
    if (unmet && (hg_tried_too_few(tried) || hg_tried_failing(tried) == 0) && errors++ < MOST)
        write_tried(out, run);
    return errors;
}

bool hg_report_github(const hg_run *run, const hg_report_options *options, FILE *out)
{
    hg_unmet unmet;
    size_t errors = 0, warnings = 0;

    (void)options;
    if (!hg_unmet_gather(run, &unmet))
        return false;
    for (size_t i = 0; i < unmet.count; i++) {
        size_t *of_level = unmet.cells[i]->verdict == HG_VERDICT_INCONCLUSIVE ? &warnings : &errors;
        if ((*of_level)++ < MOST)
            write_cell(out, unmet.cells[i]);
    }
    for (size_t i = 0; i < unmet.fault_count; i++)
        if (errors++ < MOST)
            write_fault(out, unmet.faults[i]);
    errors = write_sites(out, run, errors);
    for (size_t i = 0; i < unmet.more_count; i++)
        if (errors++ < MOST)
            write_leak(out, unmet.more[i].cell, unmet.more[i].site);
    fprintf(out, "::notice title=heapgate::%s: ", hg_run_outcome(run));
    if (run->cell_count > 0 || !run->tried.asked)
        fprintf(out, "%zu of %s as expected", hg_run_count_met(run),
                hg_human_things(run->cell_count, "cell").text);
    if (run->tried.asked) {
        char line[HG_TRIED_LINE];
        hg_tried_summary(&run->tried, line);
        fputs(run->cell_count > 0 ? ", and " : "", out);
        write_escaped(out, line, false);
    }
    if (unmet.more_count > 0)
        fprintf(out, ", and %s that leak%s", hg_human_things(unmet.more_count, "more call path").text,
                unmet.more_count == 1 ? "s" : "");
    if (unmet.fault_count > 0)
        fprintf(out, ", and %s of error paths", hg_human_things(unmet.fault_count, "finding").text);
    fputs(run->unfinished[0] ? "; the run is not finished\n" : "\n", out);
    hg_unmet_free(&unmet);
    return true;
}
