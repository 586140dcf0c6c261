/*
 * Goal: when an allocation of heapgate fails, any of them, the answer is the right one or a message and exit
 * code 2; never a crash, and never a report that is cut and called whole. Method: the n-th allocation fails,
 * the C library's included, once or from then on, for every n up to some number and for a sample of those
 * beyond it.
 */
#include "command.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK   HG_SOURCE_DIR "/tests/golden/check.json"
#define HOSTILE HG_SOURCE_DIR "/tests/golden/hostile.json"

#if !HG_SANITIZED /* whose allocator must come first */

/* So many failures are made of each command. */
enum { MOST_FAILURES = 120 };

static command_result run_failing(const command *given, long fail_at, bool goes_on, const char *count)
{
    char number[24];
    snprintf(number, sizeof number, "%ld", fail_at);
    setenv("LD_PRELOAD", PLUGIN("fail_allocation"), 1);
    setenv("HEAPGATE_FAIL_AT", number, 1);
    if (goes_on)
        setenv("HEAPGATE_FAIL_ON", "1", 1);
    if (count)
        setenv("HEAPGATE_FAIL_COUNT", count, 1);
    command_result result = command_run(given);
    unsetenv("LD_PRELOAD");
    unsetenv("HEAPGATE_FAIL_AT");
    unsetenv("HEAPGATE_FAIL_ON");
    unsetenv("HEAPGATE_FAIL_COUNT");
    return result;
}

static long count_allocations(const command *given, const char *folder)
{
    char *path = folder_write(folder, "count", "");
    long count = 0;
    command_result whole = run_failing(given, -1, false, path);
    FILE *file = fopen(path, "r");
    cr_assert(ne(ptr, file, NULL));
    cr_assert(eq(int, fscanf(file, "%ld", &count), 1), "%s", whole.line);
    fclose(file);
    command_result_free(&whole);
    free(path);
    return count;
}

/* A report that is printed in part is one that is not there: its exit code says so. */
static void expect_whole_or_refused(const command *given, long n, bool goes_on, const command_result *right)
{
    command_result result = run_failing(given, n, goes_on, NULL);
    bool same = result.out_size == right->out_size && memcmp(result.out, right->out, right->out_size) == 0;
    cr_expect(result.exit_code == 2 || (result.exit_code == right->exit_code && same),
              "HEAPGATE_FAIL_AT=%ld%s LD_PRELOAD=" PLUGIN(
                  "fail_allocation") " %s: exit code %d, %zu of %zu bytes, %s",
              n, goes_on ? " HEAPGATE_FAIL_ON=1" : "", result.line, result.exit_code, result.out_size,
              right->out_size, result.err);
    cr_expect(result.exit_code != 2 || result.err_size > 0, "allocation %ld: no message", n);
    command_result_free(&result);
}

/* In ASCII: where the locale cannot be read, the text has no other letters, and is whole all the same. */
static void expect_survives(const command *given)
{
    char *folder = folder_make();
    setenv("LC_ALL", "C", 1);
    command_result right = command_run(given);
    long count = count_allocations(given, folder);
    long step = count / (MOST_FAILURES / 2);
    cr_assert(lt(long, 10, count), "%s", right.line);
    for (long n = 1; n <= count; n += n < MOST_FAILURES / 2 || step < 2 ? 1 : step) {
        expect_whole_or_refused(given, n, false, &right);
        expect_whole_or_refused(given, n, true, &right);
    }
    command_result_free(&right);
    folder_remove(folder);
}

static void expect_report(const char *format)
{
    expect_survives(&(command){.words = {HEAPGATE, "report", CHECK, "--format", format, NULL}});
}

Test(out_of_memory, every_report_for_people_is_whole_or_refused)
{
    expect_report("text");
    expect_report("html");
    expect_report("markdown");
}

Test(out_of_memory, every_report_for_programs_is_whole_or_refused)
{
    static const char *const formats[] = {"json",   "junit",       "sarif", "pprof", "speedscope",
                                          "folded", "openmetrics", "csv",   "brief", "github"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        expect_report(formats[i]);
}

Test(out_of_memory, every_comparison_is_whole_or_refused)
{
    static const char *const formats[] = {"text", "markdown", "json"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        expect_survives(
            &(command){.words = {HEAPGATE, "diff", CHECK, HOSTILE, "--format", formats[i], NULL}});
}

Test(out_of_memory, every_audit_and_import_is_whole_or_refused)
{
    static const char supp[] = HG_SOURCE_DIR "/tests/fuzz/corpus/suppressions/database.supp";
    expect_survives(&(command){.words = {HEAPGATE, "audit", HOSTILE, "--format", "html", NULL}});
    expect_survives(&(command){.words = {HEAPGATE, "audit", CHECK, NULL}});
    expect_survives(&(command){.words = {HEAPGATE, "known", "import", supp, NULL}});
    expect_survives(&(command){.words = {HEAPGATE, "known", "import", supp, "--from", CHECK, NULL}});
}

Test(out_of_memory, a_file_is_replaced_as_a_whole_or_not_at_all)
{
    char *folder = folder_make();
    char *path = folder_write(folder, "report", "the one before");
    const command given = {
        .words = {HEAPGATE, "report", CHECK, "--format", "markdown", "--output", path, NULL}};
    for (long n = 1; n <= MOST_FAILURES; n++) {
        command_result result = run_failing(&given, n, n % 2 == 0, NULL);
        command_result read = command_run(&(command){.words = {"cat", path, NULL}});
        bool kept = strcmp(read.out, "the one before") == 0;
        cr_expect(eq(int, result.exit_code, kept ? 2 : 0), "allocation %ld: %s", n, result.err);
        cr_expect(eq(sz, folder_count(folder), 1), "allocation %ld: a file is left over", n);
        if (!kept)
            free(folder_write(folder, "report", "the one before"));
        command_result_free(&read);
        command_result_free(&result);
    }
    free(path);
    folder_remove(folder);
}

/* A run that lacks memory may fail a cell or have no verdict; it does not crash, and calls no leak clean. */
Test(out_of_memory, a_measurement_crashes_nowhere_and_calls_no_leak_clean)
{
    enum { FIRST = 5, LAST = 2000, STEP = 50 };
    long cut_short = 0;
    setenv("HEAPGATE_TEST_CASE", "leak", 1);
    const command given = {.words = {HEAPGATE, "check", PLUGIN("broken"), "-q", NULL}};
    for (long n = FIRST; n < LAST; n += STEP) {
        command_result result = run_failing(&given, n, n % 2 == 0, NULL);
        cr_expect(result.exit_code >= 1 && result.exit_code <= 4, "HEAPGATE_FAIL_AT=%ld %s: exit code %d, %s",
                  n, result.line, result.exit_code, result.err);
        cut_short += result.exit_code != 1;
        command_result_free(&result);
    }
    cr_assert(lt(long, 10, cut_short), "few allocations failed");
}
#endif
