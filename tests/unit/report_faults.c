/*
 * Memory that runs out and disks that are full. The linker sends every malloc, calloc, realloc and strdup of
 * the code under test here (--wrap), and the n-th request fails, for every n.
 */
#include "diff/diff.h"
#include "formats.h"
#include "model/merge.h"
#include "model/run_file.h"
#include "report_fixture.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

static long until_failure = -1; /* requests that still succeed; -1: all */
static long failures;

static bool fails_now(void)
{
    if (until_failure < 0)
        return false;
    if (until_failure-- > 0)
        return false;
    failures++;
    return true; /* one failure, then all is well again */
}

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails_now() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return fails_now() ? NULL : __real_strdup(text);
}

static long fail_at(long request)
{
    failures = 0;
    until_failure = request;
    return request;
}

static long stop_failing(void)
{
    until_failure = -1;
    return failures;
}

Test(report_faults, the_model_survives_every_failed_allocation)
{
    long injected = 0;

    for (long n = fail_at(0);; fail_at(++n)) {
        hg_run *run = hg_run_new();
        hg_cell *cell = run ? hg_run_add_cell(run) : NULL;
        hg_run_free(run);
        long failed = stop_failing();
        if (failed == 0)
            break;
        cr_expect(!run || !cell, "request %ld failed and nobody noticed", n);
        injected += failed;
    }
    cr_expect_gt(injected, 10);
}

static void expect_writer_reports(const char *format)
{
    hg_run *run = fixture_tortured();
    FILE *stream = fopen("/dev/null", "w");
    long injected = 0;

    cr_assert(hg_report_find(format)->write(run, NULL, stream)); /* the stream has its buffer now */
    for (long n = fail_at(0);; fail_at(++n)) {
        bool written = hg_report_find(format)->write(run, NULL, stream);
        long failed = stop_failing();
        cr_expect_eq(written, failed == 0, "%s, request %ld", format, n);
        injected += failed;
        if (failed == 0)
            break;
    }
    cr_expect_gt(injected, 0, "%s", format);
    fclose(stream);
    hg_run_free(run);
}

Test(report_faults, writers_say_when_memory_ran_out)
{
    expect_writer_reports("text");
    expect_writer_reports("html");
    expect_writer_reports("markdown");
    expect_writer_reports("sarif");
    expect_writer_reports("pprof");
    expect_writer_reports("speedscope");
    expect_writer_reports("openmetrics");
    expect_writer_reports("brief");
    expect_writer_reports("github");
    expect_writer_reports("ctest");
    expect_writer_reports("folded");
    expect_writer_reports("csv");
}

Test(report_faults, a_comparison_survives_every_failed_allocation)
{
    hg_run *a = fixture_toka(), *b = fixture_troubled();
    long injected = 0;

    for (long n = fail_at(0);; fail_at(++n)) {
        hg_diff *diff = hg_diff_new(a, b, NULL, NULL);
        long failed = stop_failing();
        cr_expect_eq(diff == NULL, failed > 0, "request %ld", n);
        hg_diff_free(diff);
        injected += failed;
        if (failed == 0)
            break;
    }
    cr_expect_gt(injected, 10);
    hg_run_free(a);
    hg_run_free(b);
}

Test(report_faults, a_merge_that_fails_leaves_both_runs_as_they_were)
{
    long injected = 0;

    for (long n = 0;; n++) {
        hg_run *into = fixture_toka(), *from = fixture_troubled();
        size_t cell;
        fixture_set(&from->machine, "another");
        fail_at(n);
        hg_merge_status status = hg_run_merge(into, from, true, &cell);
        long failed = stop_failing();
        cr_expect_eq(status, failed > 0 ? HG_MERGE_NO_MEMORY : HG_MERGE_DONE, "request %ld", n);
        cr_expect_eq(hg_run_exit_code(into), failed > 0 ? 0 : 5);
        cr_expect_eq(from->cell_count, failed > 0 ? 24 : 0);
        hg_run_free(into);
        hg_run_free(from);
        injected += failed;
        if (failed == 0)
            break;
    }
    cr_expect_geq(injected, 2);
}

static char *written(const hg_run *run, long failing, long *ret_failed)
{
    FILE *stream = tmpfile();

    fail_at(failing);
    hg_run_write(run, stream);
    *ret_failed = stop_failing();
    cr_assert_not(ferror(stream));
    char *text = fixture_read_stream(stream, NULL);
    fclose(stream);
    return text;
}

/* A run that ends because memory is short still leaves its file. */
Test(report_faults, json_is_complete_without_memory)
{
    hg_run *run = fixture_check();
    long failed, injected = 0;
    char *whole = written(run, LONG_MAX, &failed);

    cr_expect_not_null(strstr(whole, "\"callers\": [0"));
    for (long n = 0;; n++) {
        char *text = written(run, n, &failed);
        cr_expect_eq(strstr(text, "\"callers\"") == NULL, failed > 0, "request %ld", n);
        cr_expect_str_eq(text + strlen(text) - 3, "\n}\n", "request %ld", n);
        cr_expect_not_null(strstr(text, "\"function\": \"parse_one\""), "request %ld", n);
        free(text);
        injected += failed;
        if (failed == 0)
            break;
    }
    cr_expect_geq(injected, 4);
    free(whole);
    hg_run_free(run);
}

Test(report_faults, the_reader_survives_every_failed_allocation)
{
    hg_run *run = fixture_check();
    char path[] = "/tmp/heapgate-faults-XXXXXX";
    int descriptor = mkstemp(path);
    FILE *file = fdopen(descriptor, "w");
    long injected = 0, refused = 0;

    hg_run_write(run, file);
    cr_assert_eq(fclose(file), 0);
    hg_run_free(run);
    for (long n = fail_at(0);; fail_at(++n)) {
        char message[256];
        hg_run *read = hg_run_read(path, message, sizeof message);
        long failed = stop_failing();
        cr_expect_eq(read == NULL, failed > 0, "request %ld", n);
        cr_expect_eq(strstr(message, "out of memory") != NULL, failed > 0, "request %ld: %s", n, message);
        refused += read == NULL;
        injected += failed;
        hg_run_free(read);
        if (failed == 0)
            break;
    }
    unlink(path);
    cr_expect_gt(injected, 30);
    cr_expect_eq(injected, refused);
}

Test(report_faults, a_full_disk_is_left_on_the_stream)
{
    size_t checked = 0;

    for (const hg_report_format *format = hg_report_formats(); format->name; format++, checked++) {
        hg_run *run = fixture_toka();
        FILE *full = fopen("/dev/full", "w");
        cr_assert_not_null(full);
        cr_expect(format->write(run, NULL, full), "%s", format->name);
        cr_expect(fflush(full) != 0 || ferror(full), "%s", format->name);
        cr_expect(ferror(full), "%s", format->name);
        fclose(full);
        hg_run_free(run);
    }
    cr_expect_geq(checked, 3);
}
