/*
 * By these functions a pool or an arena tells heapgate what it hands out, so that heapgate counts it by call
 * path like the blocks of malloc.
 *
 * A pool takes chunks of memory from malloc or mmap and divides them itself. heapgate sees the chunks only:
 * it cannot tell who keeps the pieces. Call heapgate_pool_chunk where the pool gets a chunk, and
 * heapgate_pool_alloc and heapgate_pool_free where it hands out and takes back a piece. The call path of a
 * piece is that of the call of heapgate_pool_alloc. This header is all that a C or C++ program needs; there
 * is no library to link.
 *
 *     chunk = malloc(65536);                      heapgate_pool_chunk(chunk, 65536);
 *     piece = take_from_free_list(pool);          heapgate_pool_alloc(piece, 48);
 *     put_into_free_list(pool, piece);            heapgate_pool_free(piece);
 *     pool->used = 0;                             heapgate_pool_reset(pool->begin, pool->size);
 *
 * Ownership: heapgate keeps addresses, and never reads or writes the memory behind them. Nothing changes for
 * the pool. Pieces that are reported and not freed stay counted, even if their chunk goes back to malloc or
 * the system: report a free or a reset before that.
 *
 * Without heapgate's probe in the process, each call costs a load and a branch, and nothing happens; only the
 * first one looks for the probe (dlsym), which may allocate. So it is in a forked child that heapgate does
 * not watch.
 *
 * Threads: any thread may call them, at the same time and in signal handlers, if no two calls at a time are
 * about the same piece; a pool that is correct makes none. They keep errno. No call fails: where the probe
 * has no memory for a piece, the piece is not counted, and the report says how many allocations were not.
 */
#ifndef HEAPGATE_POOL_H
#define HEAPGATE_POOL_H

#include <stddef.h>

#ifndef __linux__
#define heapgate_pool_chunk(chunk, size) ((void)(chunk), (void)(size))
#define heapgate_pool_alloc(piece, size) ((void)(piece), (void)(size))
#define heapgate_pool_free(piece)        ((void)(piece))
#define heapgate_pool_reset(begin, size) ((void)(begin), (void)(size))
#else

#ifdef __cplusplus
extern "C" {
#endif

/* The C library's; declared here because dlfcn.h does not offer RTLD_DEFAULT to every language standard. */
extern void *dlsym(void *handle, const char *name);

/* What the probe is told of; its own numbers. */
enum heapgate_pool_event {
    HEAPGATE_POOL_CHUNK = 1,
    HEAPGATE_POOL_ALLOC = 2,
    HEAPGATE_POOL_FREE = 3,
    HEAPGATE_POOL_RESET = 4
};

typedef void (*heapgate_pool_teller)(int event, const void *place, size_t size);

/* One for the process, even if many files include this header. */
struct heapgate_pools {
    int looked;                /* whether the probe was looked for */
    heapgate_pool_teller tell; /* the probe's function; 0: there is no probe */
};
__attribute__((weak, visibility("default"))) struct heapgate_pools heapgate_pools;

/* Two threads that look at the same time find the same. */
static inline heapgate_pool_teller heapgate_pool_look(void)
{
    heapgate_pool_teller found;
    void *address = dlsym(0, "heapgate_probe_pool");
    __builtin_memcpy(&found, &address, sizeof found);
    __atomic_store_n(&heapgate_pools.tell, found, __ATOMIC_RELAXED);
    __atomic_store_n(&heapgate_pools.looked, 1, __ATOMIC_RELEASE);
    return found;
}

/* In the place of its call, so that the call path does not begin here. */
static inline __attribute__((always_inline)) void heapgate_pool_tell(int event, const void *place,
                                                                     size_t size)
{
    heapgate_pool_teller tell = __atomic_load_n(&heapgate_pools.looked, __ATOMIC_ACQUIRE)
                                    ? __atomic_load_n(&heapgate_pools.tell, __ATOMIC_RELAXED)
                                    : heapgate_pool_look();
    if (tell)
        tell(event, place, size);
}

/*
 * The pool divides these bytes from now on: they count no more, and what the pool hands out of them does. Of
 * memory from malloc and its like, chunk is the block's begin, and size is not looked at. Of memory from
 * mmap, size bytes from chunk on are the pool's. After a realloc or mremap of a chunk it has to be told
 * again. Not to be called with other memory, as of static arrays: that does not count anyway.
 */
static inline __attribute__((always_inline)) void heapgate_pool_chunk(const void *chunk, size_t size)
{
    heapgate_pool_tell(HEAPGATE_POOL_CHUNK, chunk, size);
}

/*
 * The pool hands out a piece of so many bytes, 0 too. A piece at the same place that was not freed counts as
 * freed now. NULL is fine, and no piece.
 */
static inline __attribute__((always_inline)) void heapgate_pool_alloc(const void *piece, size_t size)
{
    heapgate_pool_tell(HEAPGATE_POOL_ALLOC, piece, size);
}

/* The pool takes a piece back. One that was never reported, and NULL, change nothing. */
static inline __attribute__((always_inline)) void heapgate_pool_free(const void *piece)
{
    heapgate_pool_tell(HEAPGATE_POOL_FREE, piece, 0);
}

/*
 * The pool takes back all pieces that begin in these bytes, as an arena does when its request is over. Takes
 * about a nanosecond for each piece that the pools of the process have handed out, at their most.
 */
static inline __attribute__((always_inline)) void heapgate_pool_reset(const void *begin, size_t size)
{
    heapgate_pool_tell(HEAPGATE_POOL_RESET, begin, size);
}

#ifdef __cplusplus
}
#endif

#endif
#endif
