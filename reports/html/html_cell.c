#include "base/escape.h"
#include "base/humanise.h"
#include "html/html.h"
#include "html/html_lines.h"
#include "view/cross_check.h"
#include "view/held.h"
#include "view/kept.h"

#include <math.h>
#include <stddef.h>

#define SAMPLES_HEAD 8
#define SAMPLES_TAIL 32

static void write_fact(FILE *out, const char *name, const char *value, const char *note)
{
    fprintf(out, "<div><dt>%s</dt><dd>%s%s</dd></div>\n", name, value, note);
}

static void write_growth_facts(FILE *out, const hg_cell *cell)
{
    char text[128];

    snprintf(text, sizeof text, "%s &plusmn;%s", hg_human_bytes(cell->bytes_per_op).text,
             hg_human_error(cell->bytes_per_op_error, cell->bytes_per_op).text);
    write_fact(out, "Growth per op", text, "");
    write_fact(out, "Blocks per op", hg_human_count(cell->blocks_per_op).text, "");
    write_fact(out, "Smallest detectable leak", hg_human_bytes(cell->min_detectable_bytes_per_op).text,
               " per op");
    if (!hg_cell_is_timed(cell)) /* the table of speeds has it without the probe */
        write_fact(out, "Ops per second", hg_human_count(cell->ops_per_second).text, " (processor time)");
}

static void write_ops(FILE *out, const char *name, int64_t ops, int64_t rounds)
{
    char text[128];

    snprintf(text, sizeof text, "%s %s in %s %s", hg_human_integer(ops).text, ops == 1 ? "op" : "ops",
             hg_human_integer(rounds).text, rounds == 1 ? "round" : "rounds");
    write_fact(out, name, text, "");
}

static void write_facts(FILE *out, const hg_cell *cell)
{
    char text[128];

    fputs("<dl class=\"facts\">\n", out);
    if (hg_cell_is_judged(cell))
        write_growth_facts(out, cell);
    if (cell->control_injected_bytes_per_op > 0) {
        snprintf(text, sizeof text, "%s of %s", hg_human_bytes(cell->control_recovered_bytes_per_op).text,
                 hg_human_bytes(cell->control_injected_bytes_per_op).text);
        write_fact(out, "Control recovered", text, " per op");
    }
    write_ops(out, hg_cell_is_judged(cell) || cell->blind ? "Measured" : "Planned", cell->ops, cell->rounds);
    write_ops(out, "Warm-up", cell->warmup_ops, cell->warmup_rounds);
    if (cell->max_bytes_per_op > 0)
        write_fact(out, "Budget", hg_human_bytes(cell->max_bytes_per_op).text, " per op");
    if (cell->max_slowdown > 0) {
        snprintf(text, sizeof text, "%.3g", cell->max_slowdown);
        write_fact(out, "Time per op", text, " times that of " HG_REFERENCE " at most");
    }
    fputs("</dl>\n", out);
}

/* What is drawn of the memory of a cell. */
static const hg_measure memory[] = {HG_MEASURE_RESIDENT_BYTES, HG_MEASURE_MAPPED_BYTES,
                                    HG_MEASURE_ALLOCATED_BYTES, HG_MEASURE_LIVE_BYTES};
static const char *const memory_names[] = {"resident", "mapped", "allocated", "live"};
#define MEMORY_LINES (sizeof memory / sizeof *memory)

/* Whether all lines are level to a twentieth of the highest. */
static bool is_level(const hg_cell *cell)
{
    double most = 0, range = 0, last;

    for (size_t i = 0; i < MEMORY_LINES; i++) {
        range = fmax(range, hg_html_range(cell, memory[i], &last));
        most = fmax(most, last);
    }
    return range <= most / 20;
}

/* Level lines are no picture: words are enough. */
static void write_level_memory(FILE *out, const hg_cell *cell)
{
    const char *separator = ": ";
    double last;

    fputs("<figure class=\"chart\"><figcaption><b>Memory</b> is level to 5 %", out);
    for (size_t i = 0; i < MEMORY_LINES; i++) {
        if (hg_html_range(cell, memory[i], &last) < 0)
            continue;
        fprintf(out, "%s%s %s", separator, memory_names[i], hg_human_bytes(last).text);
        separator = ", ";
    }
    fputs("</figcaption></figure>\n", out);
}

/* The memory of a cell: what the program requested, what the allocator handed out and holds, and what is
 * resident. */
static void write_memory_chart(FILE *out, const hg_view *view, const hg_cell *cell)
{
    hg_html_chart chart = {.title = "Live and resident memory"};
    const hg_sample *last = &cell->samples[cell->sample_count - 1];

    if (is_level(cell)) {
        write_level_memory(out, cell);
        return;
    }
    hg_html_chart_add(&chart, (hg_html_line){cell, HG_MEASURE_RESIDENT_BYTES, "resident", "m-resident"});
    if (last->mapped_bytes >= 0)
        hg_html_chart_add(&chart, (hg_html_line){cell, HG_MEASURE_MAPPED_BYTES, "mapped", "m-mapped"});
    if (last->allocated_bytes >= 0)
        hg_html_chart_add(&chart,
                          (hg_html_line){cell, HG_MEASURE_ALLOCATED_BYTES, "allocated", "m-allocated"});
    hg_html_chart_add(&chart,
                      (hg_html_line){cell, HG_MEASURE_LIVE_BYTES, "live", hg_html_series(view, cell)});
    hg_html_chart_write(out, &chart);
}

static const char *figure(int64_t bytes, hg_quantity *text)
{
    *text = hg_human_bytes((double)bytes);
    return bytes < 0 ? "&ndash;" : text->text;
}

/* A figure of all checkpoints, and whether it is the same at each. */
typedef struct column {
    const char *title, *plural;
    size_t offset; /* in hg_sample */
} column;

static const column columns[] = {
    {"Files", "open files", offsetof(hg_sample, open_files)},
    {"Threads", "threads", offsetof(hg_sample, threads)},
    {"Mappings", "mappings", offsetof(hg_sample, mappings)},
};
#define COLUMNS (sizeof columns / sizeof *columns)

static int64_t figure_of(const hg_sample *sample, const column *what)
{
    return *(const int64_t *)(const void *)((const char *)sample + what->offset);
}

static bool varies(const hg_cell *cell, const column *what)
{
    for (size_t i = 1; i < cell->sample_count; i++)
        if (figure_of(&cell->samples[i], what) != figure_of(&cell->samples[0], what))
            return true;
    return false;
}

/* Without the end tags that HTML does not ask for: these tables are most of a page. */
static void write_sample(FILE *out, const hg_cell *cell, const hg_sample *sample)
{
    hg_quantity allocated;
    hg_quantity mapped;

    fprintf(out, "<tr%s><th>%s<td>%s<td>%s<td>%s<td>%s<td>%s",
            sample->round < cell->warmup_rounds ? " class=\"quiet\"" : "",
            hg_human_integer(sample->round).text, hg_human_integer(sample->ops).text,
            hg_human_bytes((double)sample->live_bytes).text, hg_human_integer(sample->live_blocks).text,
            figure(sample->allocated_bytes, &allocated), figure(sample->mapped_bytes, &mapped));
    fprintf(out, "<td>%s<td>%s", hg_human_bytes((double)sample->resident_bytes).text,
            hg_human_integer(sample->allocations).text);
    for (size_t i = 0; i < COLUMNS; i++)
        if (varies(cell, &columns[i]))
            fprintf(out, "<td>%s",
                    figure_of(sample, &columns[i]) < 0
                        ? "&ndash;"
                        : hg_human_integer(figure_of(sample, &columns[i])).text);
    fprintf(out, "<td>%s<td>%s\n", hg_human_seconds((double)sample->wall_ns / 1e9).text,
            hg_human_seconds((double)sample->cpu_ns / 1e9).text);
}

/* What would be a column of equal numbers. */
static void write_constants(FILE *out, const hg_cell *cell)
{
    const char *separator = "<p class=\"note\">At each checkpoint: ";

    for (size_t i = 0; i < COLUMNS; i++) {
        int64_t value = figure_of(&cell->samples[0], &columns[i]);
        if (varies(cell, &columns[i]) || value < 0)
            continue;
        fprintf(out, "%s%s %s", separator, hg_human_integer(value).text, columns[i].plural);
        separator = ", ";
    }
    fputs(separator[0] == ',' ? ".</p>\n" : "", out);
}

static size_t write_sample_heads(FILE *out, const hg_cell *cell)
{
    static const char *const titles[] = {"Round",     "Ops",    "Live",     "Blocks",
                                         "Allocated", "Mapped", "Resident", "Allocations"};
    size_t count = sizeof titles / sizeof *titles + 2;

    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        fprintf(out, "<th%s>%s", i == 0 ? " scope=\"col\"" : "", titles[i]);
    for (size_t i = 0; i < COLUMNS; i++) {
        if (!varies(cell, &columns[i]))
            continue;
        fprintf(out, "<th>%s", columns[i].title);
        count++;
    }
    fputs("<th>Wall time<th>CPU time", out);
    return count;
}

static void write_samples(FILE *out, const hg_cell *cell)
{
    size_t count = cell->sample_count;
    bool long_run = count > SAMPLES_HEAD + SAMPLES_TAIL;

    fprintf(out,
            "<details class=\"samples\"><summary>%s</summary>\n<div class=\"scroll\" role=\"region\" "
            "aria-label=\"Checkpoints\" tabindex=\"0\"><table class=\"n\">\n<thead><tr>",
            hg_human_things(count, "checkpoint").text);
    size_t width = write_sample_heads(out, cell);
    fputs("</thead>\n<tbody>\n", out);
    for (size_t i = 0; i < count; i++) {
        if (long_run && i == SAMPLES_HEAD) {
            fprintf(out,
                    "<tr><td colspan=\"%zu\" class=\"note\">%zu more checkpoints are in run.json</td></tr>\n",
                    width, count - SAMPLES_HEAD - SAMPLES_TAIL);
            i = count - SAMPLES_TAIL;
        }
        write_sample(out, cell, &cell->samples[i]);
    }
    fputs("</tbody>\n</table></div>\n", out);
    write_constants(out, cell);
    fputs("</details>\n", out);
}

void hg_html_block(FILE *out, const char *title, const char *text)
{
    if (!text || !text[0])
        return;
    fprintf(out, "<h4>%s</h4>\n<pre tabindex=\"0\">", title);
    hg_escape_html(out, text, HG_HTML_TEXT_LIMIT);
    fputs("</pre>\n", out);
}

static void write_summary(FILE *out, const hg_cell *cell)
{
    const hg_site *culprit = hg_cell_culprit(cell);

    fputs("<summary><h3>", out);
    hg_html_cell_name(out, cell);
    fprintf(out, "</h3> <span class=\"v %s\">%s</span> ", hg_verdict_name(cell->verdict),
            hg_verdict_name(cell->verdict));
    if (hg_cell_trouble(cell))
        fprintf(out, "<strong class=\"bad\">%s</strong> ", hg_cell_trouble(cell)->phrase);
    else if (!cell->met)
        fprintf(out, "<strong class=\"bad\">expected %s</strong> ", hg_expect_name(cell->expect));
    if (hg_cell_is_judged(cell))
        fprintf(out, "<b>%s/op</b> ", hg_human_bytes(cell->bytes_per_op).text);
    if (culprit && culprit->frame_count > 0 && cell->verdict == HG_VERDICT_LEAK) {
        fputs("<code>", out);
        hg_escape_html(out, culprit->frames[0].function, 48);
        fputs("</code>", out);
    }
    fputs("</summary>\n", out);
}

static void write_cross_check(FILE *out, const hg_cell *cell)
{
    char line[HG_CROSS_CHECK_LINE];

    hg_cross_check_line(cell, line);
    if (!line[0])
        return;
    fputs("<p class=\"reason\">", out);
    hg_escape_html(out, line, 0);
    fputs("</p>\n", out);
}

static void write_coverage(FILE *out, const hg_cell *cell)
{
    if (cell->coverage.resident_bytes > 0)
        fprintf(out, "<p class=\"reason\">counted %s of %s resident</p>\n",
                hg_human_bytes(cell->coverage.counted_bytes).text,
                hg_human_bytes(cell->coverage.resident_bytes).text);
}

static void write_holders(FILE *out, const hg_cell *cell)
{
    char line[HG_HELD_LINE];

    for (size_t i = 0; hg_retainer_line(cell, true, i, line); i++) {
        if (i == 0)
            fputs("<details class=\"site\"><summary>What holds the memory</summary>\n", out);
        fputs("<p class=\"held\">", out);
        hg_escape_html(out, line, HG_HELD_LINE);
        fputs("</p>\n", out);
    }
    if (cell->holder_count > 0)
        fputs("</details>\n", out);
}

static void write_kept(FILE *out, const hg_cell *cell)
{
    char line[HG_KEPT_LINE];

    for (size_t i = 0; hg_kept_line(cell, i, line); i++) {
        if (i == 0)
            fputs("<details class=\"site\"><summary>Memory at exit that needs a review</summary>\n", out);
        fputs("<p class=\"held\">", out);
        hg_escape_html(out, line, HG_KEPT_LINE);
        fputs("</p>\n", out);
    }
    if (hg_kept_line(cell, 0, line))
        fputs("</details>\n", out);
}

void hg_html_cell(FILE *out, const hg_view *view, size_t index, bool open)
{
    const hg_cell *cell = view->cells[index];

    fprintf(out, "<details class=\"cell\" id=\"c%zu\"%s>", index, open ? " open" : "");
    write_summary(out, cell);
    if (cell->reason && cell->reason[0]) {
        fputs("<p class=\"reason\">", out);
        hg_escape_html(out, cell->reason, HG_HTML_TEXT_LIMIT);
        fputs("</p>\n", out);
    }
    write_coverage(out, cell);
    write_cross_check(out, cell);
    write_facts(out, cell);
    hg_html_block(out, "Last lines of the workload", cell->log);
    if (cell->sample_count > 0) {
        fputs("<div class=\"charts\">\n", out);
        hg_html_births(out, view, index);
        write_memory_chart(out, view, cell);
        fputs("</div>\n", out);
    }
    hg_html_flame(out, view, index);
    hg_html_sites(out, view, index);
    write_holders(out, cell);
    write_kept(out, cell);
    if (cell->sample_count > 0)
        write_samples(out, cell);
    hg_html_block(out, "Run this cell again", cell->reproduce);
    fputs("</details>\n", out);
}
