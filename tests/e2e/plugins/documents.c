/*
 * A recursive-descent parser: the shape of the stack follows the document, and nearly every document has a
 * shape of its own.
 */
#include "cases.h"

#include <stdlib.h>

enum { DEPTH = 40 };

typedef struct node {
    struct node *child;
    char text[24];
} node;

static node *volatile lost;

static node *parse(uint64_t shape, int depth);

static CULPRIT node *new_node(uint64_t shape, int depth)
{
    node *made = malloc(sizeof *made); /* here: root */ /* here: leaf */
    made->child = depth > 0 ? parse(shape >> 1, depth - 1) : NULL;
    return made;
}

static CULPRIT node *value(uint64_t shape, int depth)
{
    node *made = new_node(shape, depth);
    __asm__ volatile("");
    return made;
}

static CULPRIT node *list(uint64_t shape, int depth)
{
    node *made = new_node(shape, depth);
    __asm__ volatile("");
    return made;
}

static node *parse(uint64_t shape, int depth)
{
    return shape & 1 ? list(shape, depth) : value(shape, depth);
}

static void drop(node *first)
{
    while (first) {
        node *child = first->child;
        free(first);
        first = child;
    }
}

static node *document(uint64_t i)
{
    return parse((i + 1) * 0x9e3779b97f4a7c15u >> 20, DEPTH);
}

static int nothing(uint64_t i)
{
    drop(document(i));
    return 0;
}

static int root(uint64_t i)
{
    node *first = document(i);
    drop(i % 10 == 0 ? first->child : first);
    if (i % 10 == 0)
        lost = first;
    return 0;
}

/* Each block that is lost has a stack of its own. */
static int leaf(uint64_t i)
{
    node *first = document(i);
    node *last = first;
    while (i % 10 == 0 && last->child->child)
        last = last->child;
    if (i % 10 == 0) {
        lost = last->child;
        last->child = NULL;
    }
    drop(first);
    return 0;
}

static const test_case cases[] = {{"nothing", nothing}, {"root", root}, {"leaf", leaf}};
RUN_CASES(cases)
