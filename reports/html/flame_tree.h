/*
 * The boxes of a flame graph: call paths from the outermost caller downwards, each as wide as its part of the
 * whole (Gregg, "The Flame Graph", CACM 59(6), 2016; here the root is on top). They are plain boxes that need
 * no script; html_script.js adds search, zoom and keys. What stands in a box is the caller's, who keeps it by
 * the number of the node.
 *
 * A tree is a bounded array, so nothing is allocated; its frames are the sites'. One thread.
 */
#ifndef HG_HTML_FLAME_TREE_H
#define HG_HTML_FLAME_TREE_H

#include "model/model.h"

#include <stdio.h>

#define HG_FLAME_NODES    480
#define HG_FLAME_DEPTH    64
#define HG_FLAME_LABELLED 250 /* width of a box with a label; narrower ones have a title only */
#define HG_FLAME_LABEL    64  /* code points */
#define HG_FLAME_DETAIL   160

typedef bool hg_flame_same(const hg_frame *a, const hg_frame *b);

typedef struct hg_flame_node {
    const hg_frame *frame; /* NULL: all paths */
    double width;          /* in the unit of what is drawn */
    int child, sibling;    /* first child, next sibling; negative: none */
} hg_flame_node;

typedef struct hg_flame_tree {
    hg_flame_node nodes[HG_FLAME_NODES]; /* nodes[0] stands for all paths */
    int count;
    size_t left_out; /* paths that did not fit */
    bool narrow;     /* some boxes are too narrow to draw */
    hg_flame_same *same;
} hg_flame_tree;

/* The nodes of a path, the root's among them. */
typedef struct hg_flame_path {
    int nodes[HG_FLAME_DEPTH + 1];
    size_t count;
    size_t culprit; /* place of the site's culprit in nodes, if it is below count */
} hg_flame_path;

/* Where a box is drawn: row, and place and width in units of the whole graph, which has 10,000. */
typedef struct hg_flame_place {
    int depth, from, width;
} hg_flame_place;

/* Writes a box, from "<div" to "</div>". */
typedef void hg_flame_box(FILE *out, const void *data, int node, hg_flame_place place);

/* same: whether two frames are one box. */
void hg_flame_begin(hg_flame_tree *tree, hg_flame_same *same);

/* Adds a site's path. If it has too many frames, outer ones are left out; if the tree is full, the part that
 * fits is kept. */
hg_flame_path hg_flame_add(hg_flame_tree *tree, const hg_site *site, double width);

/* Whether there is anything to draw. */
bool hg_flame_is_drawn(const hg_flame_tree *tree);

/* The attribute of a box that places it. */
void hg_flame_write_place(FILE *out, hg_flame_place place);

/* The figure without its end, for the caller's legend. caption and label are HTML. */
void hg_flame_write(FILE *out, hg_flame_tree *tree, const char *caption, const char *label, hg_flame_box *box,
                    const void *data);

/* Sentences on what was left out, each with a space before it; after hg_flame_write. */
void hg_flame_write_left_out(FILE *out, const hg_flame_tree *tree);

#endif
