/*
 * Leak tests in a Criterion suite.
 *
 *     #include <heapgate/criterion.h>
 *
 *     HEAPGATE_TEST(parser, gives_everything_back)
 *     {
 *         document_free(document_parse("[1, 2]"));
 *     }
 *
 * The body is one op. The test fails if ops leave memory behind, and reports the rate, the call path and the
 * command that repeats the measurement. One thread calls the body HEAPGATE_OPS times. Memory that it
 * allocates once, within the first fifth of the calls, is not a leak. Keep state that outlives a call in
 * static variables.
 *
 *     HEAPGATE_TEST_WITH(parser, fills_its_cache, .ops = 100000, .max_bytes_per_op = 0.5)
 *
 * How it works: Criterion's own process is not measured. The test starts its own program again as
 *
 *     heapgate exec --marks -- PROGRAM --filter=parser/gives_everything_back
 *
 * In that process, before Criterion runs any test, the op is called in rounds, each round ends with
 * heapgate_mark(), and then the program ends. So the body runs outside a Criterion test: there are no
 * fixtures and no Criterion time limits, and you must use abort() or assert() instead of cr_assert(). If you
 * write your own main, it must call criterion_handle_args.
 *
 * heapgate/leak_test.h says how the heapgate program is found.
 *
 * Requires C11 with POSIX (gnu11 or later, or -D_POSIX_C_SOURCE=200809L), Criterion 2.4 and Linux. There is
 * no library to link except Criterion.
 */
#ifndef HEAPGATE_CRITERION_H
#define HEAPGATE_CRITERION_H

#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <heapgate/leak_test.h>

struct heapgate_test {
    const char *suite, *name;
    void (*op)(void);
    struct heapgate_test_options options;
    struct heapgate_test *next;
};

/* All leak tests of the program; complete before main starts. */
__attribute__((weak, visibility("hidden"))) struct heapgate_test *heapgate_tests;

#define HEAPGATE_TEST(Suite, Name) HEAPGATE_TEST_WITH(Suite, Name, .ops = 0)

/* With heapgate_test_options, as designated initializers. */
#define HEAPGATE_TEST_WITH(Suite, Name, ...)                                                                 \
    _Pragma("GCC diagnostic push")                                                                           \
        _Pragma("GCC diagnostic ignored \"-Wmissing-field-initializers\"") static void                       \
            heapgate_op_##Suite##_##Name(void);                                                              \
    static struct heapgate_test heapgate_test_##Suite##_##Name = {                                           \
        .suite = #Suite,                                                                                     \
        .name = #Name,                                                                                       \
        .op = heapgate_op_##Suite##_##Name,                                                                  \
        .options = {__VA_ARGS__},                                                                            \
    };                                                                                                       \
    _Pragma("GCC diagnostic pop")                                                                            \
        __attribute__((constructor)) static void heapgate_add_##Suite##_##Name(void)                         \
    {                                                                                                        \
        heapgate_test_##Suite##_##Name.next = heapgate_tests;                                                \
        heapgate_tests = &heapgate_test_##Suite##_##Name;                                                    \
    }                                                                                                        \
    Test(Suite, Name)                                                                                        \
    {                                                                                                        \
        char heapgate_failure[HEAPGATE_FAILURE_BYTES];                                                       \
        int heapgate_passed = heapgate_test_check(&heapgate_test_##Suite##_##Name, heapgate_failure);        \
        cr_assert(heapgate_passed, "%s", heapgate_failure);                                                  \
    }                                                                                                        \
    static void heapgate_op_##Suite##_##Name(void)

/* Measures the op. Returns 1 if the test passed; otherwise failure says why it did not. */
static inline int heapgate_test_check(const struct heapgate_test *test, char failure[HEAPGATE_FAILURE_BYTES])
{
    char filter[512];
    struct heapgate_child child;
    memset(&child, 0, sizeof child);
    snprintf(filter, sizeof filter, "--filter=%s/%s", test->suite, test->name);
    child.arguments[0] = filter;
    child.forget[0] = "CRITERION_";
    child.forget[1] = "BXFI_";
    return heapgate_measure(&test->options, &child, failure) == HEAPGATE_PASSED;
}

/* The only test that the command line left enabled; NULL if there is none, or more than one. */
static inline const struct criterion_test *heapgate_only_test(const struct criterion_test_set *all)
{
    const struct criterion_test *only = NULL;
    for (struct criterion_ordered_set_node *s = all->suites->first; s; s = s->next) {
        const struct criterion_suite_set *suite = (const struct criterion_suite_set *)(const void *)(s + 1);
        for (struct criterion_ordered_set_node *t = suite->tests ? suite->tests->first : NULL; t;
             t = t->next) {
            const struct criterion_test *test = (const struct criterion_test *)(const void *)(t + 1);
            if (test->data->disabled)
                continue;
            if (only)
                return NULL;
            only = test;
        }
    }
    return only;
}

/* In the program that heapgate started: runs the rounds instead of Criterion's tests. */
static inline void heapgate_run_rounds(struct criterion_test_set *all)
{
    const struct criterion_test *asked = heapgate_is_measured() ? heapgate_only_test(all) : NULL;
    for (const struct heapgate_test *test = heapgate_tests; asked && test; test = test->next) {
        if (strcmp(test->suite, asked->category) != 0 || strcmp(test->name, asked->name) != 0)
            continue;
        heapgate_ops_begin(&test->options);
        do
            test->op();
        while (heapgate_op_ended());
        fflush(NULL);
        _exit(0);
    }
}

/* Does what ReportHook(PRE_ALL) does; that macro works in only one source file of a program. */
static void heapgate_pre_all(struct criterion_test_set *all)
{
    heapgate_run_rounds(all);
}
CR_SECTION_(CR_HOOK_SECTION_STRINGIFY(PRE_ALL))
__attribute__((used)) static f_report_hook heapgate_pre_all_hook = (f_report_hook)heapgate_pre_all;

#endif
