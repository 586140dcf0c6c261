#include "arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_ALIGN = 8, ARENA_MAX_CHUNK = 64 * 1024 };

struct arena_chunk {
    struct arena_chunk *older;
    uint64_t bytes[]; /* aligned like what is handed out */
};

void arena_init(struct arena *arena, void *buffer, size_t buffer_bytes, size_t chunk_bytes,
                size_t limit_bytes)
{
    *arena = (struct arena){.chunk_bytes = chunk_bytes, .limit_bytes = limit_bytes};
    if (buffer) {
        arena->next = buffer;
        arena->end = arena->next + buffer_bytes;
    }
}

static bool arena_grow(struct arena *arena, size_t size)
{
    size_t wanted = size + sizeof(struct arena_chunk);
    if (wanted < arena->chunk_bytes)
        wanted = arena->chunk_bytes;
    if (wanted > arena->limit_bytes - arena->total_bytes) {
        arena->over_limit = true;
        return false;
    }
    struct arena_chunk *chunk = malloc(wanted);
    if (!chunk)
        return false;
    chunk->older = arena->chunks;
    arena->chunks = chunk;
    arena->next = (char *)chunk->bytes;
    arena->end = (char *)chunk + wanted;
    arena->total_bytes += wanted;
    if (arena->chunk_bytes < ARENA_MAX_CHUNK)
        arena->chunk_bytes *= 2;
    return true;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2) {
        arena->over_limit = true;
        return NULL;
    }
    size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if ((!arena->next || size > (size_t)(arena->end - arena->next)) && !arena_grow(arena, size))
        return NULL;
    void *block = arena->next;
    arena->next += size;
    return memset(block, 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        arena->over_limit = true;
        return NULL;
    }
    return arena_alloc(arena, bytes);
}

char *arena_copy(struct arena *arena, const char *bytes, size_t size)
{
    char *copy = arena_alloc(arena, size + 1);
    if (copy && size)
        memcpy(copy, bytes, size);
    return copy;
}

void arena_return(struct arena *arena, void *block, size_t size)
{
    size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if ((char *)block + size == arena->next)
        arena->next = block;
}

void arena_free(struct arena *arena)
{
    while (arena->chunks) {
        struct arena_chunk *older = arena->chunks->older;
        free(arena->chunks);
        arena->chunks = older;
    }
    arena->next = arena->end = NULL;
}
