/*
 * Two generations of 300 records: what is still wanted, one in three, is copied to the young one and the old
 * one is dropped. Leaking, the copied ones are not dropped.
 */
#include "control.h"

enum { RECORDS = 300, BYTES = 44 };

static void *generation[RECORDS];

static void *record_new(const void *from)
{
    void *record = malloc(BYTES);
    if (record && from)
        memcpy(record, from, BYTES);
    return record;
}

static bool generation_swap(void)
{
    bool well = true;
    for (size_t k = 0; k < RECORDS; k++) {
        void *old = generation[k];
        bool wanted = k % 3 == 0;
        generation[k] = wanted && old ? record_new(old) : NULL;
        well = well && (generation[k] || !wanted || !old);
        if (!LEAKS || !wanted)
            free(old);
    }
    return well;
}

int heapgate_iterate(uint64_t i)
{
    if (i % RECORDS == 0 && !generation_swap())
        return 1;
    void **slot = &generation[i % RECORDS];
    if (!*slot)
        *slot = record_new("a record of which only the first bytes matter");
    return *slot ? 0 : 1;
}
