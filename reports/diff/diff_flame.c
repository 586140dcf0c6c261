#include "diff/diff_flame.h"
#include "base/escape.h"
#include "base/humanise.h"
#include "html/html.h"
#include "model/path.h"

#include <math.h>

#define NODES_MAX      480
#define DEPTH_MAX      64
#define WIDTH_ALL      10000 /* of the whole graph, in the units that boxes are placed with */
#define WIDTH_MIN      30    /* of a box that is drawn */
#define WIDTH_LABELLED 250   /* of a box with a label; the others have a title only */
#define NONE           (-1)
#define FLAME_LABEL    64 /* code points */
#define FLAME_DETAIL   160
#define UP             "\u25b2"
#define DOWN           "\u25bc"

typedef struct node {
    const hg_frame *frame;
    double a, b;        /* bytes per op */
    double change;      /* of the paths whose rate clearly changed: B less A */
    double width;       /* the larger rate of each path */
    int child, sibling; /* first child, next sibling; NONE */
} node;

typedef struct tree {
    node nodes[NODES_MAX]; /* nodes[0] stands for all paths */
    int count;
    size_t left_out; /* paths that did not fit */
    bool narrow;     /* some boxes are too narrow to draw */
} tree;

static int child_for(tree *made, int parent, const hg_frame *frame)
{
    for (int i = made->nodes[parent].child; i != NONE; i = made->nodes[i].sibling)
        if (hg_path_same_frame(made->nodes[i].frame, frame))
            return i;
    if (made->count == NODES_MAX)
        return NONE;
    int index = made->count++;
    made->nodes[index] = (node){.frame = frame, .child = NONE, .sibling = made->nodes[parent].child};
    made->nodes[parent].child = index;
    return index;
}

static double growth_of(double rate)
{
    return isfinite(rate) && rate > 0 ? rate : 0;
}

static void add_rates(node *to, const hg_site_diff *site)
{
    double a = growth_of(site->a.bytes_per_op), b = growth_of(site->b.bytes_per_op);

    to->a += a;
    to->b += b;
    to->width += fmax(a, b);
    if (site->change != HG_CHANGE_SAME && site->change != HG_CHANGE_UNCLEAR)
        to->change += b - a;
}

/* If there are too many frames, outer ones are left out; if the path does not fit, the part that fits is
 * kept. */
static void add_path(tree *made, const hg_site_diff *site)
{
    const hg_site *shown = site->b.site ? site->b.site : site->a.site;
    size_t inner = shown->inner_count < DEPTH_MAX / 2 ? shown->inner_count : DEPTH_MAX / 2;
    size_t outer = shown->frame_count < DEPTH_MAX - inner ? shown->frame_count : DEPTH_MAX - inner;
    int at = 0;

    add_rates(&made->nodes[0], site);
    for (size_t i = 0; i < outer + inner; i++) {
        const hg_frame *frame =
            i < outer ? &shown->frames[outer - 1 - i] : &shown->inner[shown->inner_count - 1 - (i - outer)];
        at = child_for(made, at, frame);
        if (at == NONE) {
            made->left_out++;
            return;
        }
        add_rates(&made->nodes[at], site);
    }
}

/* The widest first. */
static void sort_children(tree *made, int parent)
{
    int sorted = NONE;

    for (int i = made->nodes[parent].child; i != NONE;) {
        int next = made->nodes[i].sibling;
        int *at = &sorted;
        while (*at != NONE && made->nodes[*at].width >= made->nodes[i].width)
            at = &made->nodes[*at].sibling;
        made->nodes[i].sibling = *at;
        *at = i;
        i = next;
    }
    made->nodes[parent].child = sorted;
}

/* 0: no clear change; 1 to 3: up to a tenth, up to a half, more of the larger rate. */
static int strength_of(const node *box)
{
    double share = fabs(box->change) / box->width;

    return share < HG_DIFF_PRECISION ? 0 : share <= 0.1 ? 1 : share <= 0.5 ? 2 : 3;
}

static void write_name(FILE *out, const node *box, size_t limit)
{
    if (strength_of(box) > 0)
        fputs(box->change > 0 ? UP " " : DOWN " ", out);
    if (box->frame)
        hg_html_function(out, box->frame, limit);
    else
        fputs("all growth", out);
}

static void write_amount(FILE *out, const node *box)
{
    double change = box->b - box->a;

    fprintf(out, "%s \u2192 ", hg_human_bytes(box->a).text);
    fprintf(out, "%s per op", hg_human_bytes(box->b).text);
    if (strength_of(box) == 0)
        fputs(", no clear difference", out);
    else
        fprintf(out, ", %s%s", change < 0 ? "\u2212" : "+", hg_human_bytes(fabs(change)).text);
}

static void write_box(FILE *out, const node *box, int from, int width, int depth)
{
    int strength = strength_of(box);

    fprintf(out, "<div class=\"f%s", box->frame ? "" : " all");
    if (strength > 0)
        fprintf(out, " %s%d", box->change > 0 ? "up" : "down", strength);
    fprintf(out, "\" style=--d:%d", depth);
    if (from > 0)
        fprintf(out, ";--x:%d", from);
    if (width < WIDTH_ALL)
        fprintf(out, ";--w:%d", width);
    fputs(" title=\"", out);
    write_name(out, box, FLAME_DETAIL);
    fputc('\n', out);
    if (box->frame)
        hg_html_place(out, box->frame);
    fputc('\n', out);
    write_amount(out, box);
    fputs("\">", out);
    if (width >= WIDTH_LABELLED)
        write_name(out, box, FLAME_LABEL);
    fputs("</div>\n", out);
}

/* Bounded by DEPTH_MAX. */
static void write_boxes(FILE *out, tree *made, int index, int from, int depth)
{
    const node *box = &made->nodes[index];
    double whole = made->nodes[0].width;
    int width = (int)lround(WIDTH_ALL * box->width / whole);

    if (width < WIDTH_MIN) {
        made->narrow = true;
        return;
    }
    if (from + width > WIDTH_ALL)
        width = WIDTH_ALL - from;
    write_box(out, box, from, width, depth);
    sort_children(made, index);
    double at = from;
    for (int i = made->nodes[index].child; i != NONE; i = made->nodes[i].sibling) {
        write_boxes(out, made, i, (int)lround(at), depth + 1);
        at += WIDTH_ALL * made->nodes[i].width / whole;
    }
}

static int measure_depth(const tree *made, int index)
{
    int deepest = 0;

    if (lround(WIDTH_ALL * made->nodes[index].width / made->nodes[0].width) < WIDTH_MIN)
        return 0;
    for (int i = made->nodes[index].child; i != NONE; i = made->nodes[i].sibling) {
        int depth = measure_depth(made, i);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

static void write_legend(FILE *out, const tree *made)
{
    fputs("<ul class=\"legend\"><li><i class=\"up\"></i>" UP " grows faster in B</li>"
          "<li><i class=\"down\"></i>" DOWN " grew faster in A</li>"
          "<li><i class=\"none\"></i>no clear difference</li></ul>\n"
          "<p class=\"note\">The width of a box is its growth per op, in A or B, whichever is more. Callers "
          "are above, "
          "allocations below.",
          out);
    if (made->left_out > 0)
        fprintf(out, " %s did not fit.", hg_human_things(made->left_out, "call path").text);
    if (made->narrow)
        fputs(" Boxes below 0.3 % are left out.", out);
    fputs("</p>\n", out);
}

void hg_diff_flame(FILE *out, const hg_cell_diff *cell)
{
    tree made;

    made.count = 1;
    made.left_out = 0;
    made.narrow = false;
    made.nodes[0] = (node){.child = NONE, .sibling = NONE};
    for (size_t i = 0; i < cell->site_count; i++)
        add_path(&made, &cell->sites[i]);
    if (!isfinite(made.nodes[0].width) || !(made.nodes[0].width > 0))
        return;
    fputs("<figure class=\"flame-graph\"><figcaption><b>What changed</b>, by call path</figcaption>\n"
          "<div class=\"flame-tools\" hidden></div>\n",
          out);
    fprintf(out,
            "<div class=\"flame\" role=\"img\" aria-label=\"Flame graph of the difference; the table below "
            "lists its "
            "call paths\" style=\"--rows:%d\">\n",
            measure_depth(&made, 0));
    write_boxes(out, &made, 0, 0, 0);
    fputs("</div>\n", out);
    write_legend(out, &made);
    fputs("</figure>\n", out);
}
