/*
 * A shader compiler with a tree of contexts: who frees a context frees all below it. Shaders are compiled in
 * bursts of 60, one burst per 5,000 ops, and one is freed per burst for each that came. The mistake: the
 * constants of a shader that is optimised away (1 in 20) are moved to no context. Healthy: to the shader.
 */
#include "pair.h"

enum { EVERY = 5000, BURST = 60, SHADERS = 300 };
struct context {
    struct context *parent, *child, *next, *previous;
    size_t size;
    char data[];
};
static struct context *shader[SHADERS];

static void adopt(struct context *parent, struct context *c)
{
    c->parent = parent;
    c->previous = NULL;
    c->next = parent ? parent->child : NULL;
    if (c->next)
        c->next->previous = c;
    if (parent)
        parent->child = c;
}

static PAIR_NOINLINE struct context *ralloc(struct context *parent, size_t size)
{
    struct context *c = malloc(sizeof *c + size);
    if (!c)
        abort();
    c->child = NULL;
    c->size = size;
    memset(c->data, 0, size);
    adopt(parent, c);
    return c;
}

static void leave(struct context *c)
{
    if (c->previous)
        c->previous->next = c->next;
    else if (c->parent)
        c->parent->child = c->next;
    if (c->next)
        c->next->previous = c->previous;
}

static void ralloc_free(struct context *c)
{
    while (c->child)
        ralloc_free(c->child);
    leave(c);
    free(c);
}

static PAIR_NOINLINE struct context *constants_new(struct context *parent)
{
    return ralloc(parent, 472);
}

static struct context *compile(uint64_t r)
{
    struct context *s = ralloc(NULL, 200);
    struct context *ir = ralloc(s, 64);
    struct context *constants = constants_new(ir);
    for (unsigned k = 0; k < 5 + r % 30; k++)
        ralloc(ir, 40 + 8 * (r >> k & 7));
    bool away = (r >> 40) % 20 == 0;
    leave(constants);
    adopt(away && LEAKS ? NULL : s, constants);
    ralloc_free(ir);
    return s;
}

int heapgate_iterate(uint64_t i)
{
    if (i % EVERY >= BURST)
        return 0;
    uint64_t r = pair_random(i, 0);
    struct context **slot = &shader[(i / EVERY * BURST + i % EVERY) % SHADERS];
    if (*slot)
        ralloc_free(*slot);
    *slot = compile(r);
    return 0;
}
