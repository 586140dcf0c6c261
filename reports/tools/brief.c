/*
 * What matters of a run in less than 5 KB of JSON, for scripts and assistants: the outcome, and of each thing
 * that is not as expected the culprit, the holder, the rate and the command that shows it again; then what
 * else leaks there. A rate is that of the call path beside it. Where not all of them fit, the gravest do, and
 * "left_out" counts the others.
 */
#include "base/escape.h"
#include "base/memory_stream.h"
#include "base/number.h"
#include "view/unmet.h"
#include "view/view.h"
#include "view/writers.h"

#include <stdlib.h>

enum {
    MOST_BYTES = 5000,
    MOST_FINDINGS = 32,
    MOST_FRAMES = 4,
    NAME_POINTS = 120,
    TEXT_POINTS = 240,
    WHOLE_POINTS = 1000, /* of a command or file, which are of no use in parts */
    MOST_PARTS = 16
};

/* Where the brief goes. Texts are cut to a fraction of their limits where not even one finding fits. */
typedef struct brief {
    FILE *out;
    size_t parts; /* 1: the limits as they are */
} brief;

static void write_text(const brief *to, const char *name, const char *text, size_t points)
{
    fprintf(to->out, ", \"%s\": \"", name);
    hg_escape_json(to->out, text, points / to->parts);
    fputc('"', to->out);
}

static void write_real(FILE *out, const char *name, double value)
{
    fprintf(out, ", \"%s\": ", name);
    hg_number_real(out, value);
}

static void write_frame(const brief *to, const hg_frame *frame)
{
    write_text(to, "function", frame->function, NAME_POINTS);
    write_text(to, "file", frame->file, WHOLE_POINTS / 2);
    fprintf(to->out, ", \"line\": %d", frame->line);
}

/* As "function file:line", from the one that allocates outwards. */
static void write_path(const brief *to, const hg_frame *frames, size_t count)
{
    fputs(", \"path\": [", to->out);
    for (size_t i = 0; i < count && i < MOST_FRAMES; i++) {
        fputs(i > 0 ? ", \"" : "\"", to->out);
        hg_escape_json(to->out, frames[i].function[0] ? frames[i].function : "?",
                       NAME_POINTS / 2 / to->parts);
        if (frames[i].file[0]) {
            fputc(' ', to->out);
            hg_escape_json(to->out, frames[i].file, NAME_POINTS / 2 / to->parts);
            fprintf(to->out, ":%d", frames[i].line);
        }
        fputc('"', to->out);
    }
    fputc(']', to->out);
}

static void write_site(const brief *to, const hg_site *site)
{
    if (site->frame_count > 0)
        write_frame(to, &site->frames[0]);
    write_path(to, site->frames, site->frame_count);
    if (hg_held_keeper(&site->held) != HG_KEEPER_UNKNOWN)
        write_text(to, "held_by", hg_held_by(&site->held), NAME_POINTS);
}

/* Of the call path; the cell's where there is none. */
static void write_rate(const brief *to, const hg_cell *cell, const hg_site *site)
{
    write_real(to->out, "bytes_per_op", site ? site->bytes_per_op : cell->bytes_per_op);
    write_real(to->out, "bytes_per_op_error", site ? site->bytes_per_op_error : cell->bytes_per_op_error);
    write_text(to, "op", hg_cell_unit(cell), NAME_POINTS / 4);
}

static void begin_cell(const brief *to, const hg_cell *cell)
{
    fprintf(to->out, "\n    {\"kind\": \"%s\"", hg_unmet_kind(cell));
    write_text(to, "workload", cell->workload, NAME_POINTS);
    write_text(to, "subject", cell->subject, NAME_POINTS);
    write_text(to, "allocator", cell->allocator, NAME_POINTS);
}

static void write_cell(const brief *to, const hg_cell *cell)
{
    const hg_site *culprit = hg_cell_culprit(cell);

    begin_cell(to, cell);
    fprintf(to->out, ", \"expected\": \"%s\"", hg_expect_name(cell->expect));
    if (hg_cell_is_judged(cell)) {
        write_rate(to, cell, culprit);
        if (culprit)
            write_real(to->out, "cell_bytes_per_op", cell->bytes_per_op);
    }
    if (culprit)
        write_site(to, culprit);
    write_text(to, "reason", cell->reason, TEXT_POINTS);
    write_text(to, "next", cell->reproduce, WHOLE_POINTS);
    fputc('}', to->out);
}

/* Another call path that leaks in a cell of which the rest is told. */
static void write_more(const brief *to, const hg_unmet_path *path)
{
    begin_cell(to, path->cell);
    write_rate(to, path->cell, path->site);
    write_site(to, path->site);
    fputc('}', to->out);
}

static void write_fault(const brief *to, const hg_fault *fault)
{
    fprintf(to->out, "\n    {\"kind\": \"error path: %s\"", hg_fault_outcome_name(fault->outcome));
    write_text(to, "workload", fault->workload, NAME_POINTS);
    write_text(to, "subject", fault->subject, NAME_POINTS);
    if (fault->path_count > 0)
        write_frame(to, &fault->path[0]);
    write_path(to, fault->path, fault->path_count);
    write_text(to, "reason", fault->reason, TEXT_POINTS);
    write_text(to, "next", fault->reproduce, WHOLE_POINTS);
    fputc('}', to->out);
}

static void write_untried(const brief *to, const hg_tried_site *site)
{
    const hg_frame frame = {
        .function = site->function, .file = site->file, .module = site->module, .line = site->line};

    fputs("\n    {\"kind\": \"allocation not tried\"", to->out);
    write_frame(to, &frame);
    write_text(to, "reason", "the line is new, and no workload tried it", TEXT_POINTS);
    fputc('}', to->out);
}

/* The new site with this number that was not tried. */
static const hg_tried_site *untried_at(const hg_tried *tried, size_t number)
{
    size_t i = 0;
    while (!hg_tried_site_fails(&tried->sites[i]) || number-- > 0)
        i++;
    return &tried->sites[i];
}

static void write_brief(const brief *to, const hg_run *run, const hg_unmet *unmet, size_t most)
{
    FILE *out = to->out;
    size_t before = unmet->count + unmet->fault_count;
    size_t untried = hg_run_tried_exit_code(run) == 1 ? hg_tried_failing(&run->tried) : 0;
    size_t all = before + untried + unmet->more_count;

    fprintf(out, "{\n  \"schema\": \"heapgate-brief/1\",\n  \"outcome\": \"%s\", \"exit_code\": %d",
            hg_run_outcome(run), hg_run_exit_code(run));
    write_text(to, "suite", run->suite, NAME_POINTS);
    write_text(to, "meaning", hg_run_meaning(run), TEXT_POINTS);
    fprintf(out, ",\n  \"cells\": %zu, \"cells_as_expected\": %zu,\n  \"findings\": [", run->cell_count,
            hg_run_count_met(run));
    for (size_t i = 0; i < all && i < most; i++) {
        fputs(i > 0 ? "," : "", out);
        if (i < unmet->count)
            write_cell(to, unmet->cells[i]);
        else if (i < before)
            write_fault(to, unmet->faults[i - unmet->count]);
        else if (i < before + untried)
            write_untried(to, untried_at(&run->tried, i - before));
        else
            write_more(to, &unmet->more[i - before - untried]);
    }
    fprintf(out, "%s],\n  \"left_out\": %zu\n}\n", all > 0 && most > 0 ? "\n  " : "",
            all > most ? all - most : 0);
}

/* The brief with so many findings, for the caller to free; NULL when memory ran out. */
static char *make_brief(const hg_run *run, const hg_unmet *unmet, size_t most, size_t parts, size_t *ret_size)
{
    hg_memory_stream stream;
    FILE *made = hg_memory_stream_begin(&stream);

    if (made)
        write_brief(&(brief){.out = made, .parts = parts}, run, unmet, most);
    return hg_memory_stream_end(&stream, ret_size);
}

/* As many findings as there is room for; of the gravest, as much of its texts. */
static bool write_fitting(FILE *out, const hg_run *run, const hg_unmet *unmet)
{
    size_t most = MOST_FINDINGS, parts = 1;

    for (;;) {
        size_t size;
        char *text = make_brief(run, unmet, most, parts, &size);
        bool fits = text && (size < MOST_BYTES || most == 0);
        if (fits)
            fwrite(text, 1, size, out);
        free(text);
        if (fits || !text)
            return fits;
        if (most > 1)
            most--;
        else if (parts < MOST_PARTS)
            parts *= 2;
        else
            most = 0;
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
