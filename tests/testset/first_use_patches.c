/*
 * Call sites are patched when they are first used, and the patch stays for ever: 6,000 sites, one per 25
 * ops, so the healthy twin grows until op 150,000, at 3.8 B/op, and never again. The mistake: a site whose
 * class is loaded anew (1 op in 300, by chance, from then on) gets another patch, and the old one stays,
 * too.
 */
#include "pair.h"

enum { SITES = 6000, EVERY = 25 };
struct patch {
    unsigned char code[96];
};
static struct patch *site[SITES];

static PAIR_NOINLINE struct patch *patch_new(uint64_t target)
{
    struct patch *p = malloc(sizeof *p);
    if (!p)
        abort();
    memset(p->code, (int)(target & 127), sizeof p->code);
    return p;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    uint64_t number = i / EVERY;
    if (number < SITES) {
        if (!site[number])
            site[number] = patch_new(i);
        return 0;
    }
    struct patch **at = &site[(r >> 20) % SITES];
    if (r % 300 != 0)
        return (*at)->code[0] > 127;
    if (LEAKS)
        *at = patch_new(r);
    else
        memset((*at)->code, (int)(r & 127), sizeof(*at)->code);
    return 0;
}
