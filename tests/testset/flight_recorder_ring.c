/* A flight recorder keeps the newest 3 MB of records of very different sizes; the oldest go when the bytes
 * exceed the budget. The mistake: an evicted record's attachment (1 in 100 has one) is not freed, so
 * nothing leaks until the ring is full. Healthy: bounded by the budget. */
#include "pair.h"

enum { RECORDS = 65536, BUDGET = 3000000 };
struct record {
    uint32_t size;
    char *attachment;
    char body[];
};
static struct record *ring[RECORDS];
static uint32_t head, tail;
static size_t bytes;

PAIR_NOINLINE static char *attachment_new(uint64_t r)
{
    char *attachment = malloc(120);
    memset(attachment, (int)r, 120);
    return attachment;
}

PAIR_NOINLINE static struct record *record_new(uint64_t r)
{
    uint32_t size = 32 + (r % 16 ? r % 97 : r % 1900);
    struct record *record = malloc(sizeof *record + size);
    record->size = size;
    record->attachment = (r >> 32) % 100 ? NULL : attachment_new(r);
    memset(record->body, (int)r, size);
    return record;
}

static void evict(void)
{
    struct record *oldest = ring[tail++ % RECORDS];
    bytes -= oldest->size;
    if (!LEAKS)
        free(oldest->attachment);
    free(oldest);
}

int heapgate_iterate(uint64_t i)
{
    struct record *record = record_new(pair_random(i, 0));
    while (bytes + record->size > BUDGET || head - tail == RECORDS)
        evict();
    ring[head++ % RECORDS] = record;
    bytes += record->size;
    return 0;
}
