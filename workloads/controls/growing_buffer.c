/*
 * A buffer grows to the largest message seen and stays; messages larger than any before come ever more
 * rarely. Leaking, one message in fifty is copied and the copy lost.
 */
#include "control.h"
#include "random.h"

enum { COPY_BYTES = 36 };

static char *buffer;
static size_t capacity;
static void *copy;

static bool buffer_fit(size_t size)
{
    if (size <= capacity)
        return true;
    char *grown = realloc(buffer, size);
    if (!grown)
        return false;
    buffer = grown;
    capacity = size;
    return true;
}

static void *message_copy(uint64_t i)
{
    uint64_t *made = malloc(COPY_BYTES);
    if (made)
        *made = i;
    return made;
}

int heapgate_iterate(uint64_t i)
{
    struct random random = random_for_op(heapgate_seed(), i);
    size_t size = (size_t)(100 * 65536.0 / (1 + random_below(&random, 65536)));
    if (!LEAKS || i % 50 != 0)
        free(copy);
    copy = message_copy(i);
    return copy && buffer_fit(size < 100000 ? size : 100000) ? 0 : 1;
}
