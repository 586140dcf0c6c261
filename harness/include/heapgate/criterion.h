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
 * The heapgate program is the first of these: the environment variable HEAPGATE; the macro HEAPGATE_PROGRAM,
 * which the CMake target heapgate::criterion defines; "heapgate" in the PATH. If it is not found, the test
 * fails and says so.
 *
 * Requires C11 with POSIX (gnu11 or later, or -D_POSIX_C_SOURCE=200809L), Criterion 2.4 and Linux. There is
 * no library to link except Criterion.
 */
#ifndef HEAPGATE_CRITERION_H
#define HEAPGATE_CRITERION_H

#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <errno.h>
#include <heapgate/mark.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef _POSIX_C_SOURCE
#error "heapgate/criterion.h needs POSIX: compile with -std=gnu17 or -D_POSIX_C_SOURCE=200809L"
#endif

/* Default number of calls: 32 rounds of equal length, a power of two. */
#define HEAPGATE_OPS 8192u

struct heapgate_test_options {
    unsigned long ops;       /* calls; 0: HEAPGATE_OPS */
    double max_bytes_per_op; /* allowed growth */
    const char *allocator;   /* glibc, jemalloc, mimalloc or tcmalloc; NULL: glibc */
};

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

/* The size of a failed test's message, and how much of heapgate's report it can hold. */
#define HEAPGATE_FAILURE_BYTES 12288u
#define HEAPGATE_REPORT_BYTES  8192u

#ifdef HEAPGATE_PROGRAM
#define HEAPGATE_DEFAULT_PROGRAM HEAPGATE_PROGRAM
#else
#define HEAPGATE_DEFAULT_PROGRAM "heapgate"
#endif

/* Exit status of a child that could not start heapgate; heapgate itself never uses it. */
#define HEAPGATE_NOT_STARTED 127

extern char **environ;

/* Removes Criterion's variables: they describe the run that started this one. */
static inline void heapgate_leave_criterion(void)
{
    static const char *const prefixes[] = {"CRITERION_", "BXFI_"};
    for (unsigned k = 0; k < 2; k++) {
        size_t length = strlen(prefixes[k]);
        for (char **at = environ; *at;) {
            char name[64];
            size_t end = strcspn(*at, "=");
            if (strncmp(*at, prefixes[k], length) != 0 || end >= sizeof name) {
                at++;
                continue;
            }
            memcpy(name, *at, end);
            name[end] = '\0';
            unsetenv(name);
            at = environ;
        }
    }
}

/* Replaces this process with heapgate and sends all its output to the file. */
static inline void heapgate_become(const char *const *words, FILE *output)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* a test that Criterion stops takes its measurement with it */
    heapgate_leave_criterion();
    dup2(fileno(output), STDOUT_FILENO);
    dup2(fileno(output), STDERR_FILENO);
    if (fileno(output) > STDERR_FILENO)
        close(fileno(output));
    execvp(words[0], (char *const *)words);
    _exit(HEAPGATE_NOT_STARTED);
}

/* Waits for the program to end. Returns its exit status, or -1 if it has none. */
static inline int heapgate_call(const char *const *words, FILE *output)
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        heapgate_become(words, output);
    if (child < 0)
        return -1;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Reads the end of the output, where the report is. */
static inline void heapgate_read_end(FILE *output, char text[HEAPGATE_REPORT_BYTES])
{
    text[0] = '\0';
    if (fseek(output, 0, SEEK_END) != 0)
        return;
    long size = ftell(output);
    long begin = size >= (long)HEAPGATE_REPORT_BYTES ? size - (long)HEAPGATE_REPORT_BYTES + 1 : 0;
    if (fseek(output, begin, SEEK_SET) == 0)
        text[fread(text, 1, HEAPGATE_REPORT_BYTES - 1, output)] = '\0';
}

static inline const char *heapgate_meaning(int code)
{
    static const char *const meanings[] = {
        "clean",
        "a leak",
        "heapgate could not measure it",
        "inconclusive: give it more .ops",
        "the op crashed or ended the program",
        "heapgate failed its own control",
    };
    return code >= 0 && code < 6 ? meanings[code] : "heapgate did not finish";
}

/* Measures the op. Returns 1 if the test passed; otherwise failure says why it did not. */
static inline int heapgate_test_check(const struct heapgate_test *test, char failure[HEAPGATE_FAILURE_BYTES])
{
    char self[4096] = "", filter[512], budget[64], report[HEAPGATE_REPORT_BYTES];
    const char *named = getenv("HEAPGATE");
    const char *words[12] = {named && named[0] ? named : HEAPGATE_DEFAULT_PROGRAM, "exec", "--marks"};
    unsigned used = 3;
    snprintf(filter, sizeof filter, "--filter=%s/%s", test->suite, test->name);
    if (test->options.max_bytes_per_op > 0) {
        snprintf(budget, sizeof budget, "%.9g", test->options.max_bytes_per_op);
        words[used++] = "--max-bytes-per-op";
        words[used++] = budget;
    }
    if (test->options.allocator) {
        words[used++] = "--allocator";
        words[used++] = test->options.allocator;
    }
    words[used++] = "--";
    words[used++] = self;
    words[used] = filter;
    FILE *output = tmpfile();
    if (!output || readlink("/proc/self/exe", self, sizeof self - 1) <= 0) {
        snprintf(failure, HEAPGATE_FAILURE_BYTES, "heapgate: cannot start: %s", strerror(errno));
        return 0;
    }
    int code = heapgate_call(words, output);
    heapgate_read_end(output, report);
    fclose(output);
    if (code == 0 && strstr(report, "heapgate: the program "))
        return 1;
    if (code == 0)
        snprintf(failure, HEAPGATE_FAILURE_BYTES, "%s is not heapgate: it measured nothing", words[0]);
    else if (code == HEAPGATE_NOT_STARTED)
        snprintf(
            failure, HEAPGATE_FAILURE_BYTES,
            "heapgate: program '%s' not found: set HEAPGATE=/path/to/heapgate, or add heapgate to the PATH",
            words[0]);
    else
        snprintf(failure, HEAPGATE_FAILURE_BYTES, "%s: %s (a mark is one op)\n%s", words[0],
                 heapgate_meaning(code), report);
    return 0;
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
    const struct criterion_test *asked = getenv("HEAPGATE_MARKS") ? heapgate_only_test(all) : NULL;
    for (const struct heapgate_test *test = heapgate_tests; asked && test; test = test->next) {
        if (strcmp(test->suite, asked->category) != 0 || strcmp(test->name, asked->name) != 0)
            continue;
        unsigned long ops = test->options.ops ? test->options.ops : HEAPGATE_OPS;
        for (unsigned long i = 0; i < ops; i++) {
            test->op();
            heapgate_mark();
        }
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
