/* Growth in blocks large enough that what an allocator rounds up is small beside them. */
#include "cases.h"

#include <pthread.h>
#include <string.h>

enum { BYTES = 4000 };

static void *volatile kept;

static int lose_block(uint64_t i)
{
    (void)i;
    kept = malloc(BYTES);
    return kept ? 0 : -2;
}

static void *lose_in_thread(void *unused)
{
    (void)unused;
    return malloc(BYTES);
}

/* All that is lost was handed out to a thread that has ended. */
static int lose_block_of_thread(uint64_t i)
{
    (void)i;
    pthread_t thread;
    void *block;
    REQUIRE(pthread_create(&thread, NULL, lose_in_thread, NULL) == 0);
    REQUIRE(pthread_join(thread, &block) == 0);
    kept = block;
    return kept ? 0 : -2;
}

static int free_block(uint64_t i)
{
    void *block = malloc(BYTES + i % 100);
    REQUIRE(block);
    kept = block;
    free(block);
    return 0;
}

static int lose_copies(uint64_t i)
{
    (void)i;
    static char text[BYTES];
    memset(text, 'a', BYTES - 1);
    kept = strdup(text);
    REQUIRE(kept);
    kept = strndup(text, BYTES / 2 - 1);
    return kept ? 0 : -2;
}

/* Of preloaded.c. */
extern int heapgate_test_preloaded(void) __attribute__((weak));

static int need_preload(uint64_t i)
{
    REQUIRE(heapgate_test_preloaded);
    return free_block(i);
}

static const test_case cases[] = {
    {"in_one_thread", lose_block}, {"in_other_threads", lose_block_of_thread},
    {"in_copies", lose_copies},    {"none", free_block},
    {"preload", need_preload},
};
RUN_CASES(cases)
