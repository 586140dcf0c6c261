/*
 * Garbage is collected when the heap is twice what the last collection left, so that the sawtooth is as long
 * as the live set is large. Leaking, one object in two hundred stays on the list of roots.
 */
#include "control.h"

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "object", .default_ops = 200000};

enum { YOUNG = 300, LEAST_THRESHOLD = 1000, ROOT_EVERY = 200 };

typedef struct object {
    struct object *next;
    uint64_t born;
    char body[32];
} object;

static object *heap;
static size_t count, threshold = LEAST_THRESHOLD;

static object *object_new(uint64_t born)
{
    object *made = malloc(sizeof *made);
    if (!made)
        return NULL;
    made->next = heap;
    made->born = born;
    heap = made;
    count++;
    return made;
}

static void collect(uint64_t now)
{
    for (object **link = &heap; *link;) {
        object *seen = *link;
        bool root = LEAKS && seen->born % ROOT_EVERY == 0;
        if (root || now - seen->born < YOUNG) {
            link = &seen->next;
            continue;
        }
        *link = seen->next;
        free(seen);
        count--;
    }
    threshold = 2 * count > LEAST_THRESHOLD ? 2 * count : LEAST_THRESHOLD;
}

int heapgate_iterate(uint64_t i)
{
    if (count >= threshold)
        collect(i);
    return object_new(i) ? 0 : 1;
}
