#include "base/escape.h"
#include "base/humanise.h"
#include "html/html.h"
#include "view/held.h"
#include "view/stack.h"

#include <inttypes.h>
#include <string.h>

#define ARROW       "\u2192"
#define SITES_TOTAL 360 /* on a page, divided among its cells */
#define SITES_MIN   2
#define SITES_MAX   20
#define STEADY_MAX  4 /* sites that do not grow, beside those that do */
#define FRAMES_MAX  48
#define INNER_MAX   16

void hg_html_name(FILE *out, const char *name)
{
    hg_escape_html(out, name, HG_HTML_NAME_LIMIT);
}

void hg_html_cell_name(FILE *out, const hg_cell *cell)
{
    hg_escape_html(out, hg_view_name(cell->subject), 40);
    fputs(" on ", out);
    hg_escape_html(out, hg_view_name(cell->allocator), 40);
}

void hg_html_function(FILE *out, const hg_frame *frame, size_t limit)
{
    hg_escape_html(out, frame->function && frame->function[0] ? frame->function : "??", limit);
}

void hg_html_place(FILE *out, const hg_frame *frame)
{
    bool has_file = frame->file && frame->file[0];

    hg_html_name(out, has_file ? frame->file : frame->module);
    if (has_file && frame->line > 0)
        fprintf(out, ":%d", frame->line);
    else if (!has_file && frame->module && frame->module[0])
        fprintf(out, "+0x%" PRIx64, frame->offset);
}

static void write_function(FILE *out, const hg_frame *frame)
{
    fputs("<code>", out);
    hg_html_function(out, frame, HG_HTML_NAME_LIMIT);
    fputs("</code> <span class=\"place\">", out);
    hg_html_place(out, frame);
    fputs("</span>", out);
}

void hg_html_frames(FILE *out, const hg_frame *frames, size_t count, size_t limit, const char *style)
{
    size_t shown = count < limit ? count : limit;

    fprintf(out, "<ol class=\"%s\">\n", style);
    for (size_t i = 0; i < shown; i++) {
        fputs("<li>", out);
        write_function(out, &frames[i]);
        fprintf(out, "%s</li>\n", frames[i].inlined ? " <span class=\"note\">inlined</span>" : "");
    }
    if (shown < count)
        fprintf(out, "<li class=\"note\">%zu more in run.json</li>\n", count - shown);
    fputs("</ol>\n", out);
}

/* The line under which a site is folded: class, rate, share of the growth, culprit. */
static void write_site_line(FILE *out, const hg_cell *cell, const hg_site *site)
{
    bool grows = hg_site_grows(site);

    fprintf(out, "<summary><span class=\"v %s\">%s</span> ", hg_class_name(site->growth_class),
            hg_class_name(site->growth_class));
    if (grows)
        fprintf(out, "<b>%s/op</b> ", hg_human_bytes(site->bytes_per_op).text);
    else
        fprintf(out, "<b>%s</b> ", hg_human_bytes((double)site->live_bytes).text);
    if (grows && cell->bytes_per_op > 0 && site->bytes_per_op <= cell->bytes_per_op) {
        fputs("<span class=\"share\">", out);
        hg_html_coordinate(out, 100 * site->bytes_per_op / cell->bytes_per_op);
        fputs("&nbsp;%</span> ", out);
    }
    if (site->frame_count > 0)
        write_function(out, &site->frames[0]);
    else
        fputs("no call stack was recorded", out);
    fputs("</summary>\n", out);
}

static void write_site_numbers(FILE *out, const hg_site *site)
{
    fprintf(out, "<p>%s in %s %s%s alive at the end. ", hg_human_bytes((double)site->live_bytes).text,
            hg_human_integer(site->live_blocks).text, hg_site_noun(site), site->live_blocks == 1 ? "" : "s");
    if (hg_site_grows(site))
        fprintf(out, "Growth per op: %s &plusmn;%s (one standard error), %s. ",
                hg_human_bytes(site->bytes_per_op).text,
                hg_human_error(site->bytes_per_op_error, site->bytes_per_op).text,
                hg_human_amount(site->blocks_per_op, hg_site_noun(site)).text);
    if (hg_takes_much_more(site->bytes_per_op, site->heap_bytes_per_op))
        fprintf(out, "It takes %s of the heap. ", hg_human_bytes(site->heap_bytes_per_op).text);
    fprintf(out, "%s.%s%s%s</p>\n", hg_human_things(site->contexts, "exact call stack").text,
            site->cut ? " Outer callers were not recorded: " : "", site->cut ? hg_stack_why_cut(site) : "",
            site->cut ? "." : "");
}

/* Where a step of a path ends; arrows inside of parentheses belong to it. */
static const char *end_of_step(const char *at)
{
    int depth = 0;

    for (; *at && (depth > 0 || strncmp(at, ARROW, strlen(ARROW)) != 0); at++)
        depth += (*at == '(') - (*at == ')');
    return at;
}

/* The way from the variable to the blocks, drawn as a box for each step. */
static void write_way(FILE *out, const hg_holder *holder)
{
    const char *end;
    char step[HG_HELD_LINE];

    fputs("<ol class=\"way\">", out);
    for (const char *at = holder->path;; at = end + strlen(ARROW)) {
        end = end_of_step(at);
        fprintf(out, "<li%s><code>", end > at && end[-1] == '*' ? " class=\"again\"" : "");
        snprintf(step, sizeof step, "%.*s", (int)(end - at), at);
        hg_escape_html(out, step, HG_HELD_LINE);
        fputs("</code></li>", out);
        if (*end == '\0')
            break;
    }
    fputs("<li class=\"blocks\"", out);
    if (holder->example && holder->example[0]) {
        fputs(" title=\"for example ", out);
        hg_escape_html(out, holder->example, HG_HELD_LINE);
        fputs("\"", out);
    }
    fprintf(out, ">%s, %s</li></ol>\n", hg_human_things(holder->blocks, "block").text,
            hg_human_bytes((double)holder->bytes).text);
}

static void write_holders(FILE *out, const hg_cell *cell, const hg_site *site)
{
    char line[HG_HELD_LINE];

    for (size_t i = 0; hg_held_line(cell, site, i, line); i++) {
        fputs("<p class=\"held\">", out);
        hg_escape_html(out, line, HG_HELD_LINE);
        fputs("</p>\n", out);
        if (i < hg_holders_shown(site))
            write_way(out, &site->held.holders[i]);
    }
}

static void write_site(FILE *out, const hg_cell *cell, const hg_site *site, bool open)
{
    fprintf(out, "<details class=\"site\"%s>", open ? " open" : "");
    write_site_line(out, cell, site);
    write_site_numbers(out, site);
    write_holders(out, cell, site);
    hg_html_survivors(out, cell, site);
    if (site->inner_count > 0) {
        fputs("<p class=\"stack-title\">Allocated in</p>\n", out);
        hg_html_frames(out, site->inner, site->inner_count, INNER_MAX, "stack inner");
    }
    if (site->frame_count > 0) {
        fputs("<p class=\"stack-title\">Called from, innermost first</p>\n", out);
        hg_html_frames(out, site->frames, site->frame_count, FRAMES_MAX, "stack");
    }
    fputs("</details>\n", out);
}

static size_t sites_limit(const hg_view *view)
{
    size_t share = SITES_TOTAL / (view->count > 0 ? view->count : 1);

    return share < SITES_MIN ? SITES_MIN : share > SITES_MAX ? SITES_MAX : share;
}

void hg_html_sites(FILE *out, const hg_view *view, const hg_cell *cell)
{
    size_t limit = sites_limit(view);
    size_t shown = 0;
    size_t steady = 0;

    if (cell->site_count == 0)
        return;
    fputs("<h4>Sites, ranked by growth</h4>\n", out);
    for (size_t i = 0; i < cell->site_count && shown < limit; i++) {
        const hg_site *site = &cell->sites[i];
        bool grows = hg_site_grows(site);
        if (!grows && ++steady > STEADY_MAX)
            continue;
        write_site(out, cell, site, shown == 0 && grows);
        shown++;
    }
    if (shown < cell->site_count)
        fprintf(out, "<p class=\"note\">%s in run.json.</p>\n",
                hg_human_things(cell->site_count - shown, "more site").text);
}
