/*
 * A pool that tells heapgate what it hands out: pools KIND MARKS. KIND is leaking (one piece of 48 bytes is
 * lost a mark), healthy, mapped (leaking, its chunks come from mmap), arena (all pieces are taken back at
 * once), or silent (leaking, and tells nothing). Compiles as C and as C++.
 */
#include <errno.h>
#include <heapgate/mark.h>
#include <heapgate/pool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CHUNK_BYTES ((size_t)64 * 1024)
#define PIECE_BYTES 48

typedef struct piece {
    struct piece *next;
    char rest[PIECE_BYTES - sizeof(void *)];
} piece;

static piece *free_pieces;
static piece *arena;
static size_t arena_used;
static int is_silent;
static int is_mapped;

static void *make_chunk(void)
{
    void *chunk = is_mapped
                      ? mmap(NULL, CHUNK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                      : malloc(CHUNK_BYTES);
    if (!chunk || chunk == MAP_FAILED)
        abort();
    if (!is_silent)
        heapgate_pool_chunk(chunk, CHUNK_BYTES);
    return chunk;
}

static void *take(void)
{
    if (!free_pieces) {
        piece *chunk = (piece *)make_chunk();
        for (size_t i = 0; i < CHUNK_BYTES / sizeof *chunk; i++) {
            chunk[i].next = free_pieces;
            free_pieces = &chunk[i];
        }
    }
    piece *taken = free_pieces;
    free_pieces = taken->next;
    if (!is_silent)
        heapgate_pool_alloc(taken, PIECE_BYTES);
    return taken;
}

static void give_back(void *block)
{
    piece *given = (piece *)block;
    if (!is_silent)
        heapgate_pool_free(given);
    given->next = free_pieces;
    free_pieces = given;
}

static __attribute__((noinline)) void serve(int leaks)
{
    void *blocks[20];
    for (int i = 0; i < 20; i++)
        blocks[i] = take();
    for (int i = leaks; i < 20; i++)
        give_back(blocks[i]);
}

static __attribute__((noinline)) void serve_from_arena(void)
{
    if (!arena)
        arena = (piece *)make_chunk();
    for (int i = 0; i < 20; i++)
        heapgate_pool_alloc(&arena[arena_used++], PIECE_BYTES);
    arena_used = 0;
    heapgate_pool_reset(arena, CHUNK_BYTES);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    is_silent = strcmp(argv[1], "silent") == 0;
    is_mapped = strcmp(argv[1], "mapped") == 0;
    int leaks = strcmp(argv[1], "healthy") != 0;
    errno = 7;
    heapgate_pool_free(NULL);
    heapgate_pool_free(&errno);
    heapgate_pool_alloc(NULL, 1);
    if (errno != 7)
        return 3;
    for (int i = 0; i < atoi(argv[2]); i++) {
        if (strcmp(argv[1], "arena") == 0)
            serve_from_arena();
        else
            serve(leaks);
        heapgate_mark();
    }
    return 0;
}
