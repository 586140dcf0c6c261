/*
 * A block cache of 8 shards with 7,500 entries each, LRU, under random keys of 200,000: full after some
 * 72,000 ops. The mistake: an entry that a reader still has pinned when it is evicted (1 in 400) leaves the
 * table, and the reader's release frees its block but not its handle. Healthy: release frees both.
 */
#include "pair.h"

enum { SHARDS = 8, ENTRIES = 7500, KEYS = 200000 };
struct handle {
    struct handle *newer, *older;
    char *block;
    uint32_t key, size;
    uint64_t charge[9];
};
static struct shard {
    struct handle *newest, *oldest;
    unsigned count;
} shards[SHARDS];
static struct handle *table[KEYS];

static PAIR_NOINLINE struct handle *handle_new(uint32_t key)
{
    struct handle *h = malloc(sizeof *h);
    if (!h)
        abort();
    h->key = key;
    return h;
}

static PAIR_NOINLINE char *block_read(uint32_t key, uint32_t size)
{
    char *block = malloc(size);
    if (!block)
        abort();
    return memset(block, (int)key, size);
}

static void unlink_handle(struct shard *s, struct handle *h)
{
    *(h->newer ? &h->newer->older : &s->newest) = h->older;
    *(h->older ? &h->older->newer : &s->oldest) = h->newer;
}

static void push(struct shard *s, struct handle *h)
{
    h->newer = NULL;
    h->older = s->newest;
    *(s->newest ? &s->newest->newer : &s->oldest) = h;
    s->newest = h;
}

static void evict(struct shard *s, bool pinned)
{
    struct handle *h = s->oldest;
    unlink_handle(s, h);
    table[h->key] = NULL;
    free(h->block);
    if (!LEAKS || !pinned)
        free(h);
    s->count--;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    uint32_t key = (uint32_t)(r % KEYS);
    struct shard *s = &shards[key % SHARDS];
    struct handle *h = table[key];
    if (h) {
        unlink_handle(s, h);
        push(s, h);
        return h->block[0] != (char)key;
    }
    if (s->count == ENTRIES)
        evict(s, (r >> 24) % 400 == 0);
    h = handle_new(key);
    h->size = 64 + key % 100;
    h->block = block_read(key, h->size);
    table[key] = h;
    push(s, h);
    s->count++;
    return 0;
}
