/* What a program may expect of an allocator, asked of the probe. */
#include "cases.h"

#include <errno.h>
#include <malloc.h>
#include <stdbool.h>

static uint64_t state = 1;

static uint64_t draw(uint64_t bound)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % bound;
}

static void fill(unsigned char *block, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        block[i] = (unsigned char)(i * 31 + seed);
}

static bool holds(const unsigned char *block, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        if (block[i] != (unsigned char)(i * 31 + seed))
            return false;
    return true;
}

/* Every byte that malloc_usable_size promises may be written, in all blocks at once. */
static int use_usable_bytes(uint64_t i)
{
    enum { BLOCKS = 40 };
    unsigned char *blocks[BLOCKS];
    size_t usable[BLOCKS];
    for (unsigned k = 0; k < BLOCKS; k++) {
        size_t size = (i * BLOCKS + k) % 3000;
        blocks[k] = k % 3 == 0 ? malloc(size) : k % 3 == 1 ? calloc(1, size) : memalign(64, size);
        REQUIRE(blocks[k]);
        usable[k] = malloc_usable_size(blocks[k]);
        REQUIRE(usable[k] >= size);
        fill(blocks[k], usable[k], k);
    }
    for (unsigned k = 0; k < BLOCKS; k++) {
        REQUIRE(malloc_usable_size(blocks[k]) == usable[k]);
        REQUIRE(holds(blocks[k], usable[k], k));
        free(blocks[k]);
    }
    REQUIRE(malloc_usable_size(NULL) == 0);
    return 0;
}

static int keep_contents_in_realloc(uint64_t i)
{
    size_t size = draw(400);
    unsigned seed = (unsigned)i;
    unsigned char *block = malloc(size);
    REQUIRE(block);
    fill(block, size, seed);
    for (int k = 0; k < 20; k++) {
        size_t next = 1 + (draw(8) == 0 ? draw(300000) : draw(2000));
        unsigned char *moved = realloc(block, next);
        REQUIRE(moved);
        block = moved;
        REQUIRE(holds(block, size < next ? size : next, seed));
        size = next;
        fill(block, size, ++seed);
    }
    free(block);
    return 0;
}

static int give_zeroed_memory(uint64_t i)
{
    size_t size = 1 + draw(i % 50 == 0 ? 100000 : 3000);
    unsigned char *dirty = malloc(size);
    REQUIRE(dirty);
    memset(dirty, 0xff, malloc_usable_size(dirty));
    free(dirty);
    unsigned char *block = calloc(1, size);
    REQUIRE(block);
    for (size_t k = 0; k < size; k++)
        REQUIRE(block[k] == 0);
    free(block);
    return 0;
}

static int keep_alignment(uint64_t i)
{
    for (size_t alignment = sizeof(void *); alignment <= 65536; alignment *= 2) {
        void *block = NULL;
        size_t size = i % 500;
        REQUIRE(posix_memalign(&block, alignment, size) == 0);
        REQUIRE((uintptr_t)block % alignment == 0);
        free(block);
        block = aligned_alloc(alignment, alignment);
        REQUIRE(block && (uintptr_t)block % alignment == 0);
        block = realloc(block, size + 1);
        REQUIRE(block && (uintptr_t)block % 16 == 0);
        free(block);
    }
    void *page = valloc(i % 100);
    REQUIRE(page && (uintptr_t)page % 4096 == 0);
    free(page);
    return 0;
}

static int refuse_bad_alignment(uint64_t i)
{
    void *block = &state;
    (void)i;
    REQUIRE(posix_memalign(&block, 3, 10) == EINVAL);
    REQUIRE(posix_memalign(&block, 0, 10) == EINVAL);
    REQUIRE(block == &state);
    free(malloc(10));
    return 0;
}

static int allow_nothing(uint64_t i)
{
    (void)i;
    free(NULL);
    void *first = malloc(0);
    void *second = malloc(0);
    REQUIRE(first && second && first != second);
    free(first);
    /* Freed, as glibc and jemalloc have it, or made as small as can be, as mimalloc does. */
    second = realloc(second, 0);
    free(second);
    void *third = calloc(0, 10);
    REQUIRE(third);
    free(third);
    void *fourth = realloc(NULL, 10);
    REQUIRE(fourth);
    free(fourth);
    return 0;
}

static int refuse_huge_sizes(uint64_t i)
{
    volatile size_t sizes[] = {SIZE_MAX,     SIZE_MAX - 7,     SIZE_MAX - 8,
                               SIZE_MAX / 2, SIZE_MAX / 2 + 1, PTRDIFF_MAX};
    unsigned char *block = malloc(100);
    REQUIRE(block);
    fill(block, 100, (unsigned)i);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        void *untouched = &state;
        errno = 0;
        REQUIRE(!malloc(sizes[k]) && errno == ENOMEM);
        errno = 0;
        REQUIRE(!calloc(1, sizes[k]) && errno == ENOMEM);
        /* jemalloc leaves errno alone from here on. */
        REQUIRE(!realloc(block, sizes[k]));
        REQUIRE(!aligned_alloc(64, sizes[k]));
        REQUIRE(!memalign(64, sizes[k]));
        REQUIRE(!valloc(sizes[k]));
        REQUIRE(posix_memalign(&untouched, 64, sizes[k]) == ENOMEM && untouched == &state);
    }
    REQUIRE(holds(block, 100, (unsigned)i));
    free(block);
    return 0;
}

static int refuse_overflow(uint64_t i)
{
    volatile size_t half = SIZE_MAX / 2 + 2;
    volatile size_t root = (size_t)1 << 32;
    (void)i;
    errno = 0;
    REQUIRE(!calloc(half, 2) && errno == ENOMEM);
    errno = 0;
    REQUIRE(!calloc(root, root) && errno == ENOMEM);
    errno = 0;
    REQUIRE(!reallocarray(NULL, half, 2) && errno == ENOMEM);
    unsigned char *block = malloc(64);
    REQUIRE(block);
    fill(block, 64, 5);
    errno = 0;
    REQUIRE(!reallocarray(block, root, root) && errno == ENOMEM);
    REQUIRE(holds(block, 64, 5));
    free(block);
    return 0;
}

static int keep_errno(uint64_t i)
{
    errno = 4711;
    void *block = malloc(i % 1000);
    REQUIRE(block && errno == 4711);
    block = realloc(block, 2000);
    REQUIRE(block && errno == 4711);
    free(block);
    REQUIRE(errno == 4711);
    return 0;
}

static const test_case cases[] = {
    {"usable_size", use_usable_bytes},
    {"realloc_contents", keep_contents_in_realloc},
    {"zeroed", give_zeroed_memory},
    {"alignment", keep_alignment},
    {"bad_alignment", refuse_bad_alignment},
    {"nothing", allow_nothing},
    {"huge_sizes", refuse_huge_sizes},
    {"overflow", refuse_overflow},
    {"errno", keep_errno},
};
RUN_CASES(cases)
