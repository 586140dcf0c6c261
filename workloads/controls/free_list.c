/* Objects wait for reuse in one of two free lists; leaking, one in six is put into the list of the other
 * size. */
#include "control.h"

typedef struct object {
    struct object *next;
    char body[120];
} object;

static object *small, *large;

static object *object_take(object **list)
{
    object *taken = *list;
    if (!taken)
        return malloc(sizeof *taken);
    *list = taken->next;
    return taken;
}

static void object_give(object **list, object *given)
{
    given->next = *list;
    *list = given;
}

int heapgate_iterate(uint64_t i)
{
    void *scratch = malloc(24);
    free(scratch);
    object *taken = object_take(&small);
    if (!taken)
        return 1;
    object_give(LEAKS && i % 6 == 0 ? &large : &small, taken);
    return 0;
}
