/* A cmocka suite with leak tests of every outcome, to be run by suite.sh. Its argument names one test. */
#include <heapgate/cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static void *volatile kept;

static __attribute__((noinline)) void forget(size_t bytes)
{
    kept = malloc(bytes);
}

static int make(void **state)
{
    *state = malloc(100);
    return *state == NULL;
}

static int drop(void **state)
{
    free(*state);
    return 0;
}

static void ordinary(void **state)
{
    (void)state;
    assert_int_equal(1 + 1, 2);
}

HEAPGATE_TEST(gives_back)
{
    (void)state;
    forget(24);
    free(kept);
    assert_non_null(kept);
}

HEAPGATE_TEST(forgets)
{
    (void)state;
    forget(24);
}

HEAPGATE_TEST_WITH(forgets_what_it_may, .ops = 4096, .max_bytes_per_op = 24.5)
{
    (void)state;
    forget(24);
}

HEAPGATE_TEST_WITH(opens, .ops = 2048)
{
    (void)state;
    assert_true(open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0);
}

HEAPGATE_TEST(asserts_in_op_3000)
{
    static int calls;
    (void)state;
    assert_int_not_equal(++calls, 3000);
}

HEAPGATE_TEST(crashes)
{
    (void)state;
    abort();
}

HEAPGATE_TEST(exits_in_op_3000)
{
    static int calls;
    (void)state;
    if (++calls == 3000)
        exit(0);
}

HEAPGATE_TEST_WITH(fixture_of_each_op, .setup = make, .teardown = drop)
{
    assert_non_null(*state);
}

HEAPGATE_TEST_WITH(fixture_and_leak, .setup = make, .teardown = drop, .ops = 4096)
{
    assert_non_null(*state);
    forget(100);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary),
        cmocka_unit_test(gives_back),
        cmocka_unit_test(forgets),
        cmocka_unit_test(forgets_what_it_may),
        cmocka_unit_test(opens),
        cmocka_unit_test(asserts_in_op_3000),
        cmocka_unit_test(crashes),
        cmocka_unit_test(exits_in_op_3000),
        cmocka_unit_test(fixture_of_each_op),
        cmocka_unit_test_setup_teardown(fixture_and_leak, make, drop),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
