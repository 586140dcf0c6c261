/*
 * What ./dev bench depth measures: depth_subject DEPTH CONTEXTS LIVE OPS [shuffled]
 *
 * One op allocates a block DEPTH calls down, by one of CONTEXTS call paths, in turn or shuffled, and frees
 * the block allocated LIVE ops before. Prints two figures in nanoseconds of processor time an op: of the
 * first CONTEXTS ops, each on a path that was not seen before, and of OPS ops after that, with LIVE blocks
 * alive. Moving down the calls is part of the op.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FUNCTIONS = 10, DIGITS = 6, PHASES = 3 };

/* A path is a number: its next decimal digit chooses the function that is called next. */
typedef void *level_function(unsigned depth, uint32_t path, size_t size);

static level_function *const levels[FUNCTIONS];

/* Different to the compiler, so that it cannot make one function of them, nor a jump of the call. */
#define LEVEL(number)                                                                                        \
    static __attribute__((noinline)) void *level_##number(unsigned depth, uint32_t path, size_t size)        \
    {                                                                                                        \
        void *block =                                                                                        \
            depth == 1 ? malloc(size) : levels[path % FUNCTIONS](depth - 1, path / FUNCTIONS, size);         \
        __asm__ volatile("" : : "r"(block), "i"(number));                                                    \
        return block;                                                                                        \
    }

LEVEL(0)
LEVEL(1)
LEVEL(2)
LEVEL(3)
LEVEL(4)
LEVEL(5)
LEVEL(6)
LEVEL(7)
LEVEL(8)
LEVEL(9)

static level_function *const levels[FUNCTIONS] = {level_0, level_1, level_2, level_3, level_4,
                                                  level_5, level_6, level_7, level_8, level_9};

struct work {
    unsigned depth;
    uint32_t contexts;
    uint64_t live;
    void **blocks; /* [live], a ring */
    bool shuffled; /* after the first CONTEXTS ops */
};

static double processor_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* The ops from first to end; gives the nanoseconds of each, negative when memory ran out. */
static __attribute__((noinline)) double run(const struct work *work, uint64_t first, uint64_t end)
{
    double start = processor_ns();
    uint64_t slot = first % work->live;
    uint32_t path = (uint32_t)(first % work->contexts);
    for (uint64_t op = first; op < end; op++) {
        free(work->blocks[slot]);
        if (work->shuffled && op >= work->contexts)
            path = (uint32_t)((op * 0x9fb21c651e98df25u >> 32) % work->contexts);
        work->blocks[slot] = levels[0](work->depth, path, 16 + op % 16 * 8);
        if (!work->blocks[slot])
            return -1;
        slot = slot + 1 == work->live ? 0 : slot + 1;
        path = path + 1 == work->contexts ? 0 : path + 1;
    }
    return (processor_ns() - start) / (double)(end - first);
}

int main(int argc, char **argv)
{
    struct work work = {0};
    uint64_t ops = 0, most_contexts = 1;
    if (argc == 5 || (argc == 6 && strcmp(argv[5], "shuffled") == 0)) {
        work.shuffled = argc == 6;
        work.depth = (unsigned)strtoul(argv[1], NULL, 10);
        work.contexts = (uint32_t)strtoul(argv[2], NULL, 10);
        work.live = strtoull(argv[3], NULL, 10);
        ops = strtoull(argv[4], NULL, 10);
    }
    for (unsigned i = 0; i < DIGITS && i + 1 < work.depth; i++)
        most_contexts *= FUNCTIONS;
    if (work.depth < 1 || work.contexts < 1 || work.contexts > most_contexts || work.live < 1 || ops < 1) {
        fputs("usage: depth_subject DEPTH CONTEXTS LIVE OPS [shuffled]\n"
              "CONTEXTS at most 10 to the power of DEPTH - 1\n",
              stderr);
        return 2;
    }
    work.blocks = calloc(work.live, sizeof *work.blocks);
    if (!work.blocks)
        return 1;
    /* One call for all, so that each path of calls is the same stack every time: the first ops, those that it
     * takes until all blocks are alive, and those that are measured. */
    uint64_t warm = work.contexts > work.live ? work.contexts : work.live;
    const uint64_t ends[PHASES] = {work.contexts, warm, warm + ops};
    double took[PHASES];
    bool failed = false;
    for (int phase = 0; phase < PHASES; phase++) {
        uint64_t begin = phase > 0 ? ends[phase - 1] : 0;
        took[phase] = begin < ends[phase] ? run(&work, begin, ends[phase]) : 0;
        failed |= took[phase] < 0;
    }
    for (uint64_t i = 0; i < work.live; i++)
        free(work.blocks[i]);
    free(work.blocks);
    if (failed)
        return 1;
    return printf("%.3f %.3f\n", took[0], took[PHASES - 1]) > 0 ? 0 : 1;
}
