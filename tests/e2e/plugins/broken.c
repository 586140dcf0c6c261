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

/* The probe looks for the tag of what is freed. */
static int free_a_stranger(uint64_t i)
{
    if (i == 3000)
        free((void *)64); /* NOLINT(performance-no-int-to-ptr) */
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

static int hang_late(uint64_t i)
{
    while (i == 3000)
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

/* Where it is mapped from its beginning; NULL where it is not. */
static hg_record_header *find_record(void)
{
    char line[512];
    char *header = NULL;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && !header && fgets(line, sizeof line, maps)) {
        unsigned long begin, offset;
        if (strstr(line, "heapgate-record") && sscanf(line, "%lx-%*x %*s %lx", &begin, &offset) == 2 &&
            offset == 0)
            header = (char *)begin;
    }
    if (maps)
        fclose(maps);
    return (hg_record_header *)(void *)header;
}

/* Writes over the beginning of the record that it shares with the driver. */
static int scribble(uint64_t i)
{
    uint64_t state = heapgate_seed();
    if (i != 3000)
        return free_at_once(i);
    char *record = (char *)find_record();
    REQUIRE(record);
    /* The magic and the version stay: a record that is plausible at a glance. */
    for (size_t k = 16; k < 4096; k++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        if (state >> 61 == 0)
            record[k] = (char)(state >> 40);
    }
    return 0;
}

/* Leaves the layout of the record alone, and a text in it without an end. */
static int scribble_text(uint64_t i)
{
    if (i != 3000)
        return free_at_once(i);
    hg_record_header *header = find_record();
    REQUIRE(header);
    memset(header->message, 'x', sizeof header->message);
    return 0;
}

/* Names a pipe as the file that it was loaded from: whoever opens that waits for ever. */
static int name_a_pipe(uint64_t i)
{
    if (i == 3000) {
        hg_record_header *header = find_record();
        const char *pipe = getenv("HEAPGATE_TEST_PIPE");
        REQUIRE(header && pipe);
        hg_record_module *modules = (hg_record_module *)(void *)((char *)header + header->modules_at);
        for (uint32_t k = 1; k < header->modules; k++)
            if (strstr(modules[k].path, "broken.so"))
                strncpy(modules[k].path, pipe, sizeof modules[k].path - 1);
    }
    return lose(i);
}

/* Tries to cut the record, so that whoever reads it gets SIGBUS. */
static int cut_record(uint64_t i)
{
    const char *path = getenv(HG_ENV_RECORD);
    if (i == 3000)
        REQUIRE(path && truncate(path, 4096) != 0);
    return lose(i);
}

/* A process that outlives this one, in a session of its own, writes on in the record. */
static int write_later(uint64_t i)
{
    if (i != 3000)
        return lose(i);
    hg_record_header *header = find_record();
    REQUIRE(header);
    pid_t parent = getpid();
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        volatile uint32_t *epochs = &header->epochs;
        uint32_t right = *epochs;
        setsid();
        while (getppid() == parent)
            usleep(10);
        for (int k = 0; k < 20000; k++) {
            *epochs = k % 2 ? HG_MAX_EPOCHS : right;
            usleep(10);
        }
        _exit(0);
    }
    return lose(i);
}

/* A name that a demangler of Rust takes for one that refers to itself. */
__attribute__((noinline)) int _RB_insert(uint64_t i);
int _RB_insert(uint64_t i)
{
    return lose(i) + (int)(i >> 63);
}

int heapgate_setup(void)
{
    while (is_case("hang_in_setup"))
        pause();
    return is_case("setup_fails") ? 5 : 0;
}

void heapgate_quiesce(void)
{
    if (is_case("crash_in_quiesce"))
        abort();
    while (is_case("hang_in_quiesce"))
        pause();
}

void heapgate_teardown(void)
{
    if (is_case("crash_in_teardown"))
        abort();
    while (is_case("hang_in_teardown"))
        pause();
    if (is_case("slow_teardown"))
        sleep(4);
}

static const test_case cases[] = {
    {"clean", free_at_once},
    {"leak", lose},
    {"crash", crash},
    {"stranger", free_a_stranger},
    {"abort", give_up},
    {"exit", leave},
    {"exit_with_code", leave_with_code},
    {"hang", hang},
    {"hang_late", hang_late},
    {"hang_in_setup", free_at_once},
    {"hang_in_quiesce", free_at_once},
    {"hang_in_teardown", free_at_once},
    {"slow_teardown", free_at_once},
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
    {"names_a_pipe", name_a_pipe},
    {"cuts_its_record", cut_record},
    {"writes_later", write_later},
    {"red_black_tree", _RB_insert},
};
RUN_CASES(cases)
