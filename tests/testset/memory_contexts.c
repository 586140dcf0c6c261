/*
 * Memory contexts as in PostgreSQL: a statement has a context with children, and deleting it deletes the
 * tree. The mistake: a statement that fails (one in 400) hangs its error context under the top context to
 * survive the clean-up, and nobody deletes it after the report. The healthy one keeps one such context and
 * deletes the one before.
 */
#include "pair.h"

struct context {
    struct context *parent, *child, *sibling;
    struct block {
        struct block *next;
        size_t used;
        unsigned char bytes[1000];
    } * blocks;
};
static struct context top, *last_error;

static PAIR_NOINLINE struct context *context_new(struct context *parent)
{
    struct context *c = calloc(1, sizeof *c);
    c->parent = parent;
    c->sibling = parent->child;
    parent->child = c;
    return c;
}

static PAIR_NOINLINE struct block *block_new(struct context *c)
{
    struct block *b = malloc(sizeof *b);
    b->used = 0;
    b->next = c->blocks;
    c->blocks = b;
    return b;
}

static void *context_alloc(struct context *c, size_t size)
{
    struct block *b = c->blocks;
    if (!b || b->used + size > sizeof b->bytes)
        b = block_new(c);
    b->used += size;
    return b->bytes + b->used - size;
}

static void context_unlink(struct context *c)
{
    struct context **at = &c->parent->child;
    while (*at != c)
        at = &(*at)->sibling;
    *at = c->sibling;
}

static void context_delete(struct context *c)
{
    context_unlink(c);
    while (c->child)
        context_delete(c->child);
    while (c->blocks) {
        struct block *b = c->blocks;
        c->blocks = b->next;
        free(b);
    }
    free(c);
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct context *statement = context_new(&top), *plan = context_new(statement);

    for (unsigned k = 0; k < 2 + r % 8; k++)
        memset(context_alloc(k % 2 ? plan : statement, 24 + (size_t)(r >> k & 127)), (int)k, 16);
    if ((r >> 40) % 400 == 0) {
        struct context *error = context_new(&top);
        memset(context_alloc(error, 300), 'E', 300);
        if (last_error && !LEAKS)
            context_delete(last_error);
        last_error = error;
    }
    context_delete(statement);
    return 0;
}
