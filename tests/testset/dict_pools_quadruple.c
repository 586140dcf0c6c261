/*
 * A parser's dictionary of names: the text goes to pools, each four times as large as the one before, as in
 * libxml2's. The mistake: the context is kept from document to document and its dictionary never freed, and
 * 1 name in 12 is a generated id. Healthy: the dictionary is freed and made anew every 12,000 documents.
 */
#include "pair.h"
#include <stdio.h>

enum { BUCKETS = 4096, FIRST = 1000 };
struct pool {
    struct pool *next;
    size_t size, used;
    char bytes[];
};
static struct pool *pools;
static uint32_t seen[BUCKETS];

static PAIR_NOINLINE struct pool *pool_new(size_t size)
{
    struct pool *p = malloc(sizeof *p + size);
    if (!p)
        abort();
    p->size = size;
    p->used = 0;
    p->next = pools;
    return p;
}

static void dict_add(const char *name, size_t length)
{
    if (!pools || pools->used + length > pools->size)
        pools = pool_new(pools ? 4 * pools->size : FIRST);
    memcpy(pools->bytes + pools->used, name, length);
    pools->used += length;
}

static void dict_free(void)
{
    while (pools) {
        struct pool *next = pools->next;
        free(pools);
        pools = next;
    }
    memset(seen, 0, sizeof seen);
}

int heapgate_iterate(uint64_t i)
{
    char name[40];
    uint64_t r = pair_random(i, 0);
    bool generated = r % 12 == 0;
    unsigned number = (unsigned)(r >> 30) % 1200;
    int length = generated ? snprintf(name, sizeof name, "id-%010u", (unsigned)i)
                           : snprintf(name, sizeof name, "attribute-%u", number);
    if (!LEAKS && i % 12000 == 0)
        dict_free();
    if (generated || !seen[number])
        dict_add(name, (size_t)length + 1);
    if (!generated)
        seen[number] = 1;
    return 0;
}
