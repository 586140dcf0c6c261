#include "diff/diff_flame.h"
#include "base/escape.h"
#include "base/humanise.h"
#include "html/flame_tree.h"
#include "html/html.h"
#include "model/path.h"

#include <math.h>

#define UP   "\u25b2"
#define DOWN "\u25bc"

typedef struct rates {
    double a, b;   /* bytes per op */
    double change; /* of the paths whose rate clearly changed: B less A */
} rates;

/* A box is as wide as the larger rate of each of its paths. */
typedef struct graph {
    hg_flame_tree tree;
    rates rates[HG_FLAME_NODES];
} graph;

static double growth_of(double rate)
{
    return isfinite(rate) && rate > 0 ? rate : 0;
}

static void add_path(graph *made, const hg_site_diff *site)
{
    double a = growth_of(site->a.bytes_per_op), b = growth_of(site->b.bytes_per_op);
    bool is_clear = site->change != HG_CHANGE_SAME && site->change != HG_CHANGE_UNCLEAR;
    hg_flame_path path = hg_flame_add(&made->tree, site->b.site ? site->b.site : site->a.site, fmax(a, b));

    for (size_t i = 0; i < path.count; i++) {
        rates *to = &made->rates[path.nodes[i]];
        to->a += a;
        to->b += b;
        to->change += is_clear ? b - a : 0;
    }
}

/* 0: no clear change; 1 to 3: up to a tenth, up to a half, more of the larger rate. */
static int strength_of(double change, double width)
{
    double share = fabs(change) / width;

    return share < HG_DIFF_PRECISION ? 0 : share <= 0.1 ? 1 : share <= 0.5 ? 2 : 3;
}

static void write_name(FILE *out, const hg_frame *frame, const rates *of, int strength, size_t limit)
{
    if (strength > 0)
        fputs(of->change > 0 ? UP " " : DOWN " ", out);
    if (frame)
        hg_html_function(out, frame, limit);
    else
        fputs("all growth", out);
}

static void write_amount(FILE *out, const rates *of, int strength)
{
    double change = of->b - of->a;

    fprintf(out, "%s \u2192 ", hg_human_bytes(of->a).text);
    fprintf(out, "%s per op", hg_human_bytes(of->b).text);
    if (strength == 0)
        fputs(", no clear difference", out);
    else
        fprintf(out, ", %s%s", change < 0 ? "\u2212" : "+", hg_human_bytes(fabs(change)).text);
}

static void write_box(FILE *out, const void *data, int node, hg_flame_place place)
{
    const graph *made = data;
    const hg_frame *frame = made->tree.nodes[node].frame;
    const rates *of = &made->rates[node];
    int strength = strength_of(of->change, made->tree.nodes[node].width);

    fprintf(out, "<div class=\"f%s", frame ? "" : " all");
    if (strength > 0)
        fprintf(out, " %s%d", of->change > 0 ? "up" : "down", strength);
    fputc('"', out);
    hg_flame_write_place(out, place);
    fputs(" title=\"", out);
    write_name(out, frame, of, strength, HG_FLAME_DETAIL);
    fputc('\n', out);
    if (frame)
        hg_html_place(out, frame);
    fputc('\n', out);
    write_amount(out, of, strength);
    fputs("\">", out);
    if (place.width >= HG_FLAME_LABELLED)
        write_name(out, frame, of, strength, HG_FLAME_LABEL);
    fputs("</div>\n", out);
}

static void write_legend(FILE *out, const hg_flame_tree *tree)
{
    fputs("<ul class=\"legend\"><li><i class=\"up\"></i>" UP " grows faster in B</li>"
          "<li><i class=\"down\"></i>" DOWN " grew faster in A</li>"
          "<li><i class=\"none\"></i>no clear difference</li></ul>\n"
          "<p class=\"note\">The width of a box is its growth per op, in A or B, whichever is more. Callers "
          "are above, allocations below.",
          out);
    hg_flame_write_left_out(out, tree);
    fputs("</p>\n", out);
}

void hg_diff_flame(FILE *out, const hg_cell_diff *cell)
{
    graph made = {.rates = {{0}}};

    hg_flame_begin(&made.tree, hg_path_same_frame);
    for (size_t i = 0; i < cell->site_count; i++)
        add_path(&made, &cell->sites[i]);
    if (!hg_flame_is_drawn(&made.tree))
        return;
    hg_flame_write(out, &made.tree, "<b>What changed</b>, by call path",
                   "Flame graph of the difference; the table below lists its call paths", write_box, &made);
    write_legend(out, &made.tree);
    fputs("</figure>\n", out);
}
