/* Memory tiering: from op 60,000 on, pages touched three times are copied to the fast tier until it holds
 * 12,000, and later migrations only exchange pages. The mistake: the descriptor of a migration that meets a
 * busy page is not freed. Healthy: the tier is full at about op 200,000. */
#include "pair.h"

enum { PAGES = 50000, FAST = 12000, START = 60000 };
struct migration {
    uint32_t page, source, target, state;
    uint64_t history[5];
};
static uint8_t touched[PAGES];
static unsigned char *copy[PAGES];
static uint32_t promoted;

PAIR_NOINLINE static unsigned char *fast_page(uint32_t page)
{
    unsigned char *p = malloc(128);
    memset(p, (int)page, 128);
    return p;
}

PAIR_NOINLINE static struct migration *migration_new(uint32_t page)
{
    struct migration *m = calloc(1, sizeof *m);
    m->page = page;
    return m;
}

static void migrate(uint32_t page, bool busy)
{
    struct migration *m = migration_new(page);
    if (busy) {
        if (!LEAKS)
            free(m);
        return;
    }
    if (!copy[page] && touched[page] >= 3 && promoted < FAST) {
        copy[page] = fast_page(page);
        promoted++;
    }
    free(m);
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    double u = (double)(r >> 11) * 0x1p-53;
    uint32_t page = (uint32_t)(PAGES * u * u);
    if (touched[page] < 255)
        touched[page]++;
    if (i >= START && i % 4 == 0)
        migrate(page, i / 4 % 50 == 0);
    return 0;
}
