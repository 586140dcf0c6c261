/* A Criterion suite with leak tests of every outcome, to be run by criterion_suites.c. */
#include <criterion/criterion.h>
#include <heapgate/criterion.h>
#include <stdlib.h>

static void *volatile kept;

static __attribute__((noinline)) void forget(size_t bytes)
{
    kept = malloc(bytes);
}

Test(ordinary, passes)
{
    cr_assert(1);
}

HEAPGATE_TEST(store, gives_back)
{
    forget(24);
    free(kept);
}

HEAPGATE_TEST(store, forgets)
{
    forget(24);
}

HEAPGATE_TEST_WITH(store, forgets_on_jemalloc, .allocator = "jemalloc")
{
    forget(24);
}

HEAPGATE_TEST_WITH(store, forgets_what_it_may, .max_bytes_per_op = 24.5)
{
    forget(24);
}

HEAPGATE_TEST_WITH(store, is_called_as_often_as_said, .ops = 999)
{
    static unsigned calls;
    if (++calls == 1000)
        abort();
    free(malloc(24));
}

HEAPGATE_TEST_WITH(store, is_called_too_rarely, .ops = 3)
{
    free(malloc(24));
}

HEAPGATE_TEST(store, crashes)
{
    abort();
}

HEAPGATE_TEST(store, allocates_nothing)
{
}
