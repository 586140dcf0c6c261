/*
 * Leak tests in a suite of Check. Write HEAPGATE_START_TEST for START_TEST, and the test is a leak test:
 *
 *     #include <heapgate/check.h>
 *
 *     HEAPGATE_START_TEST(gives_everything_back)
 *     {
 *         document_free(document_parse("[1, 2]"));
 *     }
 *     END_TEST
 *
 *     HEAPGATE_START_TEST_WITH(fills_its_cache, .ops = 100000, .max_bytes_per_op = 0.5)
 *
 * The body is one op. The test fails if ops leave memory behind, or if an op fails. Memory that is allocated
 * once, within the first fifth of the ops, is not a leak. Fixtures run once, around all ops.
 *
 * The ops run in a process of their own, which heapgate/leak_test.h describes: the same program with the same
 * arguments, in which Check does not fork (CK_FORK=no) and HEAPGATE_TEST names the test. No other test is
 * added to a test case there, by a source that includes this header. A suite with leak tests cannot call
 * srunner_set_fork_status(CK_FORK). A leak test takes longer than Check's limit of 4 s: unless you set
 * CK_DEFAULT_TIMEOUT or tcase_set_timeout, the limit is 300 s for all tests of a program that includes this
 * header.
 *
 * Requires C11 and Check 0.13.
 */
#ifndef HEAPGATE_CHECK_H
#define HEAPGATE_CHECK_H

#include <check.h>
#include <heapgate/leak_test.h>

#define HEAPGATE_START_TEST(Name) HEAPGATE_START_TEST_WITH(Name, .ops = 0)

/* With heapgate_test_options, as designated initializers. */
#define HEAPGATE_START_TEST_WITH(Name, ...)                                                                  \
    static void heapgate_op_##Name(int _i);                                                                  \
    START_TEST(Name)                                                                                         \
    {                                                                                                        \
        static const struct heapgate_check_test heapgate_test = {                                            \
            .name = #Name, .op = heapgate_op_##Name, .options = {__VA_ARGS__}};                              \
        char heapgate_failure[HEAPGATE_FAILURE_BYTES];                                                       \
        if (!heapgate_check_run(&heapgate_test, _i, heapgate_failure))                                       \
            ck_abort_msg("%s", heapgate_failure);                                                            \
    }                                                                                                        \
    END_TEST                                                                                                 \
    static void heapgate_op_##Name(int _i __attribute__((unused)))

struct heapgate_check_test {
    const char *name;
    void (*op)(int index); /* of tcase_add_loop_test */
    struct heapgate_test_options options;
};

/* The process that heapgate started; a process that Check forks from it is not measured. */
static int heapgate_check_process;

__attribute__((constructor)) static void heapgate_check_begin(void)
{
    heapgate_check_process = (int)getpid();
    setenv("CK_DEFAULT_TIMEOUT", "300", 0);
}

/* In the measured process, the one test with the one index is added. */
static inline void heapgate_check_add(TCase *cases, const TTest *test, int signal, int status, int start,
                                      int end)
{
    const char *asked = heapgate_is_measured() ? getenv("HEAPGATE_TEST") : NULL;
    const char *index = asked ? strrchr(asked, ':') : NULL;
    if (index) {
        if (strlen(test->name) != (size_t)(index - asked) ||
            strncmp(test->name, asked, strlen(test->name)) != 0)
            return;
        start = atoi(index + 1);
        end = start + 1;
    }
    _tcase_add_test(cases, test, signal, status, start, end);
}
#define _tcase_add_test heapgate_check_add

static inline void heapgate_check_ops(const struct heapgate_check_test *test, int index)
{
    const char *asked = getenv("HEAPGATE_TEST");
    char self[256];
    snprintf(self, sizeof self, "%s:%d", test->name, index);
    if (asked && strcmp(asked, self) != 0)
        return; /* another leak test, added by a source without this header */
    if (heapgate_check_process != (int)getpid())
        ck_abort_msg("Check forks although CK_FORK=no: a suite with leak tests cannot call "
                     "srunner_set_fork_status(CK_FORK)");
    heapgate_ops_begin(&test->options);
    do
        test->op(index);
    while (heapgate_op_ended());
}

/* Returns whether the test passed; otherwise failure says why it did not. */
static inline int heapgate_check_run(const struct heapgate_check_test *test, int index,
                                     char failure[HEAPGATE_FAILURE_BYTES])
{
    struct heapgate_child child = {.keeps_arguments = 1};
    char self[256];
    if (heapgate_is_measured()) {
        heapgate_check_ops(test, index);
        return 1;
    }
    snprintf(self, sizeof self, "HEAPGATE_TEST=%s:%d", test->name, index);
    child.variables[0] = "CK_FORK=no";
    child.variables[1] = self;
    child.forget[0] = "CK_";
    return heapgate_measure(&test->options, &child, failure) == HEAPGATE_PASSED;
}

#endif
