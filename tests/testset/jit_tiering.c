/*
 * A tiered JIT: after 30 calls a function gets baseline code, after 150 optimised code, so that code grows
 * until the last of the 220 functions is hot, and then ends. The mistake: a failed type guard (one call in
 * 900) throws the optimised code away by setting the pointer to NULL. The healthy one frees it.
 */
#include "pair.h"

enum { FUNCTIONS = 220, BASELINE_AT = 30, OPTIMISE_AT = 150 };
struct code {
    uint32_t size, tier;
    unsigned char text[];
};
struct function {
    uint32_t calls, bytecodes;
    struct code *baseline, *optimised;
};
static struct function function[FUNCTIONS];

static PAIR_NOINLINE __attribute__((noclone)) struct code *emit_baseline(struct function *f)
{
    struct code *c = malloc(sizeof *c + f->bytecodes * 12);
    c->size = f->bytecodes * 12;
    c->tier = 1;
    memset(c->text, 0x90, c->size);
    return c;
}

static PAIR_NOINLINE __attribute__((noclone)) struct code *emit_optimised(struct function *f)
{
    struct code *c = malloc(sizeof *c + f->bytecodes * 7);
    c->size = f->bytecodes * 7;
    c->tier = 2;
    memset(c->text, 0xcc, c->size);
    return c;
}

static void deoptimise(struct function *f)
{
    if (!LEAKS)
        free(f->optimised);
    f->optimised = NULL;
    f->calls = OPTIMISE_AT - 20;
}

int heapgate_setup(void)
{
    for (unsigned k = 0; k < FUNCTIONS; k++)
        function[k].bytecodes = 20 + k * 37 % 140;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct function *f = &function[r >> 40 & 1 ? r % FUNCTIONS : r % 20];

    f->calls++;
    if (!f->baseline && f->calls >= BASELINE_AT)
        f->baseline = emit_baseline(f);
    if (!f->optimised && f->calls >= OPTIMISE_AT)
        f->optimised = emit_optimised(f);
    if (f->optimised && (r >> 10) % 900 == 0)
        deoptimise(f);
    return 0;
}
