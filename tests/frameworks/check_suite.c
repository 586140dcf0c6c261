/* A suite of Check with leak tests of every outcome, to be run by suite.sh. */
#include <heapgate/check.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static void *volatile kept;

static __attribute__((noinline)) void forget(size_t bytes)
{
    kept = malloc(bytes);
}

static void make(void)
{
    kept = malloc(100);
}

static void drop(void)
{
    free(kept);
}

START_TEST(ordinary)
{
    ck_assert_int_eq(1 + 1, 2);
}
END_TEST

HEAPGATE_START_TEST(gives_back)
{
    forget(24);
    free(kept);
    ck_assert_ptr_nonnull(kept);
}
END_TEST

HEAPGATE_START_TEST(forgets)
{
    forget(24);
}
END_TEST

HEAPGATE_START_TEST_WITH(forgets_what_it_may, .ops = 4096, .max_bytes_per_op = 24.5)
{
    forget(24);
}
END_TEST

HEAPGATE_START_TEST_WITH(opens, .ops = 2048)
{
    ck_assert_int_ge(open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
}
END_TEST

static void *wait_for_ever(void *none)
{
    pause();
    return none;
}

HEAPGATE_START_TEST_WITH(threads, .ops = 200)
{
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, wait_for_ever, NULL), 0);
}
END_TEST

HEAPGATE_START_TEST(asserts_in_op_3000)
{
    static int calls;
    ck_assert_int_ne(++calls, 3000);
}
END_TEST

HEAPGATE_START_TEST(crashes)
{
    abort();
}
END_TEST

HEAPGATE_START_TEST(exits_in_op_3000)
{
    static int calls;
    if (++calls == 3000)
        exit(0);
}
END_TEST

HEAPGATE_START_TEST(fixture_around_ops)
{
    ck_assert_ptr_nonnull(kept);
}
END_TEST

HEAPGATE_START_TEST(forgets_odd)
{
    if (_i % 2)
        forget(24);
}
END_TEST

START_TEST(ends_by_a_signal)
{
    kill(getpid(), SIGKILL);
}
END_TEST

/* A test case for each test, and two leak tests in one. */
static void add(Suite *suite, const TTest *test, const char *name)
{
    TCase *cases = tcase_create(name);
    tcase_add_test(cases, test);
    suite_add_tcase(suite, cases);
}

int main(int argc, char **argv)
{
    (void)argv;
    Suite *suite = suite_create("store");
    add(suite, ordinary, "ordinary");
    add(suite, gives_back, "gives_back");
    add(suite, forgets, "forgets");
    add(suite, forgets_what_it_may, "forgets_what_it_may");
    add(suite, opens, "opens");
    add(suite, threads, "threads");
    add(suite, asserts_in_op_3000, "asserts_in_op_3000");
    add(suite, crashes, "crashes");
    add(suite, exits_in_op_3000, "exits_in_op_3000");
    TCase *fixture = tcase_create("fixture_of_each_op");
    tcase_add_checked_fixture(fixture, make, drop);
    tcase_add_test(fixture, fixture_around_ops);
    suite_add_tcase(suite, fixture);
    TCase *two = tcase_create("two tests");
    tcase_add_test_raise_signal(two, ends_by_a_signal, SIGKILL);
    tcase_add_loop_test(two, forgets_odd, 0, 2);
    suite_add_tcase(suite, two);
    SRunner *runner = srunner_create(suite);
    if (argc > 1)
        srunner_set_fork_status(runner, CK_FORK);
    srunner_run_all(runner, CK_VERBOSE);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
