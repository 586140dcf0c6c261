/*
 * What the headers for test frameworks share: criterion.h, gtest.h, catch2.hpp, doctest.h, cmocka.h and
 * check.h. A test includes one of those, not this.
 *
 * A leak test starts its own program again, under heapgate and with this one test selected:
 *
 *     heapgate exec --marks -- PROGRAM FILTER
 *
 * In that process, the body of the test is called in a loop, and each call ends with heapgate_mark(). The
 * test in the first process fails with heapgate's report unless the verdict is clean and all ops have ended.
 *
 * The heapgate program is the first of these: the environment variable HEAPGATE; the macro HEAPGATE_PROGRAM,
 * which the CMake target heapgate::leak_tests defines; "heapgate" in the PATH. If it is not found, the test
 * fails and says so.
 *
 * Works in C11 and C++11 with POSIX on Linux. There is no library to link.
 */
#ifndef HEAPGATE_LEAK_TEST_H
#define HEAPGATE_LEAK_TEST_H

#include <errno.h>
#include <heapgate/mark.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if !defined _POSIX_C_SOURCE && !defined _GNU_SOURCE
#error "heapgate's leak tests need POSIX: compile with -std=gnu17 or -D_POSIX_C_SOURCE=200809L"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Default number of calls: 32 rounds of equal length, a power of two. */
#define HEAPGATE_OPS 8192u

struct heapgate_test_options {
    unsigned long ops;       /* calls; 0: HEAPGATE_OPS */
    double max_bytes_per_op; /* allowed growth */
    const char *allocator;   /* glibc, jemalloc, mimalloc or tcmalloc; NULL: glibc */
};

#define HEAPGATE_CHILD_WORDS 4u

/* How the program is started again. Unused entries are NULL. */
struct heapgate_child {
    const char *arguments[HEAPGATE_CHILD_WORDS]; /* select the test */
    const char *variables[HEAPGATE_CHILD_WORDS]; /* NAME=value, set in its environment */
    const char *forget[HEAPGATE_CHILD_WORDS];    /* variables that begin like this are removed */
    int keeps_arguments; /* the program's own arguments come before; a main of the user's may need them */
    const char *drop;    /* except those that begin like this */
};

enum heapgate_outcome { HEAPGATE_FAILED, HEAPGATE_PASSED, HEAPGATE_SKIPPED };

/* The size of a failed test's message, and how much of heapgate's report it can hold. */
#define HEAPGATE_FAILURE_BYTES 12288u
#define HEAPGATE_REPORT_BYTES  8192u

/* The words of the command, and the bytes of the program's own arguments. */
#define HEAPGATE_WORDS          256u
#define HEAPGATE_ARGUMENT_BYTES 16384u

#ifdef HEAPGATE_PROGRAM
#define HEAPGATE_DEFAULT_PROGRAM HEAPGATE_PROGRAM
#else
#define HEAPGATE_DEFAULT_PROGRAM "heapgate"
#endif

/* Exit status of a child that could not start heapgate; heapgate itself never uses it. */
#define HEAPGATE_NOT_STARTED 127

/* What the measured process says, and the first one looks for. */
#define HEAPGATE_ALL_ENDED "heapgate: all ops ended: "
#define HEAPGATE_OPEN      "heapgate: open files and threads grow: "
#define HEAPGATE_SKIPS     "heapgate: the test skipped itself"

extern char **environ;

/* The ops of this process; one leak test at a time runs. */
struct heapgate_ops {
    unsigned long wanted, ended;
    unsigned long open, quarter,
        half;    /* descriptors and threads: now, after a quarter of the ops, after half of them */
    int process; /* that counts them: what it forks is not measured */
    int watched; /* the exit handler is there */
};
__attribute__((weak, visibility("hidden"))) struct heapgate_ops heapgate_ops;

/* Whether this process is the one that heapgate started: then the ops run here. */
static inline int heapgate_is_measured(void)
{
    return getenv("HEAPGATE_MARKS") && dlsym(0, "heapgate_probe_mark");
}

static inline void heapgate_say_if_cut_short(void)
{
    if (heapgate_ops.process == (int)getpid() && heapgate_ops.ended < heapgate_ops.wanted) {
        fflush(NULL);
        fprintf(stderr, "heapgate: the test ended in op %lu of %lu\n", heapgate_ops.ended + 1,
                heapgate_ops.wanted);
    }
}

/* Call it before the ops. A leak of descriptors must not hide behind the limit that it soon reaches. */
static inline void heapgate_ops_begin(const struct heapgate_test_options *options)
{
    struct rlimit files;
    heapgate_ops.wanted = options->ops ? options->ops : HEAPGATE_OPS;
    heapgate_ops.ended = 0;
    heapgate_ops.process = (int)getpid();
    if (!heapgate_ops.watched)
        heapgate_ops.watched = atexit(heapgate_say_if_cut_short) == 0;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

/*
 * The lowest descriptor that is free, and the number of threads: their sum rises where ops leave them behind.
 */
static inline unsigned long heapgate_count_open(void)
{
    struct stat threads;
    int free_one = dup(STDERR_FILENO);
    if (free_one >= 0)
        close(free_one);
    return (unsigned long)(free_one + 1) + (stat("/proc/self/task", &threads) == 0 ? threads.st_nlink : 0);
}

/*
 * heapgate counts descriptors and threads from outside: fast ops that leave some behind wait until it has
 * done so.
 */
static inline void heapgate_let_count(void)
{
    const struct timespec pause = {0, 40000000};
    unsigned long every = heapgate_ops.wanted / HEAPGATE_MARKS;
    if (every > 1 && heapgate_ops.ended % every != 0)
        return;
    unsigned long open = heapgate_count_open();
    if (open > heapgate_ops.open)
        nanosleep(&pause, NULL);
    heapgate_ops.open = open;
    if (heapgate_ops.ended <= heapgate_ops.wanted / 4)
        heapgate_ops.quarter = open;
    if (heapgate_ops.ended <= heapgate_ops.wanted / 2)
        heapgate_ops.half = open;
}

/* A machine under load may still have missed it. */
static inline void heapgate_say_if_open(void)
{
    enum { FEWEST = 8 };
    const struct heapgate_ops *ops = &heapgate_ops;
    if (ops->half > ops->quarter && ops->open > ops->half && ops->open >= ops->quarter + FEWEST)
        fprintf(stderr, HEAPGATE_OPEN "%lu after a quarter of the ops, %lu after half, %lu at the end\n",
                ops->quarter, ops->half, ops->open);
}

/* Call it after each op. Returns 0 after the last one. */
static inline int heapgate_op_ended(void)
{
    heapgate_mark();
    heapgate_ops.ended++;
    heapgate_let_count();
    if (heapgate_ops.ended < heapgate_ops.wanted)
        return 1;
    fflush(NULL);
    heapgate_say_if_open();
    fprintf(stderr, HEAPGATE_ALL_ENDED "%lu\n", heapgate_ops.ended);
    return 0;
}

/* Removes the variables that begin like this: they describe the run that started this one. */
static inline void heapgate_forget(const char *prefix)
{
    size_t length = strlen(prefix);
    for (char **at = environ; *at;) {
        char name[128];
        size_t end = strcspn(*at, "=");
        if (strncmp(*at, prefix, length) != 0 || end >= sizeof name) {
            at++;
            continue;
        }
        memcpy(name, *at, end);
        name[end] = '\0';
        unsetenv(name);
        at = environ;
    }
}

/* Replaces this process with heapgate and sends all its output to the file. */
static inline void heapgate_become(const char *const *words, const struct heapgate_child *child, FILE *output)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* a test that its framework stops takes its measurement with it */
    for (unsigned k = 0; k < HEAPGATE_CHILD_WORDS && child->forget[k]; k++)
        heapgate_forget(child->forget[k]);
    for (unsigned k = 0; k < HEAPGATE_CHILD_WORDS && child->variables[k]; k++)
        putenv((char *)(size_t)child->variables[k]);
    dup2(fileno(output), STDOUT_FILENO);
    dup2(fileno(output), STDERR_FILENO);
    if (fileno(output) > STDERR_FILENO)
        close(fileno(output));
    execvp(words[0], (char *const *)(size_t)words);
    _exit(HEAPGATE_NOT_STARTED);
}

/* Waits for the program to end. Returns its exit status, or -1 if it has none. */
static inline int heapgate_call(const char *const *words, const struct heapgate_child *how, FILE *output)
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        heapgate_become(words, how, output);
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

/* Whether a line of the output begins like this. */
static inline int heapgate_was_said(FILE *output, const char *begin)
{
    char line[256];
    rewind(output);
    while (fgets(line, sizeof line, output))
        if (strncmp(line, begin, strlen(begin)) == 0)
            return 1;
    return 0;
}

static inline const char *heapgate_meaning(int code)
{
    static const char *const meanings[] = {
        "clean",
        "a leak",
        "heapgate could not measure it",
        "inconclusive: give it more .ops",
        "the op failed, crashed or ended the program",
        "heapgate failed its own control",
    };
    return code >= 0 && code < 6 ? meanings[code] : "heapgate did not finish";
}

/* Appends the program's own arguments, which the text then holds. Returns the new number of words. */
static inline unsigned heapgate_own_arguments(const char **words, unsigned used,
                                              const struct heapgate_child *child,
                                              char text[HEAPGATE_ARGUMENT_BYTES])
{
    FILE *file = fopen("/proc/self/cmdline", "r");
    if (!file)
        return used;
    size_t size = fread(text, 1, HEAPGATE_ARGUMENT_BYTES - 1, file);
    fclose(file);
    text[size] = '\0';
    for (size_t at = strlen(text) + 1; at < size && used < HEAPGATE_WORDS - 8; at += strlen(text + at) + 1)
        if (!child->drop || strncmp(text + at, child->drop, strlen(child->drop)) != 0)
            words[used++] = text + at;
    return used;
}

/* Puts the variables of the child before each command that the report gives. */
static inline void heapgate_copy_report(char *failure, size_t size, const char *report,
                                        const struct heapgate_child *child)
{
    static const char again[] = "again: ";
    size_t used = strlen(failure);
    const char *command = strstr(report, again);
    size_t before = command ? (size_t)(command - report) + sizeof again - 1 : strlen(report);
    used += (size_t)snprintf(failure + used, size - used, "%.*s", (int)before, report);
    for (unsigned k = 0; command && k < HEAPGATE_CHILD_WORDS && child->variables[k] && used < size; k++) {
        const char *variable = child->variables[k];
        size_t name = strcspn(variable, "=") + 1;
        used +=
            (size_t)snprintf(failure + used, size - used, "%.*s'%s' ", (int)name, variable, variable + name);
    }
    if (command && used < size)
        snprintf(failure + used, size - used, "%s", report + before);
}

static inline enum heapgate_outcome heapgate_judge(int code, FILE *output, const char *program,
                                                   const struct heapgate_child *child,
                                                   char failure[HEAPGATE_FAILURE_BYTES])
{
    char report[HEAPGATE_REPORT_BYTES];
    const char *meaning = heapgate_meaning(code);
    heapgate_read_end(output, report);
    if (code == HEAPGATE_NOT_STARTED) {
        snprintf(
            failure, HEAPGATE_FAILURE_BYTES,
            "heapgate: program '%s' not found: set HEAPGATE=/path/to/heapgate, or add heapgate to the PATH",
            program);
        return HEAPGATE_FAILED;
    }
    if (code == 0 && !heapgate_was_said(output, "heapgate: the program ")) {
        snprintf(failure, HEAPGATE_FAILURE_BYTES, "%s is not heapgate: it measured nothing", program);
        return HEAPGATE_FAILED;
    }
    if (heapgate_was_said(output, HEAPGATE_SKIPS))
        return HEAPGATE_SKIPPED;
    if (!heapgate_was_said(output, HEAPGATE_ALL_ENDED) && (code == 0 || code == 3))
        meaning = "the test did not run to its end in the measured process";
    else if (code == 0 && heapgate_was_said(output, HEAPGATE_OPEN))
        meaning = "a leak of open files or threads";
    else if (code == 0)
        return HEAPGATE_PASSED;
    snprintf(failure, HEAPGATE_FAILURE_BYTES, "%s: %s (a mark is one op)\n", program, meaning);
    heapgate_copy_report(failure, HEAPGATE_FAILURE_BYTES, report, child);
    return HEAPGATE_FAILED;
}

/* Measures the op. If the outcome is HEAPGATE_FAILED, failure says why. */
static inline enum heapgate_outcome heapgate_measure(const struct heapgate_test_options *options,
                                                     const struct heapgate_child *child,
                                                     char failure[HEAPGATE_FAILURE_BYTES])
{
    char self[4096] = "", budget[64], own[HEAPGATE_ARGUMENT_BYTES];
    const char *named = getenv("HEAPGATE");
    const char *words[HEAPGATE_WORDS] = {named && named[0] ? named : HEAPGATE_DEFAULT_PROGRAM, "exec",
                                         "--marks"};
    unsigned used = 3;
    if (getenv("HEAPGATE_MARKS")) { /* or it would start itself again and again */
        snprintf(failure, HEAPGATE_FAILURE_BYTES,
                 "heapgate: the probe is not in this process although HEAPGATE_MARKS is set");
        return HEAPGATE_FAILED;
    }
    if (options->max_bytes_per_op > 0) {
        snprintf(budget, sizeof budget, "%.9g", options->max_bytes_per_op);
        words[used++] = "--max-bytes-per-op";
        words[used++] = budget;
    }
    if (options->allocator) {
        words[used++] = "--allocator";
        words[used++] = options->allocator;
    }
    words[used++] = "--";
    words[used++] = self;
    if (child->keeps_arguments)
        used = heapgate_own_arguments(words, used, child, own);
    for (unsigned k = 0; k < HEAPGATE_CHILD_WORDS && child->arguments[k]; k++)
        words[used++] = child->arguments[k];
    FILE *output = tmpfile();
    if (!output || readlink("/proc/self/exe", self, sizeof self - 1) <= 0) {
        snprintf(failure, HEAPGATE_FAILURE_BYTES, "heapgate: cannot start: %s", strerror(errno));
        if (output)
            fclose(output);
        return HEAPGATE_FAILED;
    }
    int code = heapgate_call(words, child, output);
    enum heapgate_outcome outcome = heapgate_judge(code, output, words[0], child, failure);
    fclose(output);
    return outcome;
}

#ifdef __cplusplus
}

namespace heapgate
{

/* The options as C++11 can write them: .ops(100000).max_bytes_per_op(0.5) */
class options
{
  public:
    options() : values()
    {
    }
    options &ops(unsigned long calls)
    {
        values.ops = calls;
        return *this;
    }
    options &max_bytes_per_op(double bytes)
    {
        values.max_bytes_per_op = bytes;
        return *this;
    }
    options &allocator(const char *name)
    {
        values.allocator = name;
        return *this;
    }
    heapgate_test_options values;
};

} // namespace heapgate
#endif

#endif
