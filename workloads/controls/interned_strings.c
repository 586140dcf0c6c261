/* Strings are interned for ever. Healthy, there are 500 different ones; leaking, every fourth op brings a new
 * one. */
#include "control.h"

#include <inttypes.h>
#include <stdio.h>

enum { BUCKETS = 4096, KNOWN = 500, TEXT_BYTES = 32 };

typedef struct interned {
    struct interned *next;
    char text[TEXT_BYTES];
} interned;

static interned *buckets[BUCKETS];

static interned *intern_add(interned **bucket, const char *text)
{
    interned *added = malloc(sizeof *added);
    if (!added)
        return NULL;
    snprintf(added->text, sizeof added->text, "%s", text);
    added->next = *bucket;
    *bucket = added;
    return added;
}

static const char *intern(const char *text, uint64_t hash)
{
    interned **bucket = &buckets[hash % BUCKETS];
    interned *known = *bucket;
    while (known && strcmp(known->text, text) != 0)
        known = known->next;
    if (!known)
        known = intern_add(bucket, text);
    return known ? known->text : NULL;
}

int heapgate_iterate(uint64_t i)
{
    char text[TEXT_BYTES];
    uint64_t name = LEAKS && i % 4 == 0 ? KNOWN + i : i % KNOWN;
    void *scratch = malloc(24);
    free(scratch);
    snprintf(text, sizeof text, "field-%" PRIu64, name);
    return intern(text, name * 2654435761u) ? 0 : 1;
}
