/* A cache of 256 entries that evicts the least recently used; leaking, an eviction forgets the key. */
#include "control.h"
#include "random.h"

enum { ENTRIES = 256, KEYS = 2000, KEY_BYTES = 28 };

typedef struct entry {
    char *key;
    uint64_t number, used;
} entry;

static entry *cache[ENTRIES];

static char *key_copy(uint64_t number)
{
    char *key = malloc(KEY_BYTES);
    if (key)
        memcpy(key, &number, sizeof number);
    return key;
}

static entry *entry_new(uint64_t number)
{
    entry *made = malloc(sizeof *made);
    if (!made)
        return NULL;
    *made = (entry){.key = key_copy(number), .number = number};
    if (made->key)
        return made;
    free(made);
    return NULL;
}

static void entry_free(entry *evicted)
{
    if (!evicted)
        return;
    if (!LEAKS)
        free(evicted->key);
    free(evicted);
}

/* Where the key is, or where it may go. */
static entry **cache_find(uint64_t number)
{
    entry **oldest = &cache[0];
    for (size_t k = 0; k < ENTRIES; k++) {
        if (!cache[k] || cache[k]->number == number)
            return &cache[k];
        if (cache[k]->used < (*oldest)->used)
            oldest = &cache[k];
    }
    return oldest;
}

int heapgate_iterate(uint64_t i)
{
    struct random random = random_for_op(heapgate_seed(), i);
    uint64_t number = random_below(&random, KEYS);
    entry **slot = cache_find(number);
    if (!*slot || (*slot)->number != number) {
        entry_free(*slot);
        *slot = entry_new(number);
    }
    if (!*slot)
        return 1;
    (*slot)->used = i + 1;
    return 0;
}
