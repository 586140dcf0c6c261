/* Growth that a short run misjudges, each in its own way. */
#include "cases.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

enum { BYTES = 32, MOST_HELD = 40000 };

static void *held[MOST_HELD];
static void *volatile kept;

static int turn_over(void)
{
    kept = malloc(BYTES);
    REQUIRE(kept);
    free(kept);
    return 0;
}

static int keep_one(void)
{
    kept = malloc(BYTES);
    REQUIRE(kept);
    return 0;
}

/* A cache that is full only in op 15,000. */
static int fill_until_full(uint64_t i)
{
    void **slot = &held[i % 15000];
    free(*slot);
    *slot = malloc(BYTES);
    REQUIRE(*slot);
    return 0;
}

/* A buffer that is flushed every 30,000 ops. */
static int flush_rarely(uint64_t i)
{
    uint64_t at = i % 30000;
    for (uint64_t k = 0; at == 0 && k < 30000; k++) {
        free(held[k]);
        held[k] = NULL;
    }
    held[at] = malloc(BYTES);
    REQUIRE(held[at]);
    return 0;
}

/* So slow that 10,000 of them would not end within the time limit. */
static int take_long(uint64_t i)
{
    (void)i;
    usleep(20000);
    return turn_over();
}

static int lose_rarely(uint64_t i)
{
    return i % 5000 == 777 ? keep_one() : turn_over();
}

/* A leak, in a workload that has no more than 15,000 ops in it. */
static int run_dry(uint64_t i)
{
    REQUIRE(i < 15000);
    return keep_one();
}

/* Whether this is the first, third, ... process that asks; they count in a file. */
static bool is_odd_process(void)
{
    static int number;
    const char *path = getenv("HEAPGATE_TEST_COUNT");
    FILE *file = number == 0 && path ? fopen(path, "a") : NULL;
    if (file) {
        fputc('x', file);
        number = (int)ftell(file);
        fclose(file);
    }
    return number % 2 == 1;
}

static int change_its_mind(uint64_t i)
{
    (void)i;
    return is_odd_process() ? keep_one() : turn_over();
}

static int keep_in_one_place(void)
{
    kept = malloc(16);
    REQUIRE(kept);
    return 0;
}

static int keep_in_another(void)
{
    kept = malloc(20);
    REQUIRE(kept);
    return 0;
}

/* 36 bytes an op, of two sites. */
static int lose_twice(uint64_t i)
{
    (void)i;
    return keep_in_one_place() + keep_in_another();
}

typedef struct entry {
    struct entry *next;
    char text[92];
} entry;

static entry *entries;

static int make_anew(entry **place)
{
    entry *made = malloc(sizeof *made);
    REQUIRE(made);
    *made = **place;
    free(*place);
    *place = made;
    return 0;
}

/* 5 bytes an op, in blocks that are all made anew every 3,000 ops; and a block of 8 bytes in 1,000 ops. */
static int lose_beside_what_is_made_anew(uint64_t i)
{
    int failed = 0;
    if (i % 20 == 0) {
        entry *added = calloc(1, sizeof *added);
        REQUIRE(added);
        added->next = entries;
        entries = added;
    }
    for (entry **place = &entries; i % 3000 == 0 && *place && !failed; place = &(*place)->next)
        failed = make_anew(place);
    if (i % 1000 == 0) {
        kept = malloc(8);
        REQUIRE(kept);
    }
    return failed;
}

enum { SCRATCH = 40, RECORDS = 200000, CACHED = 65536, PIECE = 64, CHUNK = 1 << 20 };

static void *records[RECORDS];

static int scratch(int blocks)
{
    for (int i = 0; i < blocks; i++) {
        kept = malloc((size_t)i + BYTES);
        REQUIRE(kept);
        free(kept);
    }
    return 0;
}

CULPRIT static void *load_record(void)
{
    return malloc(BYTES);
}

/* A table that is full from the start on; each op makes one of its records anew, in turn. */
static int refresh(uint64_t i)
{
    for (int k = 0; i == 0 && k < RECORDS; k++)
        records[k] = load_record();
    free(records[i % RECORDS]);
    records[i % RECORDS] = malloc(BYTES);
    REQUIRE(records[i % RECORDS]);
    return scratch(SCRATCH);
}

/* A cache that is full in op 65,536, beside much that comes and goes. */
static int fill_beside_scratch(uint64_t i)
{
    free(records[i % CACHED]);
    records[i % CACHED] = malloc(BYTES);
    REQUIRE(records[i % CACHED]);
    return scratch(SCRATCH);
}

/* Of the pieces of a pool, one in 20 ops is never given back: a chunk lasts for 327,680. */
static int lose_in_pool(uint64_t i)
{
    static char *chunk;
    static size_t left;
    static void **unused;
    if (unused && i % 20 != 0)
        return scratch(1);
    if (unused) {
        unused = *unused;
        return scratch(1);
    }
    if (left < PIECE) {
        chunk = malloc(CHUNK);
        REQUIRE(chunk);
        left = CHUNK;
    }
    left -= PIECE;
    unused = (void **)(void *)(chunk + left);
    *unused = NULL;
    return scratch(1);
}

static int die_in(uint64_t last, uint64_t i)
{
    if (i == last)
        raise(SIGKILL);
    return keep_one();
}

static int die_in_warmup(uint64_t i)
{
    return die_in(1500, i);
}

static int die_measured(uint64_t i)
{
    return die_in(4500, i);
}

/* Keeps every block until it stands still. */
static int get_stuck(uint64_t i)
{
    if (i == 3500)
        pause();
    return keep_one();
}

static const test_case cases[] = {
    {"fills", fill_until_full},
    {"flushes", flush_rarely},
    {"rare", lose_rarely},
    {"slow", take_long},
    {"dry", run_dry},
    {"fickle", change_its_mind},
    {"two_sites", lose_twice},
    {"dies", die_measured},
    {"dies_early", die_in_warmup},
    {"stuck", get_stuck},
    {"anew", lose_beside_what_is_made_anew},
    {"refreshed", refresh},
    {"large_cache", fill_beside_scratch},
    {"pool", lose_in_pool},
};
RUN_CASES(cases)
