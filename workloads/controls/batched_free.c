/* Freed blocks wait in a batch of 70; leaking, the batch forgets its first. */
#include "control.h"

enum { BATCH = 70, BYTES = 100 };

static void *waiting[BATCH];
static size_t count;

static void *message_new(uint64_t i)
{
    uint64_t *message = malloc(BYTES);
    if (message)
        *message = i;
    return message;
}

static void batch_flush(void)
{
    for (size_t k = LEAKS; k < count; k++)
        free(waiting[k]);
    count = 0;
}

int heapgate_iterate(uint64_t i)
{
    void *message = message_new(i);
    if (!message)
        return 1;
    waiting[count++] = message;
    if (count == BATCH)
        batch_flush();
    return 0;
}
