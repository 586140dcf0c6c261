/*
 * An interpreter with reference counts: a function that names itself makes a cycle with its environment. The
 * mistake: the cycle collector's candidate list takes environments but not closures stored through `letrec`,
 * so that those cycles are never found. The healthy one puts every cyclic pair on the list, which is worked
 * off every 777 ops.
 */
#include "pair.h"

struct env;
struct closure {
    unsigned refs;
    struct env *env;
    uint32_t code[6];
};
struct env {
    unsigned refs;
    struct closure *self;
    struct env *next_candidate;
    uint64_t slot[8];
};
static struct env *candidates;

static PAIR_NOINLINE struct env *env_new(uint64_t v)
{
    struct env *e = calloc(1, sizeof *e);
    e->refs = 1;
    e->slot[0] = v;
    return e;
}

static PAIR_NOINLINE struct closure *closure_new(struct env *e)
{
    struct closure *c = malloc(sizeof *c);
    memset(c->code, 7, sizeof c->code);
    c->refs = 1;
    c->env = e;
    e->refs++;
    return c;
}

static void env_drop(struct env *e)
{
    if (--e->refs == 0)
        free(e);
}

static void closure_drop(struct closure *c)
{
    if (--c->refs == 0) {
        env_drop(c->env);
        free(c);
    }
}

static void collect_cycles(void)
{
    while (candidates) {
        struct env *e = candidates;
        struct closure *c = e->self;
        candidates = e->next_candidate;
        e->self = NULL;
        closure_drop(c);
        env_drop(e);
    }
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct env *e = env_new(r);
    struct closure *c = closure_new(e);
    bool recursive = r % 4 == 0, letrec = r % 60 == 0;

    if (recursive) {
        e->self = c;
        c->refs++;
        if (!letrec || !LEAKS) {
            e->refs++;
            e->next_candidate = candidates;
            candidates = e;
        }
    }
    e->slot[1] += c->code[2];
    closure_drop(c);
    env_drop(e);
    if (i % 777 == 776)
        collect_cycles();
    return 0;
}
