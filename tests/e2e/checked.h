/*
 * heapgate check on one of the plug-ins in plugins/, and what its run.json says. A plug-in holds several
 * cases; the variable HEAPGATE_TEST_CASE chooses one.
 */
#ifndef HG_TESTS_CHECKED_H
#define HG_TESTS_CHECKED_H

#include "command.h"
#include <jansson.h>

/* Words that run a plug-in on every allocator, and how many there are. One look decides: these tests are
 * about what the probe counts. */
#define EVERY_ALLOCATOR                                                                                      \
    "--quick", "--allocator", "glibc", "--allocator", "jemalloc", "--allocator", "mimalloc", "--allocator",  \
        "tcmalloc"
enum { ALLOCATORS = 4 };

/* The plug-in of misleading stacks, as the compiler makes it in different ways. */
#if defined(__aarch64__)
#define STACKS_SIGNED , PLUGIN("stacks_signed")
#else
#define STACKS_SIGNED
#endif
#define STACKS_BUILDS                                                                                        \
    PLUGIN("stacks_O0"), PLUGIN("stacks_O2"), PLUGIN("stacks_no_frame_pointer"),                             \
        PLUGIN("stacks_frame_pointer") STACKS_SIGNED

typedef struct checked {
    command_result result;
    json_t *run; /* NULL where no run.json was written */
} checked;

/* More words for the command line, ended by NULL; may be NULL itself. Without --holders, nobody looks for
 * them. */
checked check(const char *plugin, const char *chosen, const char *const *options);
void checked_free(checked *done);

/* A cell of the run, in the order of the allocators; the test ends when there is none. */
json_t *checked_cell(const checked *done, size_t index);
size_t checked_cells(const checked *done);

/* Fields of a cell or site; the test ends when there is none of that name. */
const char *text_of(const json_t *object, const char *key);
double number_of(const json_t *object, const char *key);
/* The culprit of a cell's site. */
json_t *culprit_of(const json_t *cell, size_t site);

/* The line of tests/e2e/plugins/SOURCE that has the comment "here: NAME". */
int marked_line(const char *source, const char *name);

typedef struct expected_leak {
    const char *plugin, *source;
    const char *chosen;   /* the case; also the marker's name */
    const char *function; /* of the culprit */
    double bytes_per_op, blocks_per_op;
    const char *const *options;
    const char *only; /* on this allocator; NULL: on every one */
} expected_leak;

/* On every allocator, or only on one: the verdict, the rate to 1 %, culprit, file and line. */
void expect_leak(const expected_leak *expected);
/* On every allocator: clean, and exit code 0. */
void expect_clean(const char *plugin, const char *chosen, const char *const *options);
/*
 * The same on glibc and jemalloc alone, for what mimalloc does not keep to by itself: version 2.0.9 gives
 * posix_memalign(256, 256) blocks at odd multiples of 128, leaves errno alone or sets it to ENOENT when it
 * refuses a size, and aborts where operator new should throw. Without the probe it does just that.
 */
void expect_clean_where_strict(const char *plugin, const char *chosen, const char *const *options);

/* The same on one allocator, for what only that one has or has not. */
void expect_clean_only(const char *plugin, const char *chosen, const char *allocator);

#endif
