/*
 * A flame graph of the growth: call paths from the outermost caller downwards, each as wide as its share of
 * the bytes gained per op (Gregg, "The Flame Graph", CACM 59(6), 2016; here the root is on top). It consists
 * of plain boxes that need no script; html_script.js adds search, zoom and keys. The tree is built on the
 * stack in a bounded array, so nothing is allocated.
 */
#include "base/escape.h"
#include "base/humanise.h"
#include "html/html.h"
#include "view/stack.h"

#include <math.h>

#define NODES_MAX      480
#define DEPTH_MAX      64
#define SITES_MAX      256
#define WIDTH_ALL      10000 /* of the whole graph, in the units that boxes are placed with */
#define WIDTH_MIN      30    /* of a box that is drawn */
#define WIDTH_LABELLED 250   /* of a box with a label; the others have a title only */
#define SHARE_SAME     0.01
#define NONE           (-1)
#define FLAME_LABEL    64 /* code points */
#define FLAME_DETAIL   160

typedef struct node {
    const hg_frame *frame;
    double bytes_per_op;
    int child, sibling; /* first child, next sibling; NONE */
    bool culprit;
} node;

typedef struct tree {
    node nodes[NODES_MAX]; /* nodes[0] stands for all growth */
    int count;
    size_t left_out; /* sites that did not fit */
    bool narrow;     /* some boxes are too narrow to draw */
} tree;

/* The child for a frame, made where it is new; NONE when the tree is full. */
static int child_for(tree *made, int parent, const hg_frame *frame)
{
    for (int i = made->nodes[parent].child; i != NONE; i = made->nodes[i].sibling) {
        if (hg_stack_same_frame(made->nodes[i].frame, frame))
            return i;
    }
    if (made->count == NODES_MAX)
        return NONE;
    int index = made->count++;
    made->nodes[index] = (node){.frame = frame, .child = NONE, .sibling = made->nodes[parent].child};
    made->nodes[parent].child = index;
    return index;
}

/* The frames of a site that are drawn, outermost first. If there are too many, outer ones are left out. */
static size_t path_of(const hg_site *site, const hg_frame *path[DEPTH_MAX], size_t *ret_culprit)
{
    size_t inner = site->inner_count < DEPTH_MAX / 2 ? site->inner_count : DEPTH_MAX / 2;
    size_t outer = site->frame_count < DEPTH_MAX - inner ? site->frame_count : DEPTH_MAX - inner;
    size_t count = 0;

    for (size_t i = outer; i > 0; i--)
        path[count++] = &site->frames[i - 1];
    *ret_culprit = count > 0 ? count - 1 : 0;
    for (size_t i = site->inner_count; i > site->inner_count - inner; i--)
        path[count++] = &site->inner[i - 1];
    return count;
}

/* If the path of a site does not fit, the part that fits is kept. */
static void add_site(tree *made, const hg_site *site)
{
    const hg_frame *path[DEPTH_MAX];
    size_t culprit;
    size_t count = path_of(site, path, &culprit);
    int at = 0;

    made->nodes[0].bytes_per_op += site->bytes_per_op;
    for (size_t i = 0; i < count; i++) {
        int next = child_for(made, at, path[i]);
        if (next == NONE) {
            made->left_out++;
            return;
        }
        at = next;
        made->nodes[at].bytes_per_op += site->bytes_per_op;
        made->nodes[at].culprit = made->nodes[at].culprit || i == culprit;
    }
}

static void build(tree *made, const hg_cell *cell)
{
    size_t sites = 0;

    made->count = 1;
    made->left_out = 0;
    made->narrow = false;
    made->nodes[0] = (node){.child = NONE, .sibling = NONE};
    for (size_t i = 0; i < cell->site_count; i++) {
        const hg_site *site = &cell->sites[i];
        if (!hg_site_grows(site) || !isfinite(site->bytes_per_op) || site->bytes_per_op <= 0)
            continue;
        if (++sites <= SITES_MAX)
            add_site(made, site);
        else
            made->left_out++;
    }
}

/* The widest first, so that the eye and the keyboard reach it first. */
static void sort_children(tree *made, int parent)
{
    int sorted = NONE;

    for (int i = made->nodes[parent].child; i != NONE;) {
        int next = made->nodes[i].sibling;
        int *at = &sorted;
        while (*at != NONE && made->nodes[*at].bytes_per_op >= made->nodes[i].bytes_per_op)
            at = &made->nodes[*at].sibling;
        made->nodes[i].sibling = *at;
        *at = i;
        i = next;
    }
    made->nodes[parent].child = sorted;
}

static void write_box(FILE *out, const tree *made, const node *box, int from, int width, int depth)
{
    const hg_frame *frame = box->frame;
    bool has_source = frame && frame->file && frame->file[0];
    double share = 100 * box->bytes_per_op / made->nodes[0].bytes_per_op;
    const char *kind = !frame ? "f all" : box->culprit ? "f culprit" : has_source ? "f" : "f lib";

    fprintf(out, "<div class=\"%s\" style=--d:%d", kind, depth);
    if (from > 0)
        fprintf(out, ";--x:%d", from);
    if (width < WIDTH_ALL)
        fprintf(out, ";--w:%d", width);
    fputs(" title=\"", out);
    if (frame) {
        hg_html_function(out, frame, FLAME_DETAIL);
        fputc('\n', out);
        hg_html_place(out, frame);
    } else {
        fputs("all growth\n", out);
    }
    fprintf(out, "\n%s per op, ", hg_human_bytes(box->bytes_per_op).text);
    hg_html_coordinate(out, share);
    fputs(" %\">", out);
    if (frame && width >= WIDTH_LABELLED)
        hg_html_function(out, frame, FLAME_LABEL);
    else if (!frame)
        fputs("all growth", out);
    fputs("</div>\n", out);
}

/* Boxes row by row within each parent; bounded by DEPTH_MAX. */
static void write_boxes(FILE *out, tree *made, int index, int from, int depth)
{
    const node *box = &made->nodes[index];
    double whole = made->nodes[0].bytes_per_op;
    int width = (int)lround(WIDTH_ALL * box->bytes_per_op / whole);

    if (width < WIDTH_MIN) {
        made->narrow = true;
        return;
    }
    if (from + width > WIDTH_ALL)
        width = WIDTH_ALL - from;
    write_box(out, made, box, from, width, depth);
    sort_children(made, index);
    double at = from;
    for (int i = made->nodes[index].child; i != NONE; i = made->nodes[i].sibling) {
        write_boxes(out, made, i, (int)lround(at), depth + 1);
        at += WIDTH_ALL * made->nodes[i].bytes_per_op / whole;
    }
}

/* The number of rows of boxes: the graph's height is written before them. */
static int measure_depth(const tree *made, int index)
{
    double whole = made->nodes[0].bytes_per_op;
    int deepest = 0;

    if (lround(WIDTH_ALL * made->nodes[index].bytes_per_op / whole) < WIDTH_MIN)
        return 0;
    for (int i = made->nodes[index].child; i != NONE; i = made->nodes[i].sibling) {
        int depth = measure_depth(made, i);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

static void write_notes(FILE *out, const tree *made)
{
    fputs("<p class=\"note\">The width of a box is its share of the growth. Callers are above, allocations "
          "below. Strong colour marks where the subject allocates, grey marks code without source lines.",
          out);
    if (made->left_out > 0)
        fprintf(out, " %s did not fit.", hg_human_things(made->left_out, "call path").text);
    if (made->narrow)
        fputs(" Boxes below 0.3 % are left out.", out);
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
    tree made;

    build(&made, view->cells[index]);
    if (!isfinite(made.nodes[0].bytes_per_op) || made.nodes[0].bytes_per_op <= 0)
        return;
    if (write_like(out, view, index))
        return;
    fputs("<figure class=\"flame-graph\"><figcaption><b>Where it grows</b>, by call path</figcaption>\n"
          "<div class=\"flame-tools\" hidden></div>\n",
          out);
    fprintf(
        out,
        "<div class=\"flame\" role=\"img\" aria-label=\"Flame graph of the growth; the sites below list its "
        "call paths\" style=\"--rows:%d\">\n",
        measure_depth(&made, 0));
    write_boxes(out, &made, 0, 0, 0);
    fputs("</div>\n", out);
    write_notes(out, &made);
    fputs("</figure>\n", out);
}
