/*
 * The real allocator below the probe: the next definition of each allocation function in the process, which
 * is the preloaded allocator or the C library's.
 */
#ifndef HG_PROBE_REAL_H
#define HG_PROBE_REAL_H

#include <stdbool.h>
#include <stddef.h>

typedef struct hg_real {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void (*free)(void *);
    int (*posix_memalign)(void **, size_t, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    void *(*memalign)(size_t, size_t);
    size_t (*usable_size)(void *);
    void *(*operator_new)(size_t); /* NULL where no C++ library is loaded */
    void *(*operator_new_aligned)(size_t, size_t);
    int (*dlclose)(void *);
} hg_real;

extern hg_real hg_real_allocator;

/*
 * Looks the functions up, once. Safe to call from inside itself: looking a symbol up may allocate, and what
 * is asked for meanwhile comes from a small static arena. False while the look-up is still going on.
 */
bool hg_real_look_up(void);

extern bool hg_real_known; /* all functions above are set */

static inline bool hg_real_resolve(void)
{
    return __builtin_expect(hg_real_known, true) || hg_real_look_up();
}

/* The C++ operators, which appear only when a C++ library is loaded: looked up when first needed. */
void hg_real_resolve_operators(void);

/* From the static arena, zeroed; NULL when it is used up. Such blocks are never given back. */
void *hg_real_arena_alloc(size_t size, size_t alignment);
bool hg_real_in_arena(const void *block);
/* Bytes from the block to the end of the arena's used part: an upper bound of what may be copied out of it.
 */
size_t hg_real_arena_extent(const void *block);

#endif
