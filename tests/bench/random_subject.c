/*
 * A workload put together at random, of known truth. RANDOM_CASE is the number of the case: from one to four
 * parts, each of its own kind and size, all of them bounded. With RANDOM_LEAK=1 the ops lose blocks besides,
 * in lose_block(). Writes what it is to RANDOM_ABOUT: in the first line the bytes that it loses per op, in
 * the second the parts.
 */
#include <heapgate/workload.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct part {
    uint64_t count;       /* of its blocks, at most */
    uint64_t period;      /* in ops, of what has one */
    size_t size, largest; /* of a block; of one seen so far */
    unsigned sizes;       /* 0: all alike, 1: evenly spread, 2: a few much larger ones */
    void **blocks;
    uint64_t *keys, held, begun, done;
    double filled;
} part;

enum { MOST_PARTS = 4 };
static part parts[MOST_PARTS];
static void (*ops[MOST_PARTS])(part *);
static size_t part_count;
static enum { BY_CHANCE, EVENLY, IN_BATCHES } leak_way;
static bool leaks;
static size_t lost_size;
static double lost_per_op; /* blocks */

/* SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014). */
static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t chance_state, case_state;

static uint64_t below(uint64_t limit)
{
    return next(&chance_state) % limit;
}

static double part_of_one(uint64_t *state)
{
    return (double)(next(state) >> 11) * 0x1p-53;
}

/* Of the case: as many between 10 and 100 as between 1,000 and 10,000. */
static double any_size(double least, double most)
{
    return least * pow(most / least, part_of_one(&case_state));
}

static size_t block_size(const part *of)
{
    if (of->sizes == 0)
        return of->size;
    if (of->sizes == 1)
        return 1 + below(2 * of->size);
    return (size_t)(1 + 0.3 * (double)of->size / pow(1 - 0.999 * part_of_one(&chance_state), 0.6));
}

static void *checked(void *block)
{
    if (!block)
        abort();
    *(char *)block = 1;
    return block;
}

static __attribute__((noinline)) void *make_block(size_t size)
{
    return checked(malloc(size));
}

static __attribute__((noinline)) void *lose_block(void)
{
    return checked(malloc(lost_size));
}

static void use_and_free(part *of)
{
    void *some[8];
    uint64_t count = 1 + below(1 + of->count % 7);
    for (uint64_t i = 0; i < count; i++)
        some[i] = make_block(block_size(of));
    while (count > 0)
        free(some[--count]);
}

static void cache(part *of)
{
    uint64_t key = below(2 * of->count);
    uint64_t at = key % of->count;
    if (of->keys[at] == key + 1)
        return;
    free(of->blocks[at]);
    of->blocks[at] = make_block(block_size(of));
    of->keys[at] = key + 1;
}

static void free_held(part *of)
{
    while (of->held > 0)
        free(of->blocks[--of->held]);
}

static void batch(part *of)
{
    of->blocks[of->held++] = make_block(block_size(of));
    if (of->held == of->count)
        free_held(of);
}

/* Until so many bytes have come. */
static void flush(part *of)
{
    size_t size = block_size(of);
    of->blocks[of->held++] = make_block(size);
    of->filled += (double)size;
    if (of->held < of->count && of->filled < (double)of->count * (double)of->size / 3)
        return;
    free_held(of);
    of->filled = 0;
}

/* Its length swings about the half of its room. */
static void queue(part *of)
{
    double half = (double)of->count / 2;
    bool comes = part_of_one(&chance_state) < 0.5 - 0.4 * ((double)of->held - half) / half;
    if (comes && of->held < of->count) {
        of->blocks[of->begun++ % of->count] = make_block(block_size(of));
        of->held++;
    } else if (!comes && of->held > 0) {
        free(of->blocks[of->done++ % of->count]);
        of->held--;
    }
}

/* A text that doubles its room; at the period's end it is emptied, or freed. */
static void text(part *of)
{
    of->filled += 1 + (double)below(2 * of->size);
    while (of->filled > (double)of->largest) {
        of->largest = of->largest ? 2 * of->largest : 64;
        of->blocks[0] = checked(realloc(of->blocks[0], of->largest));
    }
    if (++of->done % of->count != 0)
        return;
    of->filled = 0;
    if (of->period % 2 == 0)
        return;
    free(of->blocks[0]);
    of->blocks[0] = NULL;
    of->largest = 0;
}

/* Each block lives for some ops, most of them for few. */
static void lifetimes(part *of)
{
    uint64_t now = of->done++ % of->count;
    for (void *ends = of->blocks[now], *after; ends; ends = after) {
        after = *(void **)ends;
        free(ends);
    }
    of->blocks[now] = NULL;
    double share = pow(part_of_one(&chance_state), 1 + (double)(of->period % 6));
    uint64_t end = (now + 1 + (uint64_t)((double)(of->count - 1) * share)) % of->count;
    void **block = make_block(sizeof(void *) + block_size(of));
    *block = of->blocks[end];
    of->blocks[end] = block;
}

/* Each of so many is made once, at its first use. */
static void table(part *of)
{
    uint64_t at = below(of->count / 4 + 1);
    if (!of->blocks[at])
        of->blocks[at] = make_block(of->size);
}

static void wave(part *of)
{
    const double turn = 6.283185307179586;
    double target = (double)of->count * (1 + sin(turn * (double)of->done++ / (double)of->period)) / 2;
    for (int i = 0; i < 8 && of->held < of->count && (double)of->held < target; i++)
        of->blocks[of->held++] = make_block(block_size(of));
    for (int i = 0; i < 8 && of->held > 0 && (double)of->held > target; i++)
        free(of->blocks[--of->held]);
}

/* A buffer that fits the largest input so far. */
static void largest_input(part *of)
{
    size_t size = (size_t)(1 - (double)of->size * log(1 - part_of_one(&chance_state)));
    if (size <= of->largest)
        return;
    free(of->blocks[0]);
    of->blocks[0] = make_block(size);
    of->largest = size;
}

static void replace(part *of)
{
    uint64_t at = below(of->count);
    free(of->blocks[at]);
    of->blocks[at] = below(10) <= of->period % 9 ? make_block(block_size(of)) : NULL;
}

static const struct {
    void (*op)(part *);
    const char *name;
} kinds[] = {{use_and_free, "use and free"},
             {cache, "cache"},
             {batch, "batch"},
             {flush, "flush"},
             {queue, "queue"},
             {text, "text"},
             {lifetimes, "lifetimes"},
             {table, "table"},
             {wave, "wave"},
             {largest_input, "largest input"},
             {replace, "replace"}};

static bool make_part(size_t number, FILE *about)
{
    part *made = &parts[number];
    size_t kind = next(&case_state) % (sizeof kinds / sizeof *kinds);
    made->count = (uint64_t)any_size(8, 100000);
    made->period = (uint64_t)any_size(50, 300000);
    made->size = (size_t)any_size(8, made->count > 20000 ? 400 : 4000);
    made->sizes = (unsigned)(next(&case_state) % 3);
    made->blocks = calloc(made->count, sizeof *made->blocks);
    made->keys = calloc(made->count, sizeof *made->keys);
    ops[number] = kinds[kind].op;
    fprintf(about, "%s%s (%" PRIu64 " of %zu B, period %" PRIu64 ")", number > 0 ? "; " : "",
            kinds[kind].name, made->count, made->size, made->period);
    return made->blocks && made->keys;
}

int heapgate_setup(void)
{
    const char *number = getenv("RANDOM_CASE"), *leak = getenv("RANDOM_LEAK"), *path = getenv("RANDOM_ABOUT");
    FILE *about = fopen(path ? path : "/dev/null", "w");
    if (!number || !about)
        return 1;
    case_state = strtoull(number, NULL, 10) * 7919;
    chance_state = heapgate_seed() + 3 * case_state;
    leaks = leak && leak[0] == '1';
    leak_way = (int)(next(&case_state) % 3);
    lost_size = (size_t)any_size(8, 20000);
    lost_per_op = fmin(any_size(0.3, 900) / (double)lost_size, 1);
    part_count = 1 + next(&case_state) % MOST_PARTS;
    fprintf(about, "%g\n", leaks ? lost_per_op * (double)lost_size : 0);
    bool done = true;
    for (size_t i = 0; i < part_count; i++)
        done = make_part(i, about) && done;
    if (leaks)
        fprintf(about, "; loses blocks of %zu B %s", lost_size,
                leak_way == BY_CHANCE ? "by chance"
                : leak_way == EVENLY  ? "evenly"
                                      : "every 997 ops");
    return fclose(about) == 0 && done ? 0 : 1;
}

int heapgate_iterate(uint64_t i)
{
    static double due;
    for (size_t k = 0; k < part_count; k++)
        ops[k](&parts[k]);
    if (!leaks)
        return 0;
    if (leak_way == BY_CHANCE)
        due += part_of_one(&chance_state) < lost_per_op;
    else
        due += lost_per_op;
    for (; due >= 1 && (leak_way != IN_BATCHES || i % 997 == 996); due--)
        lose_block();
    return 0;
}
