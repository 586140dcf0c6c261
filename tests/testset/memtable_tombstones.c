/*
 * The memtable of an LSM store: puts and deletes go into a list that is flushed every 4,099 ops. The mistake:
 * the flush skips tombstones, which it "keeps for the levels below", and then forgets the list they hang on.
 * The healthy one frees every node of the flushed table, so that at most 4,099 nodes are alive.
 */
#include "pair.h"

struct node {
    struct node *next;
    uint64_t key;
    bool tombstone;
    uint32_t len;
    unsigned char value[];
};

static struct node *memtable;
static unsigned entries;
static uint64_t written;

static PAIR_NOINLINE struct node *node_new(uint64_t key, const void *value, uint32_t len)
{
    struct node *n = malloc(sizeof *n + len);
    n->key = key;
    n->tombstone = value == NULL;
    n->len = value ? len : 0;
    if (value)
        memcpy(n->value, value, len);
    return n;
}

static void flush(void)
{
    struct node *n = memtable;
    while (n) {
        struct node *next = n->next;
        written += n->key ^ n->len;
        if (!LEAKS || !n->tombstone)
            free(n);
        n = next;
    }
    memtable = NULL;
    entries = 0;
}

int heapgate_iterate(uint64_t i)
{
    unsigned char row[160];
    uint64_t r = pair_random(i, 0);
    struct node *n;

    memset(row, (int)r, sizeof row);
    if (r % 50 == 0)
        n = node_new(r >> 8, NULL, 0);
    else
        n = node_new(r >> 8, row, 16 + (uint32_t)(r >> 32) % 128);
    n->next = memtable;
    memtable = n;
    if (++entries == 4099)
        flush();
    return 0;
}
