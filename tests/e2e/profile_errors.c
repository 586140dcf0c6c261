/*
 * Goal: what cannot be profiled is refused with one line and exit code 2; a tool or workload that fails ends
 * with 4; nothing is left below /tmp.
 */
#include "command.h"
#include "tools.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* One line on standard error that has this part, and nothing else. */
static void expect_failure(const char *const *words, int exit_code, const char *part)
{
    command given = {0};
    for (size_t i = 0; words[i]; i++)
        given.words[i] = words[i];
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, exit_code), "%s\n%s%s", result.line, result.out, result.err);
    cr_assert(ne(ptr, strstr(result.err, part), NULL), "%s\n%s, without '%s'", result.line, result.err, part);
    cr_assert(eq(ptr, strchr(result.err, '\n'), result.err + result.err_size - 1), "%s\n%s", result.line,
              result.err);
    cr_assert(eq(sz, result.out_size, 0), "%s\n%s", result.line, result.out);
    command_result_free(&result);
}

Test(profile_errors, a_tool_that_is_not_there_is_named_with_its_package)
{
    static const char *const tools[][2] = {
        {"memcheck", "--with memcheck: valgrind is not in PATH; install the Debian package valgrind"},
        {"massif", "install the Debian package valgrind"},
        {"dhat", "install the Debian package valgrind"},
        {"heaptrack", "install the Debian package heaptrack"},
        {"jeprof", "install the Debian package libjemalloc-dev"},
    };
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++)
        expect_failure(
            WORDS("env", "PATH=/nowhere", HEAPGATE, "profile", "--with", tools[i][0], PLUGIN("growth")), 2,
            tools[i][1]);
    expect_failure(WORDS("env", "PATH=/nowhere", HEAPGATE, "run", "--cross-check", "memcheck"), 2,
                   "--cross-check: valgrind is not in PATH; install the Debian package valgrind");
}

Test(profile_errors, mistakes_on_the_command_line_are_told)
{
    tool_or_skip("valgrind");
    tool_or_skip("jeprof");
    expect_failure(WORDS(HEAPGATE, "profile", "--with", "perf", "x"), 2,
                   "unknown tool 'perf'; known are heaptrack");
    expect_failure(WORDS(HEAPGATE, "profile", PLUGIN("growth")), 2, "profile needs a tool: --with heaptrack");
    expect_failure(WORDS(HEAPGATE, "profile", "--with", "massif"), 2, "profile needs a workload");
    expect_failure(WORDS(HEAPGATE, "profile", "--with", "massif", "a", "b"), 2, "'b' is one too many");
    expect_failure(WORDS(HEAPGATE, "profile", "--with", "massif", "--ops", "0", "a"), 2,
                   "--ops: expected a whole number");
    expect_failure(WORDS(HEAPGATE, "profile", "--with", "massif", "--out", "/proc/no", PLUGIN("growth")), 2,
                   "--out: cannot write to /proc/no");
    expect_failure(WORDS(HEAPGATE, "profile", "--with", "jeprof", "-a", "glibc", PLUGIN("growth")), 2,
                   "jeprof works only on jemalloc, not on glibc");
    expect_failure(WORDS(HEAPGATE, "run", "--cross-check", "massif"), 2, "unknown tool 'massif'");
}

Test(profile_errors, what_is_not_there_is_told)
{
    tool_or_skip("valgrind");
    char *folder = folder_make();
    expect_failure(WORDS(HEAPGATE, "profile", "--with", "massif", "--out", folder, "./no.so"), 2,
                   "no plug-in at ./no.so");
    expect_failure(WORDS(HEAPGATE, "profile", "--with", "massif", "--out", folder, "no-storm"), 2,
                   "the suite has no workload 'no-storm'");
    expect_failure(
        WORDS(HEAPGATE, "profile", "--with", "massif", "--out", folder, "-S", "before", PLUGIN("growth")), 2,
        "--subject chooses from a suite");
    folder_remove(folder);
}

/* Links to a folder that were left; those of other programs lead elsewhere. */
static size_t links_to(const char *folder)
{
    glob_t found = {0};
    char *real = realpath(folder, NULL);
    size_t count = 0;
    cr_assert(ne(ptr, real, NULL));
    if (glob("/tmp/heapgate-*/out", 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++) {
            char target[4096] = "";
            ssize_t length = readlink(found.gl_pathv[i], target, sizeof target - 1);
            count += length > 0 && strcmp(target, real) == 0;
        }
    globfree(&found);
    free(real);
    return count;
}

Test(profile_errors, a_workload_that_crashes_under_the_tool_ends_with_4)
{
    tool_or_skip("valgrind");
    char *folder = folder_make();
    setenv("HEAPGATE_TEST_CASE", "crash", 1);
    expect_failure(
        WORDS(HEAPGATE, "profile", "--with", "dhat", "--out", folder, "--ops", "6000", PLUGIN("broken")), 4,
        "dhat, or the workload under it, crashed in op 3000: signal 11");
    setenv("HEAPGATE_TEST_CASE", "fails", 1);
    expect_failure(
        WORDS(HEAPGATE, "profile", "--with", "dhat", "--out", folder, "--ops", "6000", PLUGIN("broken")), 4,
        "under dhat: heapgate_iterate(");
    cr_expect(eq(sz, links_to(folder), 0));
    folder_remove(folder);
}

/* A valgrind that cannot run is one that somebody installed half: here, a script in its place. */
Test(profile_errors, a_tool_that_does_nothing_ends_with_4)
{
    char *folder = folder_make();
    char path[4096];
    snprintf(path, sizeof path, "PATH=%s", folder);
    char *script = folder_write(folder, "valgrind", "#!/bin/sh\necho 'valgrind: no tool' >&2\nexit 1\n");
    cr_assert(eq(int, chmod(script, 0755), 0));
    setenv("HEAPGATE_TEST_CASE", "in_one_thread", 1);
    expect_failure(
        WORDS("env", path, HEAPGATE, "profile", "--with", "memcheck", "--out", folder, PLUGIN("growth")), 4,
        "memcheck did not start the workload: exit code 1, valgrind: no tool");
    free(folder_write(folder, "valgrind", "#!/bin/sh\nexit 0\n"));
    expect_failure(
        WORDS("env", path, HEAPGATE, "profile", "--with", "memcheck", "--out", folder, PLUGIN("growth")), 4,
        "memcheck");
    free(script);
    folder_remove(folder);
}

/* A valgrind that never ends: here, a script in its place, which says that it has been started. */
Test(profile_errors, the_temporary_folder_is_in_TMPDIR_and_goes_whatever_signal_comes)
{
    static const int signals[] = {SIGHUP, SIGTERM, SIGINT};
    char *folder = folder_make();
    char *tools = folder_make();
    char *temporary = folder_make();
    char *script =
        folder_write(tools, "valgrind", "#!/bin/sh\necho yes >\"$TMPDIR/started\"\nexec sleep 60\n");
    char path[4096], started[4096];
    cr_assert(eq(int, chmod(script, 0755), 0));
    snprintf(path, sizeof path, "PATH=%s:/usr/bin:/bin", tools);
    snprintf(started, sizeof started, "%s/started", temporary);
    setenv("TMPDIR", temporary, 1);
    setenv("HEAPGATE_TEST_CASE", "in_one_thread", 1);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        pid_t profile =
            command_start(&(command){.words = {"env", path, HEAPGATE, "profile", "--with", "memcheck",
                                               "--out", folder, PLUGIN("growth"), NULL}});
        for (int tries = 0; tries < 600 && access(started, F_OK) != 0; tries++)
            usleep(50000);
        cr_expect(eq(sz, folder_count(temporary), 2), "no temporary folder in TMPDIR");
        kill(profile, signals[i]);
        cr_expect(eq(int, command_wait(profile), 130), "signal %d", signals[i]);
        unlink(started);
        cr_expect(eq(sz, folder_count(temporary), 0), "left behind after signal %d", signals[i]);
    }
    free(script);
    folder_remove(temporary);
    folder_remove(tools);
    folder_remove(folder);
}
