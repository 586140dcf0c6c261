/*
 * Records are written out every 23,000 ops, which is later than a first run of 10,000 sees: until then it
 * looks as if all of them leaked. Leaking, one in a hundred is not freed when it is written out.
 */
#include "control.h"

enum { FLUSH_EVERY = 23000, BYTES = 64 };

static void *records[FLUSH_EVERY];
static size_t count;

static void *record_new(uint64_t i)
{
    uint64_t *record = malloc(BYTES);
    if (record)
        *record = i;
    return record;
}

static void flush(void)
{
    while (count > 0) {
        uint64_t *record = records[--count];
        if (!LEAKS || *record % 100 != 0)
            free(record);
    }
}

int heapgate_iterate(uint64_t i)
{
    void *record = record_new(i);
    if (!record)
        return 1;
    records[count++] = record;
    if (count == FLUSH_EVERY)
        flush();
    return 0;
}
