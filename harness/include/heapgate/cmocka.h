/*
 * Leak tests in a cmocka suite. Write HEAPGATE_TEST(name) for `static void name(void **state)`, and the test
 * is a leak test; the table of tests stays as it is:
 *
 *     #include <heapgate/cmocka.h>
 *
 *     HEAPGATE_TEST(gives_everything_back)
 *     {
 *         (void)state;
 *         document_free(document_parse("[1, 2]"));
 *     }
 *
 *     HEAPGATE_TEST_WITH(fills_its_cache, .ops = 100000, .max_bytes_per_op = 0.5)
 *     ...
 *     const struct CMUnitTest tests[] = {cmocka_unit_test(gives_everything_back), ...
 *
 * The body is one op. The test fails if ops leave memory behind, or if an op fails. Memory that is allocated
 * once, within the first fifth of the ops, is not a leak. The setup and teardown of the table run once,
 * around all ops; those of the options, .setup and .teardown, run in each op, and may change its state.
 *
 * The ops run in a process of their own, which heapgate/leak_test.h describes: the same program with the same
 * arguments, in which the environment variable HEAPGATE_TEST names the test and no other runs.
 *
 * Requires C11 and cmocka 1.1.5.
 */
#ifndef HEAPGATE_CMOCKA_H
#define HEAPGATE_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <heapgate/leak_test.h>

struct heapgate_cmocka_test {
    const char *name;
    void (*op)(void **state);
    CMFixtureFunction setup, teardown;
    unsigned long ops;
    double max_bytes_per_op;
    const char *allocator;
};

#define HEAPGATE_TEST(Name) HEAPGATE_TEST_WITH(Name, .ops = 0)

/* With .ops, .max_bytes_per_op, .allocator, .setup and .teardown. */
#define HEAPGATE_TEST_WITH(Name, ...)                                                                        \
    static void heapgate_op_##Name(void **state);                                                            \
    static void Name(void **state)                                                                           \
    {                                                                                                        \
        static const struct heapgate_cmocka_test heapgate_test = {                                           \
            .name = #Name, .op = heapgate_op_##Name, __VA_ARGS__};                                           \
        if (!heapgate_cmocka_run(&heapgate_test, state))                                                     \
            fail();                                                                                          \
    }                                                                                                        \
    static void heapgate_op_##Name(void **state)

/* In the measured process, no test but the one runs. */
__attribute__((constructor)) static void heapgate_cmocka_select(void)
{
    const char *name = getenv("HEAPGATE_TEST");
    if (name && heapgate_is_measured())
        cmocka_set_test_filter(name);
}

static inline void heapgate_cmocka_ops(const struct heapgate_cmocka_test *test, void **state)
{
    struct heapgate_test_options options = {test->ops, test->max_bytes_per_op, test->allocator};
    heapgate_ops_begin(&options);
    do {
        if (test->setup && test->setup(state) != 0)
            fail_msg("the setup of %s failed", test->name);
        test->op(state);
        if (test->teardown && test->teardown(state) != 0)
            fail_msg("the teardown of %s failed", test->name);
    } while (heapgate_op_ended());
}

/* Returns whether the test passed; otherwise prints why it did not. */
static inline int heapgate_cmocka_run(const struct heapgate_cmocka_test *test, void **state)
{
    struct heapgate_test_options options = {test->ops, test->max_bytes_per_op, test->allocator};
    struct heapgate_child child = {.keeps_arguments = 1};
    char variable[256], failure[HEAPGATE_FAILURE_BYTES];
    if (heapgate_is_measured()) {
        heapgate_cmocka_ops(test, state);
        return 1;
    }
    snprintf(variable, sizeof variable, "HEAPGATE_TEST=%s", test->name);
    child.variables[0] = variable;
    child.forget[0] = "CMOCKA_";
    if (heapgate_measure(&options, &child, failure) == HEAPGATE_PASSED)
        return 1;
    /* cmocka cuts what it prints at once after 1,023 bytes */
    for (const char *line = failure; *line; line += strspn(line, "\n")) {
        print_error("%.*s\n", (int)strcspn(line, "\n"), line);
        line += strcspn(line, "\n");
    }
    return 0;
}

#endif
