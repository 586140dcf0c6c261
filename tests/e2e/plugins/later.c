/* What goes wrong after the first look: healthy or leaking ops until op 30,000, and leaks that come to a
 * limit. */
#include "cases.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SLOTS = 64, LAST = 30000 };

static void *table[SLOTS];
static void *volatile kept;

static int turn_over(uint64_t i)
{
    void **slot = &table[i % SLOTS];
    free(*slot);
    *slot = malloc(40);
    REQUIRE(*slot);
    return 0;
}

static int lose(void)
{
    kept = malloc(40);
    REQUIRE(kept);
    return 0;
}

static int crash(uint64_t i)
{
    if (i == LAST)
        raise(SIGSEGV);
    return turn_over(i);
}

static int lose_and_crash(uint64_t i)
{
    if (i == LAST)
        raise(SIGSEGV);
    return lose();
}

static int give_error(uint64_t i)
{
    return i == LAST ? 7 : turn_over(i);
}

static int leave(uint64_t i)
{
    if (i == LAST)
        exit(0);
    return turn_over(i);
}

static int hang(uint64_t i)
{
    while (i == LAST)
        pause();
    return turn_over(i);
}

static int lose_and_end_badly(uint64_t i)
{
    (void)i;
    return lose();
}

void heapgate_teardown(void)
{
    const char *chosen = getenv("HEAPGATE_TEST_CASE");
    if (chosen && strcmp(chosen, "crash_in_teardown") == 0)
        raise(SIGSEGV);
}

/* Opens and does not close; where no more may be opened, it does without, as a server does. */
static CULPRIT int lose_file(void)
{
    char byte;
    int file = open("/dev/zero", O_RDONLY);
    return file >= 0 && read(file, &byte, 1) == 1;
}

static int lose_files(uint64_t i)
{
    lose_file();
    return turn_over(i);
}

/* One in 200 ops: far from any limit in the first look. */
static int lose_files_rarely(uint64_t i)
{
    if (i % 200 == 0)
        lose_file();
    return turn_over(i);
}

/* Maps and does not unmap; where no more may be mapped, it reads. Neighbours must not be merged into one. */
static CULPRIT int lose_mapping(uint64_t i)
{
    char byte;
    int file = open("/proc/self/exe", O_RDONLY);
    REQUIRE(file >= 0);
    void *page = mmap(NULL, 4096, i % 2 ? PROT_READ : PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    int done = page != MAP_FAILED || read(file, &byte, 1) == 1;
    close(file);
    return done ? 0 : -2;
}

static const test_case cases[] = {
    {"crash", crash},
    {"lose_and_crash", lose_and_crash},
    {"error", give_error},
    {"leave", leave},
    {"hang", hang},
    {"crash_in_teardown", lose_and_end_badly},
    {"files", lose_files},
    {"rare_files", lose_files_rarely},
    {"mappings", lose_mapping},
};
RUN_CASES(cases)
