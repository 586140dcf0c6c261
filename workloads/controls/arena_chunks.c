/* An arena hands out 48 bytes an op from chunks of 64 KiB. Healthy, it is reset every 4,000 ops. */
#include "control.h"

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.default_ops = 60000};

enum { CHUNK_BYTES = 65536, PIECE_BYTES = 48, RESET_EVERY = 4000 };

typedef struct chunk {
    struct chunk *next;
    size_t used;
    char room[CHUNK_BYTES - 2 * sizeof(size_t)];
} chunk;

static chunk *arena;

static chunk *arena_add_chunk(void)
{
    chunk *added = malloc(sizeof *added);
    if (!added)
        return NULL;
    added->next = arena;
    added->used = 0;
    arena = added;
    return added;
}

static void *arena_take(size_t size)
{
    if ((!arena || arena->used + size > sizeof arena->room) && !arena_add_chunk())
        return NULL;
    arena->used += size;
    return arena->room + arena->used - size;
}

static void arena_reset(void)
{
    while (arena) {
        chunk *next = arena->next;
        free(arena);
        arena = next;
    }
}

int heapgate_iterate(uint64_t i)
{
    if (!LEAKS && i % RESET_EVERY == 0)
        arena_reset();
    uint64_t *piece = arena_take(PIECE_BYTES);
    if (!piece)
        return 1;
    *piece = i;
    return 0;
}
