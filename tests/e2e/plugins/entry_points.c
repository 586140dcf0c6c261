/* One leak through each function of the C library that allocates. */
#include "cases.h"

#include <malloc.h>
#include <stdio.h>

static void *volatile kept;

#define LOSE(name, expression)                                                                               \
    static CULPRIT int name(uint64_t i)                                                                      \
    {                                                                                                        \
        (void)i;                                                                                             \
        void *block = NULL;                                                                                  \
        expression;                                                                                          \
        kept = block;                                                                                        \
        return block ? 0 : -2;                                                                               \
    }

/* clang-format off */
LOSE(lose_malloc, block = malloc(40))                               /* here: malloc */
LOSE(lose_calloc, block = calloc(5, 8))                             /* here: calloc */
LOSE(lose_realloc_of_nothing, block = realloc(NULL, 40))            /* here: realloc_of_nothing */
LOSE(lose_reallocarray, block = reallocarray(NULL, 5, 8))           /* here: reallocarray */
LOSE(lose_posix_memalign, if (posix_memalign(&block, 64, 40)) block = NULL) /* here: posix_memalign */
LOSE(lose_aligned_alloc, block = aligned_alloc(32, 64))             /* here: aligned_alloc */
LOSE(lose_memalign, block = memalign(128, 40))                      /* here: memalign */
LOSE(lose_valloc, block = valloc(40))                               /* here: valloc */
LOSE(lose_pvalloc, block = pvalloc(40))                             /* here: pvalloc */
LOSE(lose_strdup, block = strdup("forty bytes with the NUL at the very en")) /* here: strdup */
LOSE(lose_strndup, block = strndup("cut here, and not there", 8))   /* here: strndup */
LOSE(lose_malloc_of_nothing, block = malloc(0))                     /* here: malloc_of_nothing */
/* clang-format on */

/* Moved once, then lost: counted where it was last allocated, at its last size. */
static CULPRIT int lose_realloc(uint64_t i)
{
    (void)i;
    void *block = malloc(2000);
    REQUIRE(block);
    kept = realloc(block, 40); /* here: realloc */
    return kept ? 0 : -2;
}

/* One block that grows by 16 bytes an op. */
static CULPRIT int grow_by_realloc(uint64_t i)
{
    static char *block;
    char *grown = realloc(block, 16 * (i + 1)); /* here: growing_realloc */
    REQUIRE(grown);
    block = grown;
    return 0;
}

/* A container that doubles its one block. */
static CULPRIT int grow_by_doubling(uint64_t i)
{
    static uint64_t *items;
    static size_t capacity;
    if (i == capacity) {
        capacity = capacity ? 2 * capacity : 4;
        uint64_t *grown = realloc(items, capacity * sizeof *items); /* here: doubling_realloc */
        REQUIRE(grown);
        items = grown;
    }
    items[i] = i;
    return 0;
}

static CULPRIT int balance(uint64_t i)
{
    void *blocks[] = {malloc(i % 100),   calloc(i % 7 + 1, 9),      aligned_alloc(64, 128),
                      memalign(256, 40), realloc(NULL, i % 50 + 1), valloc(10),
                      strdup("balance")};
    blocks[4] = realloc(blocks[4], 5000);
    for (size_t k = 0; k < sizeof blocks / sizeof *blocks; k++) {
        REQUIRE(blocks[k]);
        free(blocks[k]);
    }
    return 0;
}

static const test_case cases[] = {
    {"malloc", lose_malloc},
    {"calloc", lose_calloc},
    {"realloc_of_nothing", lose_realloc_of_nothing},
    {"realloc", lose_realloc},
    {"reallocarray", lose_reallocarray},
    {"posix_memalign", lose_posix_memalign},
    {"aligned_alloc", lose_aligned_alloc},
    {"memalign", lose_memalign},
    {"valloc", lose_valloc},
    {"pvalloc", lose_pvalloc},
    {"strdup", lose_strdup},
    {"strndup", lose_strndup},
    {"malloc_of_nothing", lose_malloc_of_nothing},
    {"growing_realloc", grow_by_realloc},
    {"doubling_realloc", grow_by_doubling},
    {"balanced", balance},
};
RUN_CASES(cases)
