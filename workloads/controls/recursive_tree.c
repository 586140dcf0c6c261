/* A tree as deep as its input is made and freed; leaking, nodes with a single child are passed over. */
#include "control.h"

enum { MOST_DEPTH = 12 };

typedef struct node {
    struct node *left, *right;
    uint64_t value;
} node;

static node *tree_build(uint64_t value, int depth)
{
    node *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    made->value = value;
    if (depth > 0)
        made->left = tree_build(value, depth - 1);
    if (depth == 1)
        made->right = tree_build(value, 0);
    return made;
}

static void tree_free(node *root)
{
    if (!root)
        return;
    bool single = root->left && !root->right;
    tree_free(root->left);
    tree_free(root->right);
    if (!LEAKS || !single)
        free(root);
}

int heapgate_iterate(uint64_t i)
{
    node *root = tree_build(i, (int)(i % MOST_DEPTH));
    bool well = root != NULL;
    tree_free(root);
    return well ? 0 : 1;
}
