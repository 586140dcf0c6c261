/* A request's pool is reset after it; leaking, the reset forgets what was too large for the pool. One in nine
 * has that. */
#include "control.h"

enum { POOL_BYTES = 1024, PIECE_BYTES = 64, LARGE_BYTES = 3000 };

static struct {
    char *room;
    size_t used;
    void *large;
} pool;

static void *pool_take_large(size_t size)
{
    pool.large = malloc(size);
    return pool.large;
}

static void *pool_take(size_t size)
{
    if (size > POOL_BYTES)
        return pool_take_large(size);
    if (!pool.room && !(pool.room = malloc(POOL_BYTES)))
        return NULL;
    pool.used += size;
    return pool.room + pool.used - size;
}

static void pool_reset(void)
{
    if (!LEAKS)
        free(pool.large);
    pool.large = NULL;
    pool.used = 0;
}

int heapgate_iterate(uint64_t i)
{
    bool well = true;
    for (int piece = 0; piece < 5; piece++)
        well = pool_take(PIECE_BYTES) && well;
    if (i % 9 == 0)
        well = pool_take(LARGE_BYTES) && well;
    pool_reset();
    return well ? 0 : 1;
}
