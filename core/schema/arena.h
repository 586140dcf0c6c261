/*
 * A bump allocator: many small blocks, few calls to malloc, everything freed at once.
 *
 * Blocks are 8-byte aligned and never move. An arena may begin in memory that the caller lends, so that
 * small jobs need no malloc at all. It refuses to grow past its limit: a hostile schema must not turn 64
 * KiB of text into gigabytes of program. Not thread-safe.
 */
#ifndef TOKA_ARENA_H
#define TOKA_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks; /* newest first */
    char *next;                 /* free space in the newest chunk, or in the lent buffer */
    char *end;
    size_t chunk_bytes; /* size of the next chunk */
    size_t total_bytes; /* taken from malloc so far */
    size_t limit_bytes;
    bool over_limit; /* a block was refused because of the limit, not because memory ran out */
};

/* buffer may be NULL; it must outlive the arena. chunk_bytes is the size of the first chunk taken from
 * malloc. */
void arena_init(struct arena *arena, void *buffer, size_t buffer_bytes, size_t chunk_bytes,
                size_t limit_bytes);

/* Zeroed memory, or NULL when malloc failed or the limit was reached. size 0 gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size);

/* The same for count elements; a product that overflows is refused. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* A copy with a NUL byte after it. */
char *arena_copy(struct arena *arena, const char *bytes, size_t size);

/* Takes a block back if it was the last one handed out; otherwise it stays until arena_free. */
void arena_return(struct arena *arena, void *block, size_t size);

void arena_free(struct arena *arena);

#endif
