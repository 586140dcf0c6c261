/*
 * A copy-on-write page store in the manner of LMDB: each commit copies a path of three pages, and the pages
 * it replaces wait until the oldest reader is gone. The mistake: when a long reader ends, only as many pages
 * as the free list has room for are taken over and the rest are dropped. The healthy one frees what does not
 * fit.
 */
#include "pair.h"

enum { PAGE = 512, SPARE = 64, LEAVES = 200, PENDING = 4096 };
struct page {
    uint64_t txn;
    unsigned char data[PAGE - 8];
};

static struct page *root, *branch[10], *leaf[LEAVES];
static struct page *spare[SPARE], *pending[PENDING];
static unsigned spares, waiting;

static PAIR_NOINLINE struct page *page_alloc(uint64_t txn)
{
    struct page *p = spares ? spare[--spares] : malloc(sizeof *p);
    p->txn = txn;
    return p;
}

static void touch(struct page **slot, uint64_t txn)
{
    struct page *copy = page_alloc(txn);
    if (*slot) {
        memcpy(copy->data, (*slot)->data, sizeof copy->data);
        pending[waiting++] = *slot;
    } else {
        memset(copy->data, 0, sizeof copy->data);
    }
    *slot = copy;
}

static void reader_ended(void)
{
    while (waiting && spares < SPARE)
        spare[spares++] = pending[--waiting];
    while (waiting) {
        waiting--;
        if (!LEAKS)
            free(pending[waiting]);
    }
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    unsigned which = (unsigned)(r % LEAVES);
    bool long_reader = i % 700 >= 660; /* a backup holds its snapshot for 40 commits */

    touch(&leaf[which], i);
    leaf[which]->data[(r >> 16) % (PAGE - 8)]++;
    touch(&branch[which / 20], i);
    touch(&root, i);
    if (!long_reader)
        reader_ended();
    return 0;
}
