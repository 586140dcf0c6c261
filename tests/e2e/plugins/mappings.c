/* Leaks and good manners with mappings that the program makes itself. */
#include "cases.h"

#include <sys/mman.h>

enum { PAGE = 4096 };

static void *map(size_t pages)
{
    void *place = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return place == MAP_FAILED ? NULL : place;
}

static CULPRIT int lose_mmap(uint64_t i)
{
    (void)i;
    void *place =
        mmap(NULL, 5000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); /* here: mmap */
    return place == MAP_FAILED ? -2 : 0;
}

/* Three pages, of which the outer two are given back. */
static CULPRIT int lose_the_middle(uint64_t i)
{
    (void)i;
    char *place = mmap(NULL, 3 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); /* here: middle */
    REQUIRE(place != MAP_FAILED);
    REQUIRE(munmap(place, PAGE) == 0);
    REQUIRE(munmap(place + 2 * PAGE, PAGE) == 0);
    return 0;
}

/* Three pages, of which the middle one is given back: two mappings stay. */
static CULPRIT int lose_both_ends(uint64_t i)
{
    (void)i;
    char *place = mmap(NULL, 3 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); /* here: ends */
    REQUIRE(place != MAP_FAILED);
    REQUIRE(munmap(place + PAGE, PAGE) == 0);
    return 0;
}

/* Moved and grown, then lost: counted where it was last mapped. The kernel cannot merge it with its
 * neighbours. */
static CULPRIT int lose_mremap(uint64_t i)
{
    int access = i % 2 ? PROT_READ : PROT_READ | PROT_WRITE;
    void *place = mmap(NULL, PAGE, access, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(place != MAP_FAILED);
    place = mremap(place, PAGE, 2 * PAGE, MREMAP_MAYMOVE); /* here: mremap */
    return place == MAP_FAILED ? -2 : 0;
}

/* One mapping that grows by a page in every op. */
static CULPRIT int grow_by_mremap(uint64_t i)
{
    static void *place;
    if (!place)
        place = map(1);
    REQUIRE(place);
    place = mremap(place, (i + 1) * PAGE, (i + 2) * PAGE, MREMAP_MAYMOVE); /* here: growing_mremap */
    return place == MAP_FAILED ? -2 : 0;
}

static int map_and_unmap(uint64_t i)
{
    size_t pages = 1 + i % 7;
    char *place = map(pages);
    REQUIRE(place);
    place[0] = 1;
    return munmap(place, pages * PAGE);
}

/* As allocators align: map more than is wanted, give back both ends, and the rest later. */
static int trim_and_unmap(uint64_t i)
{
    (void)i;
    char *place = map(8);
    REQUIRE(place);
    REQUIRE(munmap(place, 2 * PAGE) == 0);
    REQUIRE(munmap(place + 5 * PAGE, 3 * PAGE) == 0);
    return munmap(place + 2 * PAGE, 3 * PAGE);
}

/* A new mapping in the place of an old one ends the old one. */
static int map_over(uint64_t i)
{
    (void)i;
    static char *place;
    if (!place)
        place = map(4);
    REQUIRE(place);
    void *over = mmap(place, 4 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    return over == place ? 0 : -2;
}

/* One munmap over several mappings, and a gap between them. */
static int unmap_many_at_once(uint64_t i)
{
    (void)i;
    char *place = map(6);
    REQUIRE(place);
    REQUIRE(munmap(place + PAGE, PAGE) == 0);
    REQUIRE(mmap(place + 2 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
            MAP_FAILED);
    return munmap(place, 6 * PAGE);
}

static int fail_and_keep(uint64_t i)
{
    (void)i;
    REQUIRE(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
    char *place = map(2);
    REQUIRE(place);
    REQUIRE(munmap(place + 1, PAGE) != 0);
    REQUIRE(mremap(place, 2 * PAGE, 0, 0) == MAP_FAILED);
    return munmap(place, 2 * PAGE);
}

/* A reservation is address space: only what is made usable counts. */
static CULPRIT int lose_part_of_a_reservation(uint64_t i)
{
    (void)i;
    char *place = mmap(NULL, 64 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    REQUIRE(place != MAP_FAILED);
    void *used =
        mmap(place, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0); /* here: reservation */
    return used == place ? 0 : -2;
}

/* A part of one large reservation, which has room for more ops than any run makes. */
static char *part_of_heap(uint64_t i, size_t pages)
{
    enum { PARTS = 1 << 20 };
    static char *heap;
    if (!heap)
        heap = mmap(NULL, (size_t)PARTS * 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                    -1, 0);
    return heap == MAP_FAILED || i >= PARTS ? NULL : heap + i * pages * PAGE;
}

static const int usable = PROT_READ | PROT_WRITE;

/* A heap that grows inside its reservation, as those of garbage collectors do. */
static CULPRIT int commit_by_mprotect(uint64_t i)
{
    char *part = part_of_heap(i, 2);
    REQUIRE(part);
    REQUIRE(mprotect(part, 2 * PAGE, usable) == 0); /* here: commit */
    part[PAGE] = 1;
    /* What is usable already is no more memory. */
    return mprotect(part, PAGE, usable);
}

/* Of two pages that were made usable, one is given back each time, by both ways of doing so. */
static CULPRIT int decommit_half(uint64_t i)
{
    char *part = part_of_heap(i, 2);
    REQUIRE(part);
    REQUIRE(mprotect(part, 2 * PAGE, usable) == 0); /* here: half */
    part[0] = part[PAGE] = 1;
    return i % 2 ? madvise(part, PAGE, MADV_DONTNEED) : mprotect(part + PAGE, PAGE, PROT_NONE);
}

/* The heap never comes back to where it was, and yet keeps nothing. */
static int commit_and_purge(uint64_t i)
{
    char *part = part_of_heap(i, 4);
    REQUIRE(part);
    REQUIRE(mprotect(part, 4 * PAGE, usable) == 0);
    part[0] = 1;
    return madvise(part, 4 * PAGE, MADV_DONTNEED);
}

static int commit_and_protect(uint64_t i)
{
    char *part = part_of_heap(i % 8, 4);
    REQUIRE(part);
    REQUIRE(mprotect(part, 4 * PAGE, usable) == 0);
    part[0] = 1;
    return mprotect(part, 4 * PAGE, PROT_NONE);
}

static int commit_and_map_over(uint64_t i)
{
    char *part = part_of_heap(i, 4);
    REQUIRE(part);
    REQUIRE(mprotect(part, 4 * PAGE, usable) == 0);
    part[0] = 1;
    return mmap(part, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == part ? 0 : -2;
}

static int commit_and_unmap(uint64_t i)
{
    (void)i;
    char *place = mmap(NULL, 16 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(place != MAP_FAILED);
    REQUIRE(mprotect(place + PAGE, 2 * PAGE, usable) == 0);
    REQUIRE(mprotect(place, 16 * PAGE, usable) == 0);
    return munmap(place, 16 * PAGE);
}

/* A page that is protected, as keys are while nobody reads them, is lost all the same. */
static CULPRIT int lose_protected(uint64_t i)
{
    (void)i;
    char *place = mmap(NULL, 2 * PAGE, usable, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); /* here: protected */
    REQUIRE(place != MAP_FAILED);
    place[0] = 1;
    return mprotect(place, PAGE, PROT_NONE);
}

static const test_case cases[] = {
    {"mmap", lose_mmap},
    {"middle", lose_the_middle},
    {"ends", lose_both_ends},
    {"mremap", lose_mremap},
    {"growing_mremap", grow_by_mremap},
    {"reservation", lose_part_of_a_reservation},
    {"commit", commit_by_mprotect},
    {"half", decommit_half},
    {"commit_and_purge", commit_and_purge},
    {"commit_and_protect", commit_and_protect},
    {"commit_and_map_over", commit_and_map_over},
    {"commit_and_unmap", commit_and_unmap},
    {"protected", lose_protected},
    {"map_and_unmap", map_and_unmap},
    {"trim", trim_and_unmap},
    {"map_over", map_over},
    {"many_at_once", unmap_many_at_once},
    {"fail_and_keep", fail_and_keep},
};
RUN_CASES(cases)
