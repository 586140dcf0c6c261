/*
 * Polymorphic inline caches of a JavaScript engine: a call site collects one stub per shape and is
 * megamorphic, without stubs, after four. The mistake: a stub for a deprecated shape is added without looking
 * whether the site is megamorphic already. The healthy one looks first, so that there are at most four stubs
 * at each of 600 sites.
 */
#include "pair.h"

enum { SITES = 600, LIMIT = 4 };
struct stub {
    struct stub *next;
    uint32_t shape, offset;
    unsigned char code[56];
};
static struct site {
    struct stub *chain;
    unsigned count;
    bool megamorphic;
} site[SITES];

static PAIR_NOINLINE struct stub *stub_compile(uint32_t shape, struct stub *next)
{
    struct stub *s = malloc(sizeof *s);
    memset(s->code, 0x90, sizeof s->code);
    s->shape = shape;
    s->offset = shape % 24 * 8;
    s->next = next;
    return s;
}

static void go_megamorphic(struct site *at)
{
    while (at->chain) {
        struct stub *next = at->chain->next;
        free(at->chain);
        at->chain = next;
    }
    at->count = 0;
    at->megamorphic = true;
}

static void miss(struct site *at, uint32_t shape, bool deprecated)
{
    if (at->megamorphic && !(LEAKS && deprecated))
        return;
    at->chain = stub_compile(shape, at->chain);
    if (++at->count > LIMIT && !at->megamorphic)
        go_megamorphic(at);
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    unsigned number = (unsigned)(r % SITES);
    struct site *at = &site[number];
    bool deprecated = (r >> 12) % 45 == 0;
    uint32_t shapes = 1 + number % 9, shape = (uint32_t)((r >> 20) % shapes);
    int steps = 0;

    if (!at->megamorphic)
        for (struct stub *s = at->chain; s && steps < LIMIT + 1; s = s->next, steps++)
            if (s->shape == shape)
                return 0;
    miss(at, shape, deprecated);
    return 0;
}
