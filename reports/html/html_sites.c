#include "base/escape.h"
#include "base/humanise.h"
#include "html/html.h"
#include "view/held.h"
#include "view/stack.h"

#include <inttypes.h>
#include <string.h>

#define ARROW       "\u2192"
#define SITES_TOTAL 192 /* on a page, divided among its cells */
#define SITES_MIN   2
#define SITES_MAX   20
#define STEADY_MAX  4 /* sites that do not grow, beside those that do */
#define GREEN_MAX   2 /* sites of a clean cell that nobody wonders about */
#define FRAMES_MAX  48
#define INNER_MAX   16
#define SHARED_MIN  3 /* callers that a link stands for */

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
    fputs("</code> ", out);
    hg_html_place(out, frame);
}

static void write_frames(FILE *out, const hg_frame *frames, size_t count, const char *style)
{
    fprintf(out, "<ol class=\"%s\">\n", style);
    for (size_t i = 0; i < count; i++) {
        fputs("<li>", out);
        write_function(out, &frames[i]);
        fprintf(out, "%s</li>\n", frames[i].inlined ? " inlined" : "");
    }
}

void hg_html_frames(FILE *out, const hg_frame *frames, size_t count, size_t limit, const char *style)
{
    size_t shown = count < limit ? count : limit;

    write_frames(out, frames, shown, style);
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
        fprintf(out, "<li%s>", end > at && end[-1] == '*' ? " class=\"again\"" : "");
        snprintf(step, sizeof step, "%.*s", (int)(end - at), at);
        hg_escape_html(out, step, HG_HELD_LINE);
        fputs("</li>", out);
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

/* The line of a holder after "held by" and its path, if that begins it. */
static const char *after_path(const char *line, const hg_holder *holder)
{
    static const char held[] = "held by ";
    size_t length = strlen(holder->path);

    if (strncmp(line, held, sizeof held - 1) != 0 ||
        strncmp(line + sizeof held - 1, holder->path, length) != 0)
        return line;
    return line + sizeof held - 1 + length;
}

/* Each holder in a line; the way to what grows is drawn instead of its path. */
static void write_holders(FILE *out, const hg_cell *cell, const hg_site *site)
{
    size_t shown = hg_holders_shown(site);
    char line[HG_HELD_LINE];

    for (size_t i = 0; hg_held_line(cell, site, i, line); i++) {
        bool drawn = i < shown && hg_site_grows(site);
        if (drawn)
            write_way(out, &site->held.holders[i]);
        fputs("<p>", out);
        hg_escape_html(out, drawn ? after_path(line, &site->held.holders[i]) : line, HG_HELD_LINE);
        fputs("</p>\n", out);
    }
}

/* A site that the page shows, by the places of its cell and its own. */
typedef struct shown_site {
    size_t cell, site;
} shown_site;

static size_t sites_limit(const hg_view *view)
{
    size_t share = SITES_TOTAL / (view->count > 0 ? view->count : 1);

    return share < SITES_MIN ? SITES_MIN : share > SITES_MAX ? SITES_MAX : share;
}

/* The sites of a cell that are shown: those that grow, and some of the others. Returns how many. */
static size_t choose_sites(const hg_view *view, const hg_cell *cell, size_t chosen[SITES_MAX])
{
    size_t limit = sites_limit(view);
    size_t steady = cell->met && cell->verdict == HG_VERDICT_CLEAN ? GREEN_MAX : STEADY_MAX;
    size_t shown = 0;

    for (size_t i = 0; i < cell->site_count && shown < limit; i++)
        if (hg_site_grows(&cell->sites[i]) || (steady > 0 && steady-- > 0))
            chosen[shown++] = i;
    return shown;
}

/* Where the page has shown the most of the callers of this site: in this cell, or in one of the same workload
 * not far above. Returns how many outer frames they are. */
static size_t find_shared(const hg_view *view, shown_site here, shown_site *ret_there)
{
    const hg_site *site = &view->cells[here.cell]->sites[here.site];
    size_t chosen[SITES_MAX];
    size_t most = 0;

    for (size_t c = here.cell > HG_HTML_CELLS_BACK ? here.cell - HG_HTML_CELLS_BACK : 0; c <= here.cell;
         c++) {
        const hg_cell *cell = view->cells[c];
        size_t count = choose_sites(view, cell, chosen);
        if (!hg_same_text(cell->workload, view->cells[here.cell]->workload))
            continue;
        for (size_t i = 0; i < count && (c < here.cell || chosen[i] < here.site); i++) {
            size_t shared = hg_stack_shared(&cell->sites[chosen[i]], site);
            if (shared > most && cell->sites[chosen[i]].frame_count <= FRAMES_MAX) {
                most = shared;
                *ret_there = (shown_site){c, chosen[i]};
            }
        }
    }
    return most < site->frame_count ? most : site->frame_count - 1;
}

/* The path outwards. Callers that an earlier site has are a link to them. */
static void write_callers(FILE *out, const hg_view *view, shown_site here)
{
    const hg_site *site = &view->cells[here.cell]->sites[here.site];
    shown_site there = here;

    fputs("<h5>Called from, innermost first</h5>\n", out);
    size_t shared = find_shared(view, here, &there);
    if (shared < SHARED_MIN || site->frame_count - shared > FRAMES_MAX) {
        hg_html_frames(out, site->frames, site->frame_count, FRAMES_MAX, "stack");
        return;
    }
    write_frames(out, site->frames, site->frame_count - shared, "stack");
    fprintf(out, "<li>the same %zu callers as <a href=\"#s%zu-%zu\">", shared, there.cell, there.site);
    hg_html_function(out, &view->cells[there.cell]->sites[there.site].frames[0], 60);
    fputs("</a>", out);
    if (there.cell != here.cell) {
        fputs(", ", out);
        hg_html_cell_name(out, view->cells[there.cell]);
    }
    fputs("</li>\n</ol>\n", out);
}

/* Whether the blocks of both have the same root, as far as it is known, and some of both are lost or none. */
static bool same_holders(const hg_site *a, const hg_site *b)
{
    const hg_held *x = &a->held, *y = &b->held;
    bool lost = x->lost_blocks + x->indirectly_lost_blocks > 0;

    const hg_holder *first = x->holders, *second = y->holders;

    if (x->known != y->known || lost != (y->lost_blocks + y->indirectly_lost_blocks > 0) ||
        (x->holder_count > 0) != (y->holder_count > 0))
        return false;
    return x->holder_count == 0 || (first->kind == second->kind && hg_same_text(first->name, second->name));
}

static bool same_inner(const hg_site *a, const hg_site *b)
{
    size_t i = 0;

    while (i < a->inner_count && i < b->inner_count && hg_stack_same_frame(&a->inner[i], &b->inner[i]))
        i++;
    return i == a->inner_count && i == b->inner_count;
}

/* The place of this site in the cell of the same subject on an earlier allocator, if that shows it. */
static bool find_twin(const hg_view *view, shown_site here, shown_site *ret_there)
{
    const hg_cell *cell = view->cells[here.cell];
    const hg_site *site = &cell->sites[here.site];
    size_t chosen[SITES_MAX];

    for (size_t c = here.cell > HG_HTML_CELLS_BACK ? here.cell - HG_HTML_CELLS_BACK : 0; c < here.cell; c++) {
        const hg_cell *other = view->cells[c];
        if (!hg_same_text(cell->workload, other->workload) || !hg_same_text(cell->subject, other->subject))
            continue;
        size_t count = choose_sites(view, other, chosen);
        for (size_t i = 0; i < count; i++) {
            const hg_site *twin = &other->sites[chosen[i]];
            bool same = twin->growth_class == site->growth_class && twin->frame_count == site->frame_count &&
                        hg_stack_shared(twin, site) == site->frame_count && same_inner(twin, site);
            if (!same || site->frame_count == 0 || !same_holders(twin, site))
                continue;
            *ret_there = (shown_site){c, chosen[i]};
            return true;
        }
    }
    return false;
}

static void write_path(FILE *out, const hg_view *view, shown_site here)
{
    const hg_site *site = &view->cells[here.cell]->sites[here.site];

    if (site->inner_count > 0) {
        fputs("<h5>Allocated in</h5>\n", out);
        hg_html_frames(out, site->inner, site->inner_count, INNER_MAX, "stack inner");
    }
    if (site->frame_count > 0)
        write_callers(out, view, here);
}

static bool same_survivors(const hg_site *a, const hg_site *b)
{
    return a->epoch_count == b->epoch_count && a->survivor_blocks && b->survivor_blocks &&
           memcmp(a->survivor_blocks, b->survivor_blocks, a->epoch_count * sizeof *a->survivor_blocks) == 0;
}

/* A site that another allocator has, too, is told in full there. */
static void write_site(FILE *out, const hg_view *view, shown_site here, bool open)
{
    const hg_cell *cell = view->cells[here.cell];
    const hg_site *site = &cell->sites[here.site];
    shown_site there = here;
    bool twin = find_twin(view, here, &there);
    const hg_site *other = &view->cells[there.cell]->sites[there.site];

    fprintf(out, "<details class=\"site\" id=\"s%zu-%zu\"%s>", here.cell, here.site, open ? " open" : "");
    write_site_line(out, cell, site);
    write_site_numbers(out, site);
    if (!twin)
        write_holders(out, cell, site);
    bool survivors = !twin || !same_survivors(site, other);
    if (survivors)
        hg_html_survivors(out, cell, site);
    if (twin) {
        fprintf(out, "<p>The same call path%s%s as <a href=\"#s%zu-%zu\">",
                site->held.known ? ", holders" : "", survivors ? "" : " and blocks by round", there.cell,
                there.site);
        hg_html_cell_name(out, view->cells[there.cell]);
        fputs("</a>.</p>\n", out);
    } else {
        write_path(out, view, here);
    }
    fputs("</details>\n", out);
}

void hg_html_sites(FILE *out, const hg_view *view, size_t index)
{
    const hg_cell *cell = view->cells[index];
    size_t chosen[SITES_MAX];
    size_t shown = choose_sites(view, cell, chosen);

    if (cell->site_count == 0)
        return;
    fputs("<h4>Sites, ranked by growth</h4>\n", out);
    for (size_t i = 0; i < shown; i++)
        write_site(out, view, (shown_site){index, chosen[i]},
                   i == 0 && hg_site_grows(&cell->sites[chosen[i]]));
    if (shown < cell->site_count)
        fprintf(out, "<p class=\"note\">%s in run.json.</p>\n",
                hg_human_things(cell->site_count - shown, "more site").text);
}
