#include "base/intern.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 256u
#define MOST_KEYS   (UINT32_MAX / 4)

static uint64_t hash_of(const unsigned char *key, size_t length)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ key[i]) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 32;
}

static const hg_intern_key *key_at(const hg_intern *table, size_t number)
{
    return (const hg_intern_key *)(const void *)table->keys.bytes + number;
}

/* The slot that holds the key, or the free one where it belongs. */
static size_t slot_of(const hg_intern *table, const void *key, size_t length, uint64_t hash)
{
    size_t slot = hash & (table->slot_count - 1);

    for (; table->slots[slot] != 0; slot = (slot + 1) & (table->slot_count - 1)) {
        const hg_intern_key *known = key_at(table, table->slots[slot] - 1);
        if (known->hash == hash && known->length == length &&
            memcmp(table->bytes.bytes + known->start, key, length) == 0)
            break;
    }
    return slot;
}

/* Keeps at most half of the slots in use. */
static bool grow(hg_intern *table)
{
    if (table->slot_count > 0 && table->count < table->slot_count / 2)
        return true;
    size_t slot_count = table->slot_count > 0 ? 2 * table->slot_count : FIRST_SLOTS;
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    if (!slots || table->count >= MOST_KEYS) {
        free(slots);
        return false;
    }
    free(table->slots);
    table->slots = slots;
    table->slot_count = slot_count;
    for (size_t i = 0; i < table->count; i++) {
        size_t slot = key_at(table, i)->hash & (slot_count - 1);
        while (slots[slot] != 0)
            slot = (slot + 1) & (slot_count - 1);
        slots[slot] = (uint32_t)i + 1;
    }
    return true;
}

size_t hg_intern_add(hg_intern *table, const void *key, size_t length)
{
    if (table->failed || !grow(table)) {
        table->failed = true;
        return 0;
    }
    uint64_t hash = hash_of(key, length);
    size_t slot = slot_of(table, key, length, hash);
    if (table->slots[slot] != 0)
        return table->slots[slot] - 1;
    hg_intern_key added = {.start = table->bytes.size, .length = length, .hash = hash};
    hg_buffer_add(&table->bytes, key, length);
    hg_buffer_add(&table->bytes, "", 1);
    hg_buffer_add(&table->keys, &added, sizeof added);
    if (table->bytes.failed || table->keys.failed) {
        table->failed = true;
        return 0;
    }
    table->slots[slot] = (uint32_t)++table->count;
    return table->count - 1;
}

size_t hg_intern_text(hg_intern *table, const char *text)
{
    return hg_intern_add(table, text ? text : "", text ? strlen(text) : 0);
}

const char *hg_intern_get(const hg_intern *table, size_t number, size_t *ret_length)
{
    const hg_intern_key *key = key_at(table, number);

    assert(number < table->count);
    *ret_length = key->length;
    return table->bytes.bytes + key->start;
}

void hg_intern_free(hg_intern *table)
{
    hg_buffer_free(&table->bytes);
    hg_buffer_free(&table->keys);
    free(table->slots);
    *table = (hg_intern){0};
}
