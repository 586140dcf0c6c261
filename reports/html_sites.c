#include "escape.h"
#include "html.h"
#include "humanise.h"

#include <inttypes.h>
#include <string.h>

#define SITES_TOTAL  200 /* on a page, shared out over its cells */
#define SITES_MIN    2
#define SITES_MAX    8
#define FRAMES_MAX   16
#define INNER_MAX    8
#define SAMPLES_HEAD 8
#define SAMPLES_TAIL 32
#define TEXT_LIMIT   4000 /* code points of a reason, a log or a command */

void hg_html_name(FILE *out, const char *name)
{
    hg_escape_html(out, name, HG_HTML_NAME_LIMIT);
}

static void write_place(FILE *out, const hg_frame *frame)
{
    bool has_file = frame->file && frame->file[0];

    hg_html_name(out, has_file ? frame->file : frame->module);
    if (has_file && frame->line > 0)
        fprintf(out, ":%d", frame->line);
    else if (!has_file && frame->module && frame->module[0])
        fprintf(out, "+0x%" PRIx64, frame->offset);
}

static void write_frame(FILE *out, const hg_frame *frame)
{
    fputs("<li><code>", out);
    hg_html_name(out, frame->function && frame->function[0] ? frame->function : "??");
    fputs("</code> <span class=\"place\">", out);
    write_place(out, frame);
    fprintf(out, "</span>%s</li>\n", frame->inlined ? " <span class=\"note\">inlined</span>" : "");
}

static void write_frames(FILE *out, const hg_frame *frames, size_t count, size_t limit, const char *style)
{
    size_t shown = count < limit ? count : limit;

    if (count == 0)
        return;
    fprintf(out, "<ol class=\"%s\">\n", style);
    for (size_t i = 0; i < shown; i++)
        write_frame(out, &frames[i]);
    if (shown < count)
        fprintf(out, "<li class=\"note\">and %zu more, in run.json</li>\n", count - shown);
    fputs("</ol>\n", out);
}

/* The line under which a site is folded: class, rate, culprit. */
static void write_site_line(FILE *out, const hg_site *site)
{
    fprintf(out, "<summary><span class=\"v %s\">%s</span> ", hg_class_name(site->growth_class),
            hg_class_name(site->growth_class));
    if (hg_site_grows(site))
        fprintf(out, "<b>%s/op</b> ", hg_human_bytes(site->bytes_per_op).text);
    else
        fprintf(out, "<b>%s</b> ", hg_human_bytes((double)site->live_bytes).text);
    if (site->frame_count > 0) {
        fputs("<code>", out);
        hg_html_name(out, site->frames[0].function && site->frames[0].function[0] ? site->frames[0].function
                                                                                  : "??");
        fputs("</code> <span class=\"place\">", out);
        write_place(out, &site->frames[0]);
        fputs("</span>", out);
    } else {
        fputs("no call stack was recorded", out);
    }
    fputs("</summary>\n", out);
}

static const char *plural(const char *count, const char *one, const char *many)
{
    return strcmp(count, "1") == 0 ? one : many;
}

static void write_site_numbers(FILE *out, const hg_site *site)
{
    hg_quantity live = hg_human_integer(site->live_blocks);
    hg_quantity rate = hg_human_count(site->blocks_per_op);

    fprintf(out, "<p>%s in %s %s alive at the end", hg_human_bytes((double)site->live_bytes).text, live.text,
            plural(live.text, "block", "blocks"));
    if (hg_site_grows(site))
        fprintf(out, "; %s %s per op, &plusmn;%s one standard error", rate.text,
                plural(rate.text, "block", "blocks"), hg_human_bytes(site->bytes_per_op_error).text);
    fprintf(out, "; %" PRIu32 " exact call %s%s.</p>\n", site->contexts,
            site->contexts == 1 ? "stack" : "stacks", site->cut ? ", deeper than the probe records" : "");
}

static void write_site(FILE *out, const hg_cell *cell, const hg_site *site, bool open)
{
    fprintf(out, "<details class=\"site\"%s>", open ? " open" : "");
    write_site_line(out, site);
    write_site_numbers(out, site);
    if (site->inner_count > 0) {
        fputs("<p class=\"stack-title\">Allocated in</p>\n", out);
        write_frames(out, site->inner, site->inner_count, INNER_MAX, "stack inner");
    }
    if (site->frame_count > 0) {
        fputs("<p class=\"stack-title\">Called from, outwards</p>\n", out);
        write_frames(out, site->frames, site->frame_count, FRAMES_MAX, "stack");
    }
    if (hg_site_grows(site))
        hg_html_survivors(out, cell, site);
    fputs("</details>\n", out);
}

static void write_sites(FILE *out, const hg_view *view, const hg_cell *cell)
{
    size_t share = SITES_TOTAL / (view->count > 0 ? view->count : 1);
    size_t limit = share < SITES_MIN ? SITES_MIN : share > SITES_MAX ? SITES_MAX : share;
    size_t shown = cell->site_count < limit ? cell->site_count : limit;

    if (cell->site_count == 0)
        return;
    fputs("<h4>Sites</h4>\n", out);
    for (size_t i = 0; i < shown; i++)
        write_site(out, cell, &cell->sites[i], i == 0 && hg_site_grows(&cell->sites[i]));
    if (shown < cell->site_count)
        fprintf(out, "<p class=\"note\">%zu more sites are in run.json.</p>\n", cell->site_count - shown);
}

static void write_fact(FILE *out, const char *name, const char *value, const char *note)
{
    fprintf(out, "<div><dt>%s</dt><dd>%s%s</dd></div>\n", name, value, note);
}

static void write_facts(FILE *out, const hg_cell *cell)
{
    char text[128];

    fputs("<dl class=\"facts\">\n", out);
    if (cell->verdict != HG_VERDICT_FAILED) {
        snprintf(text, sizeof text, "%s &plusmn;%s", hg_human_bytes(cell->bytes_per_op).text,
                 hg_human_bytes(cell->bytes_per_op_error).text);
        write_fact(out, "Growth per op", text, "");
        write_fact(out, "Blocks per op", hg_human_count(cell->blocks_per_op).text, "");
        write_fact(out, "Sees leaks from", hg_human_bytes(cell->min_detectable_bytes_per_op).text, " per op");
        write_fact(out, "Ops per second", hg_human_count(cell->ops_per_second).text, ", processor time");
    }
    snprintf(text, sizeof text, "%s of %s", hg_human_bytes(cell->control_recovered_bytes_per_op).text,
             hg_human_bytes(cell->control_injected_bytes_per_op).text);
    write_fact(out, "Control recovered", text, " per op");
    snprintf(text, sizeof text, "%s ops in %s rounds", hg_human_integer(cell->ops).text,
             hg_human_integer(cell->rounds).text);
    write_fact(out, "Measured", text, "");
    snprintf(text, sizeof text, "%s ops in %s rounds", hg_human_integer(cell->warmup_ops).text,
             hg_human_integer(cell->warmup_rounds).text);
    write_fact(out, "Warm-up", text, "");
    if (cell->max_bytes_per_op > 0)
        write_fact(out, "Budget", hg_human_bytes(cell->max_bytes_per_op).text, " per op");
    if (cell->rate_per_hour > 0 && cell->bytes_per_op > 0 && cell->verdict != HG_VERDICT_FAILED) {
        snprintf(text, sizeof text, " at %s ops an hour", hg_human_count_tick(cell->rate_per_hour).text);
        write_fact(out, "In production, a day",
                   hg_human_bytes(cell->bytes_per_op * cell->rate_per_hour * 24).text, text);
    }
    fputs("</dl>\n", out);
}

static void write_sample(FILE *out, const hg_cell *cell, const hg_sample *sample)
{
    fprintf(out,
            "<tr%s><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td>"
            "<td>%s</td><td>%s</td></tr>\n",
            sample->round < cell->warmup_rounds ? " class=\"quiet\"" : "",
            hg_human_integer(sample->round).text, hg_human_integer(sample->ops).text,
            hg_human_bytes((double)sample->live_bytes).text, hg_human_integer(sample->live_blocks).text,
            hg_human_integer(sample->allocations).text, hg_human_bytes((double)sample->resident_bytes).text,
            hg_human_integer(sample->open_files).text, hg_human_integer(sample->threads).text,
            hg_human_seconds((double)sample->wall_ns / 1e9).text,
            hg_human_seconds((double)sample->cpu_ns / 1e9).text);
}

static void write_samples(FILE *out, const hg_cell *cell)
{
    size_t count = cell->sample_count;
    bool long_run = count > SAMPLES_HEAD + SAMPLES_TAIL;

    if (count == 0)
        return;
    fprintf(out,
            "<details class=\"samples\"><summary>%zu %s</summary>\n<div class=\"scroll\" role=\"region\" "
            "aria-label=\"Checkpoints\" tabindex=\"0\"><table class=\"n\">\n<thead><tr>",
            count, count == 1 ? "checkpoint" : "checkpoints");
    static const char *const titles[] = {"Round",    "Ops",   "Live",    "Blocks",    "Allocations",
                                         "Resident", "Files", "Threads", "Wall time", "CPU time"};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        fprintf(out, "<th scope=\"col\">%s</th>", titles[i]);
    fputs("</tr></thead>\n<tbody>\n", out);
    for (size_t i = 0; i < count; i++) {
        if (long_run && i == SAMPLES_HEAD) {
            fprintf(out, "<tr><td colspan=\"10\" class=\"note\">%zu more in run.json</td></tr>\n",
                    count - SAMPLES_HEAD - SAMPLES_TAIL);
            i = count - SAMPLES_TAIL;
        }
        write_sample(out, cell, &cell->samples[i]);
    }
    fputs("</tbody>\n</table></div></details>\n", out);
}

static void write_block(FILE *out, const char *title, const char *text)
{
    if (!text || !text[0])
        return;
    fprintf(out, "<h4>%s</h4>\n<pre tabindex=\"0\">", title);
    hg_escape_html(out, text, TEXT_LIMIT);
    fputs("</pre>\n", out);
}

void hg_html_cell(FILE *out, const hg_view *view, size_t index, bool open)
{
    const hg_cell *cell = view->cells[index];
    const hg_site *culprit = hg_cell_culprit(cell);

    fprintf(out, "<details class=\"cell\" id=\"c%zu\"%s><summary><h3>", index, open ? " open" : "");
    hg_escape_html(out, hg_view_name(cell->subject), 40);
    fputs(" on ", out);
    hg_escape_html(out, hg_view_name(cell->allocator), 40);
    fprintf(out, "</h3> <span class=\"v %s\">%s</span> ", hg_verdict_name(cell->verdict),
            hg_verdict_name(cell->verdict));
    if (!cell->met)
        fprintf(out, "<strong class=\"bad\">expected %s</strong> ", hg_expect_name(cell->expect));
    if (cell->verdict != HG_VERDICT_FAILED)
        fprintf(out, "<b>%s/op</b> <span class=\"speed\">%s ops/s</span> ",
                hg_human_bytes(cell->bytes_per_op).text, hg_human_count(cell->ops_per_second).text);
    if (culprit && culprit->frame_count > 0 && cell->verdict == HG_VERDICT_LEAK) {
        fputs("<code>", out);
        hg_escape_html(out, culprit->frames[0].function, 48);
        fputs("</code>", out);
    }
    fputs("</summary>\n", out);
    if (cell->reason && cell->reason[0]) {
        fputs("<p class=\"reason\">", out);
        hg_escape_html(out, cell->reason, TEXT_LIMIT);
        fputs("</p>\n", out);
    }
    write_facts(out, cell);
    write_block(out, "Last lines of the workload", cell->log);
    write_sites(out, view, cell);
    write_samples(out, cell);
    write_block(out, "Run this cell again", cell->reproduce);
    fputs("</details>\n", out);
}
