/*
 * What matters of a run in less than 5 KB of JSON, for scripts and assistants: the outcome, and of each thing
 * that is not as expected the culprit, the holder, the rate and the command that shows it again. Where not
 * all of them fit, the gravest do, and "left_out" counts the others.
 */
#include "base/escape.h"
#include "base/memory_stream.h"
#include "base/number.h"
#include "view/unmet.h"
#include "view/view.h"
#include "view/writers.h"

#include <stdlib.h>

enum { MOST_BYTES = 5000, MOST_FINDINGS = 8, MOST_FRAMES = 4, NAME_POINTS = 120, TEXT_POINTS = 240 };

static void write_text(FILE *out, const char *name, const char *text, size_t points)
{
    fprintf(out, ", \"%s\": \"", name);
    hg_escape_json(out, text, points);
    fputc('"', out);
}

static void write_real(FILE *out, const char *name, double value)
{
    fprintf(out, ", \"%s\": ", name);
    hg_number_real(out, value);
}

static void write_frame(FILE *out, const hg_frame *frame)
{
    write_text(out, "function", frame->function, NAME_POINTS);
    write_text(out, "file", frame->file, NAME_POINTS);
    fprintf(out, ", \"line\": %d", frame->line);
}

/* As "function file:line", from the one that allocates outwards. */
static void write_path(FILE *out, const hg_frame *frames, size_t count)
{
    fputs(", \"path\": [", out);
    for (size_t i = 0; i < count && i < MOST_FRAMES; i++) {
        fputs(i > 0 ? ", \"" : "\"", out);
        hg_escape_json(out, frames[i].function[0] ? frames[i].function : "?", NAME_POINTS / 2);
        if (frames[i].file[0]) {
            fputc(' ', out);
            hg_escape_json(out, frames[i].file, NAME_POINTS / 2);
            fprintf(out, ":%d", frames[i].line);
        }
        fputc('"', out);
    }
    fputc(']', out);
}

static void write_site(FILE *out, const hg_site *site)
{
    if (site->frame_count > 0)
        write_frame(out, &site->frames[0]);
    write_path(out, site->frames, site->frame_count);
    if (site->held.holder_count > 0)
        write_text(out, "held_by", site->held.holders[0].path, NAME_POINTS);
    else if (site->held.lost_blocks > 0)
        write_text(out, "held_by", "nothing", 0);
}

static void write_cell(FILE *out, const hg_cell *cell)
{
    const hg_site *culprit = hg_cell_culprit(cell);

    fprintf(out, "\n    {\"kind\": \"%s\"", hg_unmet_kind(cell));
    write_text(out, "workload", cell->workload, NAME_POINTS);
    write_text(out, "subject", cell->subject, NAME_POINTS);
    write_text(out, "allocator", cell->allocator, NAME_POINTS);
    fprintf(out, ", \"expected\": \"%s\"", hg_expect_name(cell->expect));
    if (hg_cell_is_judged(cell)) {
        write_real(out, "bytes_per_op", cell->bytes_per_op);
        write_real(out, "bytes_per_op_error", cell->bytes_per_op_error);
        write_text(out, "op", hg_cell_unit(cell), NAME_POINTS / 4);
    }
    if (culprit)
        write_site(out, culprit);
    write_text(out, "reason", cell->reason, TEXT_POINTS);
    write_text(out, "next", cell->reproduce, TEXT_POINTS);
    fputc('}', out);
}

static void write_fault(FILE *out, const hg_fault *fault)
{
    fprintf(out, "\n    {\"kind\": \"error path: %s\"", hg_fault_outcome_name(fault->outcome));
    write_text(out, "workload", fault->workload, NAME_POINTS);
    write_text(out, "subject", fault->subject, NAME_POINTS);
    if (fault->path_count > 0)
        write_frame(out, &fault->path[0]);
    write_path(out, fault->path, fault->path_count);
    write_text(out, "reason", fault->reason, TEXT_POINTS);
    write_text(out, "next", fault->reproduce, TEXT_POINTS);
    fputc('}', out);
}

static void write_untried(FILE *out, const hg_tried_site *site)
{
    const hg_frame frame = {
        .function = site->function, .file = site->file, .module = site->module, .line = site->line};

    fputs("\n    {\"kind\": \"allocation not tried\"", out);
    write_frame(out, &frame);
    write_text(out, "reason", "the line is new, and no workload tried it", TEXT_POINTS);
    fputc('}', out);
}

/* The new site with this number that was not tried. */
static const hg_tried_site *untried_at(const hg_tried *tried, size_t number)
{
    size_t i = 0;
    while (!hg_tried_site_fails(&tried->sites[i]) || number-- > 0)
        i++;
    return &tried->sites[i];
}

static void write_brief(FILE *out, const hg_run *run, const hg_unmet *unmet, size_t most)
{
    size_t before = unmet->count + unmet->fault_count;
    size_t all = before + (hg_run_tried_exit_code(run) == 1 ? hg_tried_failing(&run->tried) : 0);

    fprintf(out, "{\n  \"schema\": \"heapgate-brief/1\",\n  \"outcome\": \"%s\", \"exit_code\": %d",
            hg_run_outcome(run), hg_run_exit_code(run));
    write_text(out, "suite", run->suite, NAME_POINTS);
    write_text(out, "meaning", hg_run_meaning(run), TEXT_POINTS);
    fprintf(out, ",\n  \"cells\": %zu, \"cells_as_expected\": %zu,\n  \"findings\": [", run->cell_count,
            hg_run_count_met(run));
    for (size_t i = 0; i < all && i < most; i++) {
        fputs(i > 0 ? "," : "", out);
        if (i < unmet->count)
            write_cell(out, unmet->cells[i]);
        else if (i < before)
            write_fault(out, unmet->faults[i - unmet->count]);
        else
            write_untried(out, untried_at(&run->tried, i - before));
    }
    fprintf(out, "%s],\n  \"left_out\": %zu\n}\n", all > 0 && most > 0 ? "\n  " : "",
            all > most ? all - most : 0);
}

/* As many findings as there is room for. */
static bool write_fitting(FILE *out, const hg_run *run, const hg_unmet *unmet)
{
    for (size_t most = MOST_FINDINGS;; most--) {
        hg_memory_stream stream;
        size_t size;
        FILE *made = hg_memory_stream_begin(&stream);
        if (made)
            write_brief(made, run, unmet, most);
        char *text = hg_memory_stream_end(&stream, &size);
        bool fits = text && (size < MOST_BYTES || most == 0);
        if (fits)
            fwrite(text, 1, size, out);
        free(text);
        if (fits || !text)
            return fits;
    }
}

bool hg_report_brief(const hg_run *run, const hg_report_options *options, FILE *out)
{
    hg_unmet unmet;

    (void)options;
    if (!hg_unmet_gather(run, &unmet))
        return false;
    bool done = write_fitting(out, run, &unmet);
    hg_unmet_free(&unmet);
    return done;
}
