/* Small libFuzzer targets, one a case, that tell what they were given. */
#include "cases.h"

#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

HEAPGATE_EXPORT int LLVMFuzzerInitialize(int *argc, char ***argv);
HEAPGATE_EXPORT int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *volatile kept;
static const char *chosen;
static bool sound;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    chosen = getenv("HEAPGATE_TEST_CASE");
    sound = *argc == 1 && (*argv)[0][0] == '/' && !(*argv)[1];
    return 1; /* libFuzzer does not look at it */
}

static bool is_case(const char *name)
{
    return chosen && strcmp(chosen, name) == 0;
}

/* Ends the process with this code, which then stands in the cell's reason. */
static void expect(bool condition, int code)
{
    if (!condition)
        _exit(code);
}

/* The inputs are "a", "", "bb" and so on: what is lost is the size, once a pass, of all. */
static void lose_input(const uint8_t *data, size_t size)
{
    kept = malloc(16 + size); /* here: lose_input */
    expect(kept && data, 41);
}

/* The files are a.txt, b.txt and c.txt, written in another order; each holds its own letter. */
static void expect_order(const uint8_t *data, size_t size)
{
    static unsigned next;
    expect(size == 1 && data[0] == 'a' + next % 3, 42);
    next++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    expect(sound, 40);
    free(malloc(10));
    if (is_case("loses"))
        lose_input(data, size);
    if (is_case("order"))
        expect_order(data, size);
    if (is_case("crashes") && size == 2)
        raise(SIGSEGV);
    return is_case("rejects") ? -1 : 7;
}
