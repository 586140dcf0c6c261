/* Workloads that go wrong, each in its own way. */
#include "cases.h"
#include "record/record.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

static void *volatile kept;

static bool is_case(const char *name)
{
    const char *chosen = getenv("HEAPGATE_TEST_CASE");
    return chosen && strcmp(chosen, name) == 0;
}

static int free_at_once(uint64_t i)
{
    (void)i;
    kept = malloc(24);
    free(kept);
    return 0;
}

static int lose(uint64_t i)
{
    (void)i;
    kept = malloc(24); /* here: leak */
    return kept ? 0 : -2;
}

static int crash(uint64_t i)
{
    if (i == 3000) {
        fputs("about to crash\n", stderr);
        *(volatile int *)16 = 1;
    }
    return free_at_once(i);
}

static int give_up(uint64_t i)
{
    if (i == 3000)
        abort();
    return free_at_once(i);
}

static int leave(uint64_t i)
{
    if (i == 3000)
        exit(0);
    return free_at_once(i);
}

static int leave_with_code(uint64_t i)
{
    if (i == 3000)
        exit(7);
    return free_at_once(i);
}

/* Notes its own process and a child's, for the test to look for, and never returns. */
static int hang(uint64_t i)
{
    const char *path = getenv("HEAPGATE_TEST_PIDS");
    if (path) {
        pid_t child = fork();
        if (child == 0)
            for (;;)
                pause();
        FILE *file = fopen(path, "a");
        REQUIRE(file);
        fprintf(file, "%d\n%d\n", (int)getpid(), (int)child);
        REQUIRE(fclose(file) == 0);
    }
    for (;;)
        pause();
    return free_at_once(i);
}

static int fail_once(uint64_t i)
{
    int failed = i == 3000 ? 42 : 0;
    return failed ? failed : free_at_once(i);
}

static int do_nothing(uint64_t i)
{
    (void)i;
    return 0;
}

static int take_all_memory(uint64_t i)
{
    char *block = malloc(1 << 20);
    REQUIRE(block);
    memset(block, (int)i, 1 << 20);
    kept = block;
    return 0;
}

/* Ever more rarely, without end: growth that no number of ops can settle. */
static int keep_ever_more_rarely(uint64_t i)
{
    uint64_t root = 0;
    while ((root + 1) * (root + 1) <= i)
        root++;
    free(malloc(10 + i % 5));
    void *block = malloc(24);
    if (root * root == i)
        kept = block;
    else
        free(block);
    return block ? 0 : -2;
}

static int lose_files(uint64_t i)
{
    if (i % 100 == 0)
        REQUIRE(dup(0) >= 0);
    return free_at_once(i);
}

/* Leaves no byte for anybody, so that not even the control can be made. */
static int starve(uint64_t i)
{
    if (i == 0) {
        struct rlimit nothing = {.rlim_cur = 0, .rlim_max = 0};
        REQUIRE(setrlimit(RLIMIT_AS, &nothing) == 0);
        for (size_t size = 1 << 20; size > 0; size /= 2)
            while (malloc(size))
                continue;
    }
    return 0;
}

/* Writes over the record that it shares with the driver, all but the pages that are not there yet. */
static int scribble(uint64_t i)
{
    char line[512];
    uint64_t state = heapgate_seed();
    if (i != 3000)
        return free_at_once(i);
    FILE *maps = fopen("/proc/self/maps", "r");
    REQUIRE(maps);
    bool found = false;
    while (!found && fgets(line, sizeof line, maps)) {
        unsigned long begin;
        found = strstr(line, "heapgate-record") && sscanf(line, "%lx-", &begin) == 1;
        /* The magic and the version stay: a record that is plausible at a glance. */
        for (size_t k = 16; found && k < 4096; k++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            if (state >> 61 == 0)
                ((char *)begin)[k] = (char)(state >> 40);
        }
    }
    fclose(maps);
    REQUIRE(found);
    return 0;
}

/* Leaves the layout of the record alone, and a text in it without an end. */
static int scribble_text(uint64_t i)
{
    char line[512];
    char *header = NULL;
    if (i != 3000)
        return free_at_once(i);
    FILE *maps = fopen("/proc/self/maps", "r");
    REQUIRE(maps);
    while (!header && fgets(line, sizeof line, maps))
        if (strstr(line, "heapgate-record"))
            header = (char *)strtoul(line, NULL, 16);
    fclose(maps);
    REQUIRE(header);
    memset(header + offsetof(hg_record_header, message), 'x', HG_MESSAGE);
    return 0;
}

int heapgate_setup(void)
{
    return is_case("setup_fails") ? 5 : 0;
}

void heapgate_quiesce(void)
{
    if (is_case("crash_in_quiesce"))
        abort();
}

void heapgate_teardown(void)
{
    if (is_case("crash_in_teardown"))
        abort();
}

static const test_case cases[] = {
    {"clean", free_at_once},
    {"leak", lose},
    {"crash", crash},
    {"abort", give_up},
    {"exit", leave},
    {"exit_with_code", leave_with_code},
    {"hang", hang},
    {"fails", fail_once},
    {"setup_fails", free_at_once},
    {"crash_in_quiesce", free_at_once},
    {"crash_in_teardown", free_at_once},
    {"nothing", do_nothing},
    {"glutton", take_all_memory},
    {"unclear", keep_ever_more_rarely},
    {"files", lose_files},
    {"starved", starve},
    {"scribble", scribble},
    {"scribble_text", scribble_text},
};
RUN_CASES(cases)
