#include "unique.h"

#include <stdlib.h>
#include <string.h>

#include "equal.h"

enum {
    PAIRWISE_MAX = 12,
    STACK_SLOTS = 4096,  /* 32 KiB */
    STACK_LOAD = 2048,   /* elements expected in one reading */
    COLLISIONS_MAX = 64, /* elements of one hash tag looked at before giving up on a crafted array */
};

struct slot {
    uint32_t tag;   /* part of the hash */
    uint32_t entry; /* index of the element plus 1; 0 is free */
};

struct table {
    struct slot *slots;
    size_t mask;
    size_t used;
};

static toka_status check_pairwise(const json_t *array, size_t *ret_first, size_t *ret_second)
{
    size_t size = json_array_size(array);
    bool too_deep = false;
    for (size_t i = 1; i < size; i++) {
        for (size_t j = 0; j < i; j++) {
            if (equal_values(json_array_get(array, i), json_array_get(array, j), &too_deep)) {
                *ret_first = j;
                *ret_second = i;
                return TOKA_E_INVALID;
            }
        }
    }
    return too_deep ? TOKA_E_LIMIT : TOKA_OK;
}

/* Puts element `index` into the table unless an equal one is there. */
static toka_status table_insert(struct table *table, const json_t *array, size_t index, uint64_t hash,
                                size_t *ret_equal)
{
    if (table->used * 8 > (table->mask + 1) * 7)
        return TOKA_E_LIMIT;
    uint32_t tag = (uint32_t)hash;
    unsigned collisions = 0;
    bool too_deep = false;
    size_t at = (size_t)(hash >> 16) & table->mask;
    for (; table->slots[at].entry; at = (at + 1) & table->mask) {
        if (table->slots[at].tag != tag)
            continue;
        size_t other = table->slots[at].entry - 1;
        if (equal_values(json_array_get(array, index), json_array_get(array, other), &too_deep)) {
            *ret_equal = other;
            return TOKA_E_INVALID;
        }
        if (too_deep || ++collisions > COLLISIONS_MAX)
            return TOKA_E_LIMIT;
    }
    table->slots[at] = (struct slot){.tag = tag, .entry = (uint32_t)(index + 1)};
    table->used++;
    return TOKA_OK;
}

/* One reading of the array: elements of the partition must differ. */
static toka_status check_partition(struct table *table, const json_t *array, uint64_t seed, size_t partition,
                                   size_t partitions, size_t *ret_first, size_t *ret_second)
{
    size_t size = json_array_size(array);
    for (size_t i = 0; i < size; i++) {
        uint64_t hash = equal_hash(json_array_get(array, i), seed);
        if ((hash >> 48) % partitions != partition)
            continue;
        toka_status status = table_insert(table, array, i, hash, ret_first);
        if (status == TOKA_E_INVALID)
            *ret_second = i;
        if (status != TOKA_OK)
            return status;
    }
    return TOKA_OK;
}

static toka_status check_on_stack(const json_t *array, uint64_t seed, size_t *ret_first, size_t *ret_second)
{
    struct slot slots[STACK_SLOTS];
    size_t partitions = (json_array_size(array) + STACK_LOAD - 1) / STACK_LOAD;
    for (size_t partition = 0; partition < partitions; partition++) {
        memset(slots, 0, sizeof slots);
        struct table table = {.slots = slots, .mask = STACK_SLOTS - 1};
        toka_status status =
            check_partition(&table, array, seed, partition, partitions, ret_first, ret_second);
        if (status != TOKA_OK)
            return status;
    }
    return TOKA_OK;
}

static toka_status check_on_heap(const json_t *array, uint64_t seed, size_t *ret_first, size_t *ret_second)
{
    size_t size = json_array_size(array);
    if (size >= UINT32_MAX / 4)
        return TOKA_E_LIMIT;
    size_t slots = STACK_SLOTS;
    while (slots < size * 2)
        slots *= 2;
    struct table table = {.slots = calloc(slots, sizeof(struct slot)), .mask = slots - 1};
    if (!table.slots)
        return TOKA_E_NO_MEMORY;
    toka_status status = check_partition(&table, array, seed, 0, 1, ret_first, ret_second);
    free(table.slots);
    return status;
}

toka_status unique_check(const json_t *array, size_t *ret_first, size_t *ret_second)
{
    size_t size = json_array_size(array);
    if (size <= PAIRWISE_MAX)
        return check_pairwise(array, ret_first, ret_second);
    /* Addresses are random, so no document can be prepared to collide. */
    uint64_t seed = (uint64_t)(uintptr_t)array * 0x9E3779B97F4A7C15u ^ (uint64_t)(uintptr_t)&size;
    if (size <= TOKA_UNIQUE_MAX_STACK_ITEMS)
        return check_on_stack(array, seed, ret_first, ret_second);
    return check_on_heap(array, seed, ret_first, ret_second);
}
