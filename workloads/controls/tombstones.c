/*
 * An open hash set of the last 100 keys. A removed key leaves a tombstone, and the table is made anew when it
 * is full. Healthy, that leaves the tombstones out; leaking, they are carried over, so that the table doubles
 * for ever.
 */
#include "control.h"

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.default_ops = 20000};

enum { ALIVE = 100 };
#define EMPTY     UINT64_C(0)
#define TOMBSTONE UINT64_MAX

static struct {
    uint64_t *slots;
    size_t capacity, used; /* used: with tombstones */
} set;

static size_t set_slot(const uint64_t *slots, size_t capacity, uint64_t key)
{
    size_t slot = (size_t)(key * 0x9e3779b97f4a7c15u >> 20) % capacity;
    while (slots[slot] != EMPTY && slots[slot] != key)
        slot = (slot + 1) % capacity;
    return slot;
}

static bool set_rehash(void)
{
    size_t capacity = LEAKS || set.capacity == 0 ? 2 * set.capacity + 1024 : set.capacity;
    uint64_t *slots = calloc(capacity, sizeof *slots);
    if (!slots)
        return false;
    if (!LEAKS)
        set.used = 0;
    for (size_t k = 0; k < set.capacity; k++) {
        bool carried = set.slots[k] != EMPTY && set.slots[k] != TOMBSTONE;
        if (!carried)
            continue;
        slots[set_slot(slots, capacity, set.slots[k])] = set.slots[k];
        if (!LEAKS)
            set.used++;
    }
    free(set.slots);
    set.slots = slots;
    set.capacity = capacity;
    return true;
}

static bool set_add(uint64_t key)
{
    if (2 * set.used >= set.capacity && !set_rehash())
        return false;
    set.slots[set_slot(set.slots, set.capacity, key)] = key;
    set.used++;
    return true;
}

static void set_remove(uint64_t key)
{
    size_t slot = set_slot(set.slots, set.capacity, key);
    if (set.slots[slot] == key)
        set.slots[slot] = TOMBSTONE;
}

int heapgate_iterate(uint64_t i)
{
    if (!set_add(i + 1))
        return 1;
    if (i >= ALIVE)
        set_remove(i + 1 - ALIVE);
    return 0;
}
