/* jemalloc's own functions, looked up at run time: the plug-in is not linked with it. */
#include "cases.h"

#include <dlfcn.h>
#include <stdlib.h>

enum { ZEROED = 0x40 }; /* MALLOCX_ZERO */

static void *volatile kept;

static struct {
    void *(*mallocx)(size_t, int);
    void *(*rallocx)(void *, size_t, int);
    size_t (*xallocx)(void *, size_t, size_t, int);
    size_t (*sallocx)(const void *, int);
    void (*dallocx)(void *, int);
    void (*sdallocx)(void *, size_t, int);
    size_t (*nallocx)(size_t, int);
} je;

static int look_up(void)
{
    if (je.mallocx)
        return 0;
#define LOOK_UP(name)                                                                                        \
    do {                                                                                                     \
        void *found = dlsym(RTLD_DEFAULT, #name);                                                            \
        memcpy(&je.name, &found, sizeof found);                                                              \
    } while (0)
    LOOK_UP(rallocx);
    LOOK_UP(xallocx);
    LOOK_UP(sallocx);
    LOOK_UP(dallocx);
    LOOK_UP(sdallocx);
    LOOK_UP(nallocx);
    LOOK_UP(mallocx);
    return je.mallocx && je.rallocx && je.xallocx && je.sallocx && je.dallocx && je.sdallocx && je.nallocx
               ? 0
               : __LINE__;
}

static CULPRIT int lose_mallocx(uint64_t i)
{
    (void)i;
    REQUIRE(look_up() == 0);
    kept = je.mallocx(40, 0); /* here: mallocx */
    return kept ? 0 : -2;
}

static CULPRIT int lose_rallocx(uint64_t i)
{
    (void)i;
    REQUIRE(look_up() == 0);
    void *block = je.mallocx(40, 0);
    REQUIRE(block);
    kept = je.rallocx(block, 600, 0); /* here: rallocx */
    return kept ? 0 : -2;
}

/* Shrunk in place. */
static CULPRIT int lose_xallocx(uint64_t i)
{
    (void)i;
    REQUIRE(look_up() == 0);
    void *block = je.mallocx(200000, 0);
    REQUIRE(block);
    REQUIRE(je.xallocx(block, 40000, 0, 0) >= 40000); /* here: xallocx */
    kept = block;
    return 0;
}

/* The size that the program gives is not that of the real block. */
static int free_with_sizes(uint64_t i)
{
    REQUIRE(look_up() == 0);
    size_t size = 1 + i * 37 % 5000;
    void *plain = malloc(size);
    void *extended = je.mallocx(size, 0);
    REQUIRE(plain && extended);
    je.sdallocx(plain, size, 0);
    je.sdallocx(extended, size, 0);
    void *third = je.mallocx(size, 0);
    void *fourth = je.mallocx(size, 0);
    REQUIRE(third && fourth);
    free(third);
    je.dallocx(fourth, 0);
    return 0;
}

static int use_every_byte(uint64_t i)
{
    REQUIRE(look_up() == 0);
    size_t size = 1 + i * 37 % 5000;
    char *block = je.mallocx(size, 0);
    REQUIRE(block);
    size_t usable = je.sallocx(block, 0);
    REQUIRE(usable >= size);
    REQUIRE(je.nallocx(size, 0) == usable);
    memset(block, 0x5a, usable);
    block = je.rallocx(block, usable + 100, 0);
    REQUIRE(block && block[usable - 1] == 0x5a);
    je.dallocx(block, 0);
    return 0;
}

static int grow_zeroed(uint64_t i)
{
    REQUIRE(look_up() == 0);
    char *block = je.mallocx(1 + i % 3000, ZEROED);
    REQUIRE(block);
    size_t usable = je.sallocx(block, 0);
    size_t larger = usable + 1 + i % 9000;
    memset(block, 0x5a, usable);
    block = je.rallocx(block, larger, ZEROED);
    REQUIRE(block && block[usable - 1] == 0x5a);
    for (size_t k = usable; k < larger; k++)
        REQUIRE(block[k] == 0);
    je.dallocx(block, 0);
    return 0;
}

static int be_refused(uint64_t i)
{
    (void)i;
    REQUIRE(look_up() == 0);
    REQUIRE(!je.mallocx((size_t)1 << 62, 0));
    char *block = je.mallocx(100, 0);
    REQUIRE(block);
    size_t usable = je.sallocx(block, 0);
    memset(block, 0x5a, usable);
    REQUIRE(!je.rallocx(block, (size_t)1 << 62, 0));
    REQUIRE(je.xallocx(block, 1 << 20, 0, 0) < 1 << 20);
    REQUIRE(je.sallocx(block, 0) == usable && block[usable - 1] == 0x5a);
    je.dallocx(block, 0);
    return 0;
}

static int be_absent(uint64_t i)
{
    (void)i;
    REQUIRE(!dlsym(RTLD_DEFAULT, "mallocx"));
    REQUIRE(!dlsym(RTLD_DEFAULT, "sdallocx"));
    return 0;
}

static const test_case cases[] = {
    {"mallocx", lose_mallocx},
    {"rallocx", lose_rallocx},
    {"xallocx", lose_xallocx},
    {"sized_frees", free_with_sizes},
    {"every_usable_byte", use_every_byte},
    {"zeroed_growth", grow_zeroed},
    {"refusals", be_refused},
    {"absent", be_absent},
};
RUN_CASES(cases)
