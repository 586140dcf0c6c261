/*
 * A table of records that are rewritten in a longer form, seven old ones becoming five new ones of the same
 * size together: as much is alive as ever. Pinned, every second record stays, and no room between them is
 * large enough for a new one, whatever the allocator does. Packed, records leave in the order of their
 * addresses, and the new ones fit where they were. The records are enough for a second look, not for a third:
 * short-lived blocks are there lest one is made for being cheap.
 */
#include "cases.h"

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "rewrite", .default_ops = 2000};

enum {
    RECORDS = 140000,
    MANY = 4 * RECORDS,
    OLD_BYTES = 200,
    NEW_BYTES = 280,
    LEAVE = 7,
    COME = 5,
    PASS = 60
};

static void *records[2 * MANY];
static size_t made, oldest;

static int rewrite(size_t first, size_t step)
{
    size_t bytes = made ? NEW_BYTES : OLD_BYTES;
    size_t count = made ? COME : first;
    for (int k = 0; made && k < LEAVE && oldest < first; k++, oldest += step)
        free(records[oldest]);
    for (int k = 0; k < PASS; k++)
        free(malloc(16));
    while (count-- > 0) {
        REQUIRE(made < 2 * first);
        records[made] = malloc(bytes);
        REQUIRE(records[made++]);
    }
    return 0;
}

static int rewrite_pinned(uint64_t i)
{
    (void)i;
    return rewrite(RECORDS, 2);
}

static int rewrite_many_pinned(uint64_t i)
{
    (void)i;
    return rewrite(MANY, 2);
}

static int rewrite_packed(uint64_t i)
{
    (void)i;
    return rewrite(RECORDS, 1);
}

static const test_case cases[] = {
    {"pinned", rewrite_pinned},
    {"many_pinned", rewrite_many_pinned},
    {"packed", rewrite_packed},
};
RUN_CASES(cases)
