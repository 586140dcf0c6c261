/* Allocations below frames of every kind. Built several times: optimised, not optimised, stripped. */
#include "cases.h"

#include <alloca.h>
#include <stdbool.h>

static void *volatile kept;
static volatile char sink;

static CULPRIT int lose(size_t bytes)
{
    void *block = malloc(bytes); /* here: stacks */
    kept = block;
    return block ? 0 : -2;
}

/* Uses memory of the caller's frame, so that it has to be there. */
static void touch(char *memory, size_t size)
{
    memset(memory, 7, size);
    sink = memory[size / 2];
}

static CULPRIT int lose_below_alloca(uint64_t i)
{
    size_t size = 16 + i % 13 * 48;
    touch(alloca(size), size);
    return lose(32);
}

static CULPRIT int lose_below_array(uint64_t i)
{
    char array[1 + i * 7 % 911];
    touch(array, sizeof array);
    return lose(32);
}

static CULPRIT int descend(uint64_t depth)
{
    volatile char frame[48];
    frame[depth % sizeof frame] = (char)depth;
    int failed = depth > 0 ? descend(depth - 1) : lose(32);
    sink = frame[3];
    return failed;
}

static int lose_far_down(uint64_t i)
{
    (void)i;
    return descend(1000);
}

static int lose_at_many_depths(uint64_t i)
{
    return descend(i % 100);
}

/*
 * Six levels, two functions of equal frames in each: 64 call paths. Path p loses 16 + p bytes. With `spread`,
 * each level also takes a frame of another size every time.
 */
static bool spread;

#define LEVEL(level, next)                                                                                   \
    static CULPRIT int left_##level(uint64_t path, uint64_t i)                                               \
    {                                                                                                        \
        size_t size = spread ? 16 * (1 + (i * 7 + level) % 5) : 16;                                          \
        touch(alloca(size), size);                                                                           \
        return next(path, i);                                                                                \
    }                                                                                                        \
    static CULPRIT int right_##level(uint64_t path, uint64_t i)                                              \
    {                                                                                                        \
        size_t size = spread ? 16 * (1 + (i * 7 + level) % 5) : 16;                                          \
        touch(alloca(size), size);                                                                           \
        return next(path, i);                                                                                \
    }                                                                                                        \
    static inline int level_##level(uint64_t path, uint64_t i)                                               \
    {                                                                                                        \
        return path >> level & 1 ? right_##level(path, i) : left_##level(path, i);                           \
    }

static inline int bottom(uint64_t path, uint64_t i)
{
    (void)i;
    return lose(16 + path);
}

LEVEL(0, bottom)
LEVEL(1, level_0)
LEVEL(2, level_1)
LEVEL(3, level_2)
LEVEL(4, level_3)
LEVEL(5, level_4)

static int lose_on_64_paths(uint64_t i)
{
    return level_5(i % 64, i);
}

static int lose_on_64_spread_paths(uint64_t i)
{
    spread = true;
    return level_5(i % 64, i / 64);
}

/* Two functions with equal frames that call each other in the order of the path's bits: 256 call paths. */
static int choose(uint64_t path, unsigned depth);

static CULPRIT int left(uint64_t path, unsigned depth)
{
    volatile uint64_t frame = path;
    int failed = choose(frame, depth + 1);
    return failed + (int)(frame - path);
}

static CULPRIT int right(uint64_t path, unsigned depth)
{
    volatile uint64_t frame = path;
    int failed = choose(frame, depth + 1);
    return failed + (int)(frame - path);
}

static CULPRIT int choose(uint64_t path, unsigned depth)
{
    if (depth == 8)
        return lose(32);
    return path >> depth & 1 ? right(path, depth) : left(path, depth);
}

static int lose_on_256_paths(uint64_t i)
{
    return choose(i % 256, 0);
}

/*
 * A frame that aligns itself more strictly than its caller, whose size varies, finds that caller by a word of
 * its own. What lies where the return address was the last time is still there: the other call's.
 */
static CULPRIT int lose_aligned(long a, long b, long c, long d, long e, long f, long g, size_t size)
{
    _Alignas(64) char aligned[64];
    touch(aligned, sizeof aligned);
    touch(alloca(size), size);
    return lose(32) + (int)(a + b + c + d + e + f + g);
}

static CULPRIT int lose_below_aligned(size_t room, bool other)
{
    volatile char *hole = alloca(room);
    hole[0] = 1;
    int failed = other ? lose_aligned(0, 0, 0, 0, 0, 0, 0, 64) : lose_aligned(0, 0, 0, 0, 0, 0, 0, 64);
    return failed + hole[0] - 1;
}

static int lose_realigned(uint64_t i)
{
    size_t room = 48 + i / 4 % 20 * 16 + i % 2 * 32;
    return lose_below_aligned(room, i % 4 == 1 || i % 4 == 2);
}

static const test_case cases[] = {
    {"alloca", lose_below_alloca},    {"array", lose_below_array},
    {"far_down", lose_far_down},      {"many_depths", lose_at_many_depths},
    {"64_paths", lose_on_64_paths},   {"64_spread_paths", lose_on_64_spread_paths},
    {"256_paths", lose_on_256_paths}, {"realigned", lose_realigned},
};
RUN_CASES(cases)
