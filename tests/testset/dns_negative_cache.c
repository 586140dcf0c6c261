/* A resolver's cache whose records live in buckets of their expiry time. The mistake: negative answers are
 * put in the hash table but into no expiry bucket, so nothing ever removes them. Healthy: every record
 * expires in 15,000. */
#include "pair.h"

enum { SLOTS = 4096, WHEEL = 16384 };

struct record {
    struct record *next_in_slot;
    struct record **back;
    struct record *next_expiring;
    uint64_t name;
    uint32_t address[8];
    uint64_t expires;
    bool negative;
};

static struct record *slots[SLOTS];
static struct record *wheel[WHEEL];

PAIR_NOINLINE static struct record *record_new(uint64_t name, uint64_t now, bool negative)
{
    struct record *record = calloc(1, sizeof *record);
    if (!record)
        abort();
    struct record **slot = &slots[name % SLOTS];
    record->name = name;
    record->negative = negative;
    record->expires = now + 5000 + name % 10000;
    record->next_in_slot = *slot;
    record->back = slot;
    if (*slot)
        (*slot)->back = &record->next_in_slot;
    *slot = record;
    return record;
}

static void expire(uint64_t now)
{
    struct record *record = wheel[now % WHEEL];
    wheel[now % WHEEL] = NULL;
    while (record) {
        struct record *next = record->next_expiring;
        *record->back = record->next_in_slot;
        if (record->next_in_slot)
            record->next_in_slot->back = record->back;
        free(record);
        record = next;
    }
}

int heapgate_iterate(uint64_t i)
{
    expire(i);
    bool negative = i % 10 == 4;
    struct record *record = record_new(pair_random(i, 1), i, negative);
    if (!LEAKS || !negative) {
        struct record **bucket = &wheel[record->expires % WHEEL];
        record->next_expiring = *bucket;
        *bucket = record;
    }
    return 0;
}
