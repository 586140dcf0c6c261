/*
 * A script engine with two generations and native buffers behind its objects: a minor collection every 1,021
 * ops frees what is dead or promotes it, and a major one comes when the promoted buffers double. The mistake:
 * a read that is cancelled (1 in 600, by chance) leaves its buffer's reference strong, so that no collection
 * takes it. Healthy: strong references are made weak at the end of every read.
 */
#include "control.h"
#include "random.h"

enum { YOUNG = 1021, MOST = 1 << 20, FLOOR = 2 << 20 };
struct buffer {
    struct buffer *next;
    uint32_t size, strong;
    uint64_t dies; /* the op after which no script refers to it */
    char bytes[];
};
static struct buffer *young, *old;
static size_t old_bytes, threshold = FLOOR;

__attribute__((noinline)) static struct buffer *buffer_new(uint32_t size, uint64_t dies)
{
    struct buffer *b = malloc(sizeof *b + size);
    if (!b)
        abort();
    b->size = size;
    b->dies = dies;
    b->strong = 1;
    memset(b->bytes, 7, size < 64 ? size : 64);
    return b;
}

static bool dead(const struct buffer *b, uint64_t now)
{
    return !b->strong && b->dies < now;
}

static void collect_old(uint64_t now)
{
    old_bytes = 0;
    for (struct buffer **at = &old; *at;) {
        struct buffer *b = *at;
        if (dead(b, now)) {
            *at = b->next;
            free(b);
        } else {
            at = &b->next;
            old_bytes += b->size;
        }
    }
    threshold = 2 * old_bytes > FLOOR ? 2 * old_bytes : FLOOR;
    if (threshold > old_bytes + MOST && old_bytes + MOST > FLOOR)
        threshold = old_bytes + MOST;
}

static void collect_young(uint64_t now)
{
    while (young) {
        struct buffer *b = young;
        young = b->next;
        if (dead(b, now)) {
            free(b);
            continue;
        }
        b->next = old;
        old = b;
        old_bytes += b->size;
    }
    if (old_bytes > threshold)
        collect_old(now);
}

int heapgate_iterate(uint64_t i)
{
    struct random random = random_for_op(heapgate_seed(), i);
    uint64_t r = random_next(&random);
    struct buffer *b = buffer_new(64 + (uint32_t)(r % 448), i + ((r >> 16) % 16 == 0 ? 6000 : 8));
    bool cancelled = (r >> 24) % 600 == 0;
    b->next = young;
    young = b;
    if (!LEAKS || !cancelled)
        b->strong = 0;
    if (i % YOUNG == YOUNG - 1)
        collect_young(i);
    return 0;
}
