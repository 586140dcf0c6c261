/*
 * The real allocator below the probe: the next definition of each allocation function in the process, which
 * is the preloaded allocator or the C library's.
 */
#ifndef HG_PROBE_REAL_H
#define HG_PROBE_REAL_H

#include "record/assert.h"
#include <dlfcn.h>
#include <iconv.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hg_real {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void (*free)(void *);
    /* While the probe sleeps or rests (sampling.h). The block to free may be of the static arena. */
    void *(*asleep_malloc)(size_t);
    void (*asleep_free)(void *);
    int (*posix_memalign)(void **, size_t, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    void *(*memalign)(size_t, size_t);
    size_t (*usable_size)(void *);
    int (*dlclose)(void *);
    int (*iconv_close)(iconv_t);
    int (*getattr_np)(pthread_t, pthread_attr_t *);
    int (*pthread_create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
} hg_real;

extern hg_real hg_real_allocator;

/*
 * Whether sizes of blocks may be read from the C library's chunk headers: see hg_real_check_headers. If so,
 * the word before a block holds the size of its chunk, and flags in the low three bits. The chunk includes
 * that word; the block does not.
 */
extern bool hg_real_has_headers;

enum { HG_REAL_HEADER_FLAGS = 7, HG_REAL_HEADER_MAPPED = 2 };

static inline size_t hg_real_header(const void *block)
{
    return ((const size_t *)block)[-1];
}

/*
 * Whether the block was mapped on its own or is of the static arena: only malloc_usable_size knows its size.
 */
static inline bool hg_real_is_mapped(size_t header)
{
    return __builtin_expect((header & HG_REAL_HEADER_MAPPED) != 0, false);
}

/* The same, or the chunk has a page's size or more: in one question, which most blocks answer with no. */
static inline bool hg_real_is_mapped_or_large(size_t header)
{
#if defined(__x86_64__)
    /* The compiler would copy the header to look at it. */
    __asm__ goto("testq %1, %0\n\tjnz %l[found]"
                 :
                 : "r"(header), "e"(HG_REAL_HEADER_MAPPED | ~(size_t)4095)
                 : "cc"
                 : found);
    return false;
found:
    return true;
#else
    return __builtin_expect((header & (HG_REAL_HEADER_MAPPED | ~(size_t)4095)) != 0, false);
#endif
}

/* What malloc_usable_size says about all other blocks. */
static inline size_t hg_real_header_size(size_t header)
{
    size_t chunk = header & ~(size_t)HG_REAL_HEADER_FLAGS;
    HG_PROBE_ASSERT(chunk >= 4 * sizeof header);
    if (chunk < 4 * sizeof header) /* the least that the C library makes */
        __builtin_unreachable();
    return chunk - sizeof header;
}

/*
 * Finds out whether the functions above are the C library's, and whether its headers agree with
 * malloc_usable_size for blocks of many sizes. Called once, before there are threads.
 */
void hg_real_check_headers(void);

/* The C library's dlsym, once hg_real_resolve was called: the probe has one of its own (preload_dlsym.c). */
extern void *(*hg_real_dlsym)(void *handle, const char *name);

/* What that finds for the probe. It may allocate. */
void *hg_real_symbol(void *handle, const char *name);

/* Whether malloc, calloc, realloc and free above are the C library's. Ask once hg_real_resolve is true. */
bool hg_real_is_c_library(void);

/*
 * The next definition of a function after the probe's own, NULL when there is none: a function pointer out of
 * dlsym's object pointer, by the route that ISO C leaves open.
 */
#define HG_REAL_FIND(function, symbol)                                                                       \
    do {                                                                                                     \
        void *found_ = hg_real_symbol(RTLD_NEXT, symbol);                                                    \
        __builtin_memcpy(&(function), &found_, sizeof found_);                                               \
    } while (0)

/*
 * Looks the functions up, once. It may be entered again while it runs, because looking up a symbol may
 * allocate; it is false then, and the memory comes from a small static arena.
 */
__attribute__((noinline, cold)) bool hg_real_look_up(void);

extern bool hg_real_known; /* all functions above are set */

static inline bool hg_real_resolve(void)
{
    return __builtin_expect(hg_real_known, true) || hg_real_look_up();
}

/*
 * From the static arena, zeroed; NULL when it is used up. Such blocks are never given back. The word before
 * one looks like the header of a block mapped on its own.
 */
void *hg_real_arena_alloc(size_t size, size_t alignment);

enum { HG_REAL_ARENA_BYTES = 64 * 1024 };
extern char hg_real_arena[HG_REAL_ARENA_BYTES];

static inline bool hg_real_in_arena(const void *block)
{
    return (uintptr_t)block - (uintptr_t)hg_real_arena < HG_REAL_ARENA_BYTES;
}

/* Bytes from a block of the arena to the arena's end: at most so many may be copied out of it. */
size_t hg_real_arena_extent(const void *block);

#endif
