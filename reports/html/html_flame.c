/* A flame graph of the growth: call paths as wide as their share of the bytes gained per op. */
#include "base/humanise.h"
#include "html/flame_tree.h"
#include "html/html.h"
#include "view/stack.h"

#include <math.h>

#define SITES_MAX  256
#define SHARE_SAME 0.01

typedef struct graph {
    hg_flame_tree tree;
    bool culprit[HG_FLAME_NODES];
} graph;

static void build(graph *made, const hg_cell *cell)
{
    size_t sites = 0;

    hg_flame_begin(&made->tree, hg_stack_same_frame);
    for (size_t i = 0; i < cell->site_count; i++) {
        const hg_site *site = &cell->sites[i];
        if (!hg_site_grows(site) || !isfinite(site->bytes_per_op) || site->bytes_per_op <= 0)
            continue;
        if (++sites > SITES_MAX) {
            made->tree.left_out++;
            continue;
        }
        hg_flame_path path = hg_flame_add(&made->tree, site, site->bytes_per_op);
        if (path.culprit < path.count)
            made->culprit[path.nodes[path.culprit]] = true;
    }
}

static void write_box(FILE *out, const void *data, int node, hg_flame_place place)
{
    const graph *made = data;
    const hg_flame_node *box = &made->tree.nodes[node];
    const hg_frame *frame = box->frame;
    bool has_source = frame && frame->file && frame->file[0];
    double share = 100 * box->width / made->tree.nodes[0].width;
    const char *kind = !frame ? "f all" : made->culprit[node] ? "f culprit" : has_source ? "f" : "f lib";

    fprintf(out, "<div class=\"%s\"", kind);
    hg_flame_write_place(out, place);
    fputs(" title=\"", out);
    if (frame) {
        hg_html_function(out, frame, HG_FLAME_DETAIL);
        fputc('\n', out);
        hg_html_place(out, frame);
    } else {
        fputs("all growth\n", out);
    }
    fprintf(out, "\n%s per op, ", hg_human_bytes(box->width).text);
    hg_html_coordinate(out, share);
    fputs(" %\">", out);
    if (frame && place.width >= HG_FLAME_LABELLED)
        hg_html_function(out, frame, HG_FLAME_LABEL);
    else if (!frame)
        fputs("all growth", out);
    fputs("</div>\n", out);
}

static void write_notes(FILE *out, const hg_flame_tree *tree)
{
    fputs("<p class=\"note\">The width of a box is its share of the growth. Callers are above, allocations "
          "below. Strong colour marks where the subject allocates, grey marks code without source lines.",
          out);
    hg_flame_write_left_out(out, tree);
    fputs(" The sites below are the same paths as a list.</p>\n", out);
}

static double growth_of(const hg_cell *cell)
{
    double sum = 0;

    for (size_t i = 0; i < cell->site_count; i++)
        sum += hg_site_grows(&cell->sites[i]) ? cell->sites[i].bytes_per_op : 0;
    return sum;
}

static bool has_path(const hg_cell *cell, const hg_site *site, double share)
{
    double whole = growth_of(cell);

    for (size_t i = 0; i < cell->site_count && i < SITES_MAX; i++) {
        const hg_site *other = &cell->sites[i];
        if (hg_site_grows(other) && fabs(other->bytes_per_op / whole - share) < SHARE_SAME &&
            other->frame_count == site->frame_count && other->inner_count == site->inner_count &&
            hg_stack_shared(other, site) == site->frame_count)
            return true;
    }
    return false;
}

/* Whether each path of one has its like in the other, with the same share of the growth to a hundredth. */
static bool looks_the_same(const hg_cell *a, const hg_cell *b)
{
    double whole = growth_of(a);
    size_t compared = 0;

    if (a->site_count > SITES_MAX || b->site_count > SITES_MAX || !(whole > 0) || !(growth_of(b) > 0))
        return false;
    for (size_t i = 0; i < a->site_count; i++, compared++) {
        double share = a->sites[i].bytes_per_op / whole;
        if (hg_site_grows(&a->sites[i]) && share >= SHARE_SAME && !has_path(b, &a->sites[i], share))
            return false;
    }
    return compared > 0;
}

static bool write_like(FILE *out, const hg_view *view, size_t index)
{
    const hg_cell *cell = view->cells[index];

    for (size_t c = index > HG_HTML_CELLS_BACK ? index - HG_HTML_CELLS_BACK : 0; c < index; c++) {
        const hg_cell *other = view->cells[c];
        if (!hg_same_text(cell->workload, other->workload) || !hg_same_text(cell->subject, other->subject) ||
            !looks_the_same(cell, other) || !looks_the_same(other, cell))
            continue;
        fprintf(out, "<p class=\"note\">The flame graph of <a href=\"#c%zu\">", c);
        hg_html_cell_name(out, other);
        fputs("</a> shows the same call paths, with the same shares of the growth to 1 %.</p>\n", out);
        return true;
    }
    return false;
}

void hg_html_flame(FILE *out, const hg_view *view, size_t index)
{
    graph made = {.culprit = {false}};

    build(&made, view->cells[index]);
    if (!hg_flame_is_drawn(&made.tree) || write_like(out, view, index))
        return;
    hg_flame_write(out, &made.tree, "<b>Where it grows</b>, by call path",
                   "Flame graph of the growth; the sites below list its call paths", write_box, &made);
    write_notes(out, &made.tree);
    fputs("</figure>\n", out);
}
