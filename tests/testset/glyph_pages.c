/*
 * A font's table of 300 pages of glyphs, each made when its first glyph is asked for. Some pages are asked
 * for once in 90,000 ops only, so the last come late. The mistake: text in a synthesised slant (1 op in
 * 900, by chance) makes its page anew and does not free the one that was there. Healthy: it is drawn over.
 */
#include "pair.h"
#include <math.h>

enum { PAGES = 300 };
struct page {
    uint64_t slant;
    unsigned char glyph[64][8];
};
static struct page *page[PAGES];

static PAIR_NOINLINE struct page *page_new(void)
{
    struct page *p = calloc(1, sizeof *p);
    if (!p)
        abort();
    return p;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    double u = (double)(r >> 11) / 9007199254740992.0;
    unsigned number = (unsigned)(PAGES * sqrt(u));
    bool slanted = pair_random(i, 1) % 900 == 0;
    if (!page[number] || (slanted && LEAKS))
        page[number] = page_new();
    page[number]->slant = slanted;
    page[number]->glyph[r % 64][r / 64 % 8]++;
    return 0;
}
