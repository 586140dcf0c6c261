#include "html/flame_tree.h"
#include "base/humanise.h"

#include <math.h>

#define WIDTH_ALL 10000
#define WIDTH_MIN 30 /* of a box that is drawn */
#define NONE      (-1)

void hg_flame_begin(hg_flame_tree *tree, hg_flame_same *same)
{
    tree->count = 1;
    tree->left_out = 0;
    tree->narrow = false;
    tree->same = same;
    tree->nodes[0] = (hg_flame_node){.child = NONE, .sibling = NONE};
}

/* The child for a frame, made where it is new; NONE when the tree is full. */
static int child_for(hg_flame_tree *tree, int parent, const hg_frame *frame)
{
    for (int i = tree->nodes[parent].child; i != NONE; i = tree->nodes[i].sibling) {
        if (tree->same(tree->nodes[i].frame, frame))
            return i;
    }
    if (tree->count == HG_FLAME_NODES)
        return NONE;
    int index = tree->count++;
    tree->nodes[index] = (hg_flame_node){.frame = frame, .child = NONE, .sibling = tree->nodes[parent].child};
    tree->nodes[parent].child = index;
    return index;
}

hg_flame_path hg_flame_add(hg_flame_tree *tree, const hg_site *site, double width)
{
    size_t inner = site->inner_count < HG_FLAME_DEPTH / 2 ? site->inner_count : HG_FLAME_DEPTH / 2;
    size_t outer = site->frame_count < HG_FLAME_DEPTH - inner ? site->frame_count : HG_FLAME_DEPTH - inner;
    hg_flame_path path = {.count = 1, .culprit = outer > 0 ? outer : 1};
    int at = 0;

    tree->nodes[0].width += width;
    for (size_t i = 0; i < outer + inner; i++) {
        const hg_frame *frame =
            i < outer ? &site->frames[outer - 1 - i] : &site->inner[site->inner_count - 1 - (i - outer)];
        at = child_for(tree, at, frame);
        if (at == NONE) {
            tree->left_out++;
            break;
        }
        tree->nodes[at].width += width;
        path.nodes[path.count++] = at;
    }
    return path;
}

bool hg_flame_is_drawn(const hg_flame_tree *tree)
{
    return isfinite(tree->nodes[0].width) && tree->nodes[0].width > 0;
}

void hg_flame_write_place(FILE *out, hg_flame_place place)
{
    fprintf(out, " style=--d:%d", place.depth);
    if (place.from > 0)
        fprintf(out, ";--x:%d", place.from);
    if (place.width < WIDTH_ALL)
        fprintf(out, ";--w:%d", place.width);
}

/* The widest first, so that the eye and the keyboard reach it first. */
static void sort_children(hg_flame_tree *tree, int parent)
{
    int sorted = NONE;

    for (int i = tree->nodes[parent].child; i != NONE;) {
        int next = tree->nodes[i].sibling;
        int *at = &sorted;
        while (*at != NONE && tree->nodes[*at].width >= tree->nodes[i].width)
            at = &tree->nodes[*at].sibling;
        tree->nodes[i].sibling = *at;
        *at = i;
        i = next;
    }
    tree->nodes[parent].child = sorted;
}

static int width_of(const hg_flame_tree *tree, int index)
{
    return (int)lround(WIDTH_ALL * tree->nodes[index].width / tree->nodes[0].width);
}

/* Boxes row by row within each parent; bounded by HG_FLAME_DEPTH. */
static void write_boxes(FILE *out, hg_flame_tree *tree, int index, hg_flame_place place, hg_flame_box *box,
                        const void *data)
{
    place.width = width_of(tree, index);
    if (place.width < WIDTH_MIN) {
        tree->narrow = true;
        return;
    }
    if (place.from + place.width > WIDTH_ALL)
        place.width = WIDTH_ALL - place.from;
    box(out, data, index, place);
    sort_children(tree, index);
    double at = place.from;
    for (int i = tree->nodes[index].child; i != NONE; i = tree->nodes[i].sibling) {
        const hg_flame_place below = {.depth = place.depth + 1, .from = (int)lround(at)};
        write_boxes(out, tree, i, below, box, data);
        at += WIDTH_ALL * tree->nodes[i].width / tree->nodes[0].width;
    }
}

/* The number of rows of boxes: the graph's height is written before them. */
static int measure_depth(const hg_flame_tree *tree, int index)
{
    int deepest = 0;

    if (width_of(tree, index) < WIDTH_MIN)
        return 0;
    for (int i = tree->nodes[index].child; i != NONE; i = tree->nodes[i].sibling) {
        int depth = measure_depth(tree, i);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

void hg_flame_write(FILE *out, hg_flame_tree *tree, const char *caption, const char *label, hg_flame_box *box,
                    const void *data)
{
    fprintf(out,
            "<figure class=\"flame-graph\"><figcaption>%s</figcaption>\n"
            "<div class=\"flame-tools\" hidden></div>\n"
            "<div class=\"flame\" role=\"img\" aria-label=\"%s\" style=\"--rows:%d\">\n",
            caption, label, measure_depth(tree, 0));
    write_boxes(out, tree, 0, (hg_flame_place){0}, box, data);
    fputs("</div>\n", out);
}

void hg_flame_write_left_out(FILE *out, const hg_flame_tree *tree)
{
    if (tree->left_out > 0)
        fprintf(out, " %s did not fit.", hg_human_things(tree->left_out, "call path").text);
    if (tree->narrow)
        fputs(" Boxes below 0.3 % are left out.", out);
}
