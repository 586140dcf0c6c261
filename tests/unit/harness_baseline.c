/*
 * Goal: what a baseline allows is allowed and nothing else; it shrinks by itself and grows only when told to;
 * a file that is damaged, in any way, is told in one line.
 */
#include "baseline/compare.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TODAY "2026-11-23"

static char *path;

static void make_place(void)
{
    char folder[] = HG_BUILD_DIR "/baseline-XXXXXX";
    cr_assert(ne(ptr, mkdtemp(folder), NULL));
    cr_assert(lt(int, 0, asprintf(&path, "%s/known.json", folder)));
}

static void remove_place(void)
{
    unlink(path);
    *strrchr(path, '/') = '\0';
    cr_assert(eq(int, rmdir(path), 0), "something is left in %s", path);
    free(path);
}

TestSuite(harness_baseline, .init = make_place, .fini = remove_place);

static char *copy(const char *text)
{
    char *made = strdup(text);
    cr_assert(ne(ptr, made, NULL));
    return made;
}

static void put(char **field, const char *text)
{
    free(*field);
    *field = copy(text);
}

static hg_site *add_leak(hg_cell *cell, const char *function, double bytes)
{
    cell->sites = realloc(cell->sites, (cell->site_count + 1) * sizeof *cell->sites);
    hg_site *site = &cell->sites[cell->site_count++];
    *site = (hg_site){.growth_class = HG_CLASS_LEAK, .bytes_per_op = bytes, .blocks_per_op = 1};
    site->frames = calloc(2, sizeof *site->frames);
    site->frame_count = 2;
    site->frames[0] =
        (hg_frame){.function = copy(function), .file = copy("a.c"), .module = copy("/x/lib.so")};
    site->frames[1] = (hg_frame){.function = copy("iterate"), .file = copy("b.c"), .module = copy("p.so")};
    cell->bytes_per_op += bytes;
    cell->verdict = HG_VERDICT_LEAK;
    return site;
}

static hg_cell *add_cell(hg_run *run, const char *subject)
{
    hg_cell *cell = hg_run_add_cell(run);
    put(&cell->workload, "storm");
    put(&cell->subject, subject);
    put(&cell->allocator, "glibc");
    cell->expect = HG_EXPECT_CLEAN;
    cell->verdict = HG_VERDICT_CLEAN;
    cell->met = true;
    return cell;
}

static hg_run *run_with(const char *function, double bytes)
{
    hg_run *run = hg_run_new();
    put(&run->version, "0.1.0");
    put(&run->command, "heapgate run");
    hg_cell *cell = add_cell(run, "main");
    if (function)
        add_leak(cell, function, bytes);
    return run;
}

/* A baseline made from a run, by allowing all of it. */
static hg_baseline *baseline_of(const hg_run *run)
{
    hg_baseline *baseline = hg_baseline_new();
    hg_comparison *comparison = hg_baseline_compare(baseline, run, TODAY);
    cr_assert(eq(int, hg_baseline_update(baseline, comparison, run, TODAY, true), HG_UPDATE_DONE));
    hg_comparison_free(comparison);
    return baseline;
}

/* The one change that a run is to an entry for `function` at `was` bytes; -1 for none. */
static int change_of(double was, hg_run *run, const char *today)
{
    hg_run *before = run_with("lose", was);
    hg_baseline *baseline = baseline_of(before);
    hg_comparison *comparison = hg_baseline_compare(baseline, run, today);
    cr_assert(le(sz, comparison->count, 1));
    int kind = comparison->count == 1 ? (int)comparison->changes[0].kind : -1;
    cr_assert(hg_baseline_apply(comparison, run, "known.json"));
    hg_comparison_free(comparison);
    hg_baseline_free(baseline);
    hg_run_free(before);
    return kind;
}

static void expect_change(double was, double now, double error, int kind, bool met, const char *says)
{
    hg_run *run = run_with("lose", now);
    run->cells[0].sites[0].bytes_per_op_error = error;
    hg_comparison *comparison;
    hg_run *before = run_with("lose", was);
    hg_baseline *baseline = baseline_of(before);
    comparison = hg_baseline_compare(baseline, run, TODAY);
    cr_assert(lt(sz, 0, comparison->count));
    cr_expect(eq(int, (int)comparison->changes[0].kind, kind), "%g to %g", was, now);
    cr_assert(hg_baseline_apply(comparison, run, "known.json"));
    cr_expect(eq(int, run->cells[0].met, met), "%g to %g", was, now);
    cr_expect(ne(ptr, strstr(run->cells[0].reason, says), NULL), "'%s'", run->cells[0].reason);
    hg_comparison_free(comparison);
    hg_baseline_free(baseline);
    hg_run_free(before);
    hg_run_free(run);
}

Test(harness_baseline, allows_a_leak_up_to_its_rate_and_the_error_of_measuring_it)
{
    expect_change(48, 48, 0, HG_BASELINE_KNOWN, true, "known: 48 B per op, allowed by known.json");
    expect_change(48, 47, 0, HG_BASELINE_KNOWN, true, "known: 47 B per op");
    expect_change(48, 48.04, 0, HG_BASELINE_KNOWN, true, "known");
    expect_change(48, 50, 1, HG_BASELINE_KNOWN, true, "known");
    expect_change(48, 48.1, 0, HG_BASELINE_MORE, false, "was 48 B per op, now 48.1 B, at lose");
    expect_change(48, 52, 1, HG_BASELINE_MORE, false, "more than known.json allows");
}

Test(harness_baseline, catches_a_drift_of_three_per_cent_a_change)
{
    size_t caught = 0;
    for (double rate = 100; rate < 120; rate *= 1.03) {
        hg_run *run = run_with("lose", rate);
        int kind = change_of(100, run, TODAY);
        cr_assert(eq(int, kind, rate > 100 ? HG_BASELINE_MORE : HG_BASELINE_KNOWN), "%g", rate);
        cr_assert(eq(int, hg_run_exit_code(run), rate > 100 ? 1 : 0));
        caught += kind == HG_BASELINE_MORE;
        hg_run_free(run);
    }
    cr_assert(lt(sz, 4, caught));
}

Test(harness_baseline, does_not_allow_another_place)
{
    hg_run *run = run_with("other", 10);
    hg_run *before = run_with("lose", 48);
    hg_baseline *baseline = baseline_of(before);
    hg_comparison *comparison = hg_baseline_compare(baseline, run, TODAY);
    cr_assert(eq(sz, comparison->count, 2));
    cr_assert(eq(int, (int)comparison->changes[0].kind, HG_BASELINE_NEW));
    cr_assert(eq(int, (int)comparison->changes[1].kind, HG_BASELINE_GONE));
    cr_assert(hg_baseline_apply(comparison, run, "known.json"));
    cr_assert(not(run->cells[0].met));
    cr_assert(ne(ptr, strstr(run->cells[0].reason, "not in known.json: 10 B per op at other"), NULL));
    hg_comparison_free(comparison);
    hg_baseline_free(baseline);
    hg_run_free(before);
    hg_run_free(run);
}

Test(harness_baseline, knows_a_path_again_whatever_its_lines_and_folders)
{
    hg_run *run = run_with("lose", 24);
    add_leak(&run->cells[0], "lose", 24)->frames[0].line = 99;
    put(&run->cells[0].sites[1].frames[0].module, "/elsewhere/lib.so");
    cr_assert(eq(int, change_of(48, run, TODAY), HG_BASELINE_KNOWN), "two lines of one path, added up");
    hg_run_free(run);
}

Test(harness_baseline, compares_no_subject_that_is_expected_to_leak)
{
    hg_run *run = run_with("lose", 48);
    run->cells[0].expect = HG_EXPECT_LEAK;
    hg_baseline *baseline = baseline_of(run);
    cr_assert(eq(sz, baseline->count, 0));
    hg_comparison *comparison = hg_baseline_compare(baseline, run, TODAY);
    cr_assert(hg_baseline_apply(comparison, run, "known.json"));
    cr_assert(run->cells[0].met, "as it was");
    hg_comparison_free(comparison);
    hg_baseline_free(baseline);
    hg_run_free(run);
}

Test(harness_baseline, never_allows_open_files_to_grow)
{
    hg_run *run = run_with("lose", 48);
    hg_cell *cell = &run->cells[0];
    enum { SAMPLES = 12 };
    cell->samples = calloc(SAMPLES, sizeof *cell->samples);
    cell->sample_count = SAMPLES;
    cell->warmup_rounds = 2;
    for (int i = 0; i < SAMPLES; i++)
        cell->samples[i].open_files = 4 + i;
    cr_assert(eq(int, change_of(48, run, TODAY), HG_BASELINE_KNOWN));
    cr_assert(not(cell->met));
    cr_assert(ne(ptr, strstr(cell->reason, "open files"), NULL));
    hg_run_free(run);
}

Test(harness_baseline, counts_a_waiver_up_to_its_last_day)
{
    const struct {
        const char *today;
        int kind;
    } days[] = {{"2026-12-30", HG_BASELINE_KNOWN},
                {"2026-12-31", HG_BASELINE_KNOWN},
                {"2027-01-01", HG_BASELINE_EXPIRED}};
    for (size_t i = 0; i < 3; i++) {
        hg_run *run = run_with("lose", 48);
        hg_baseline *baseline = baseline_of(run);
        put(&baseline->entries[0].waiver_reason, "fixed upstream in 2.0");
        put(&baseline->entries[0].waiver_until, "2026-12-31");
        hg_comparison *comparison = hg_baseline_compare(baseline, run, days[i].today);
        cr_assert(eq(int, (int)comparison->changes[0].kind, days[i].kind), "%s", days[i].today);
        cr_assert(hg_baseline_apply(comparison, run, "known.json"));
        cr_assert(eq(int, run->cells[0].met, days[i].kind == HG_BASELINE_KNOWN));
        cr_assert(eq(int, strstr(run->cells[0].reason, "ended on 2026-12-31") != NULL,
                     days[i].kind == HG_BASELINE_EXPIRED));
        hg_comparison_free(comparison);
        hg_baseline_free(baseline);
        hg_run_free(run);
    }
}

static hg_update_result update_from(hg_baseline *baseline, const hg_run *run, bool allow_growth)
{
    hg_comparison *comparison = hg_baseline_compare(baseline, run, TODAY);
    hg_update_result result = hg_baseline_update(baseline, comparison, run, TODAY, allow_growth);
    hg_comparison_free(comparison);
    return result;
}

Test(harness_baseline, only_shrinks_unless_told_to_grow)
{
    hg_run *much = run_with("lose", 48);
    hg_run *less = run_with("lose", 20);
    hg_run *none = run_with(NULL, 0);
    hg_baseline *baseline = baseline_of(much);
    cr_assert(eq(int, update_from(baseline, less, false), HG_UPDATE_DONE));
    cr_assert(ieee_ulp_eq(dbl, baseline->entries[0].bytes_per_op, 20, 2));
    cr_assert(eq(int, update_from(baseline, much, false), HG_UPDATE_REFUSED));
    cr_assert(ieee_ulp_eq(dbl, baseline->entries[0].bytes_per_op, 20, 2));
    cr_assert(eq(int, update_from(baseline, much, true), HG_UPDATE_DONE));
    cr_assert(ieee_ulp_eq(dbl, baseline->entries[0].bytes_per_op, 48, 2));
    cr_assert(eq(int, update_from(baseline, none, false), HG_UPDATE_DONE));
    cr_assert(eq(sz, baseline->count, 0));
    cr_assert(eq(int, update_from(baseline, less, false), HG_UPDATE_REFUSED));
    cr_assert(eq(sz, baseline->count, 0));
    hg_baseline_free(baseline);
    hg_run_free(much);
    hg_run_free(less);
    hg_run_free(none);
}

Test(harness_baseline, keeps_entries_of_cells_that_did_not_run_or_came_to_nothing)
{
    hg_run *both = run_with("lose", 48);
    add_leak(add_cell(both, "next"), "lose", 10);
    hg_baseline *baseline = baseline_of(both);
    cr_assert(eq(sz, baseline->count, 2));
    hg_run *other = run_with(NULL, 0);
    put(&other->cells[0].subject, "next");
    cr_assert(eq(int, update_from(baseline, other, false), HG_UPDATE_DONE));
    cr_assert(eq(sz, baseline->count, 1));
    cr_assert(eq(str, baseline->entries[0].subject, "main"));
    hg_run *failed = run_with(NULL, 0);
    failed->cells[0].verdict = HG_VERDICT_FAILED;
    cr_assert(eq(int, update_from(baseline, failed, false), HG_UPDATE_DONE));
    cr_assert(eq(sz, baseline->count, 1));
    hg_baseline_free(baseline);
    hg_run_free(both);
    hg_run_free(other);
    hg_run_free(failed);
}

Test(harness_baseline, takes_the_most_of_all_allocators)
{
    hg_run *run = run_with("lose", 48);
    hg_cell *cell = add_cell(run, "main");
    put(&cell->allocator, "jemalloc");
    add_leak(cell, "lose", 50);
    hg_baseline *baseline = baseline_of(run);
    cr_assert(eq(sz, baseline->count, 1));
    cr_assert(ieee_ulp_eq(dbl, baseline->entries[0].bytes_per_op, 50, 2));
    cr_assert(eq(int, update_from(baseline, run, false), HG_UPDATE_DONE));
    cr_assert(ieee_ulp_eq(dbl, baseline->entries[0].bytes_per_op, 50, 2), "48 in one cell is not less");
    hg_baseline_free(baseline);
    hg_run_free(run);
}

static char *read_back(void)
{
    static char text[4096];
    FILE *file = fopen(path, "r");
    cr_assert(ne(ptr, file, NULL));
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

Test(harness_baseline, is_written_in_the_same_order_and_read_back)
{
    char message[256];
    const char *const names[] = {"zeta", "alpha", "caf\xc3\xa9",
                                 "bad\xff"
                                 "bytes"};
    hg_run *run = run_with(NULL, 0);
    for (size_t i = 0; i < 4; i++)
        add_leak(&run->cells[0], names[i], 10.0 + (double)i);
    put(&run->command, "heapgate run -c \xff.yaml");
    hg_baseline *baseline = baseline_of(run);
    put(&baseline->entries[0].waiver_reason, "because");
    put(&baseline->entries[0].waiver_until, "2030-01-01");
    cr_assert(hg_baseline_write(baseline, path, message, sizeof message), "%s", message);
    char *first = copy(read_back());
    hg_baseline *again = hg_baseline_read(path, message, sizeof message);
    cr_assert(ne(ptr, again, NULL), "%s", message);
    cr_assert(eq(sz, again->count, 4));
    cr_assert(eq(str, again->entries[0].stack[0], "alpha in lib.so"));
    hg_comparison *comparison = hg_baseline_compare(again, run, TODAY);
    cr_assert(eq(sz, comparison->failures, 0));
    cr_assert(eq(sz, comparison->count, 4));
    hg_comparison_free(comparison);
    cr_assert(hg_baseline_write(again, path, message, sizeof message));
    cr_assert(eq(str, read_back(), first));
    free(first);
    hg_baseline_free(baseline);
    hg_baseline_free(again);
    hg_run_free(run);
}

#define SINCE "\"since\": {\"date\": \"2026-01-01\", \"version\": \"0\", \"command\": \"c\"}"
#define ENTRY(rest)                                                                                          \
    "{\"workload\": \"w\", \"subject\": \"s\", \"stack\": [\"f in m\"], \"bytes_per_op\": 1, "               \
    "\"blocks_per_op\": 1, " SINCE rest "}"
#define FILE_OF(entries) "{\"schema\": \"heapgate-baseline/1\", \"entries\": [" entries "]}"

static bool reads(const char *text, char *message, size_t size)
{
    FILE *file = fopen(path, "w");
    cr_assert(ne(ptr, file, NULL));
    fputs(text, file);
    fclose(file);
    hg_baseline *baseline = hg_baseline_read(path, message, size);
    bool done = baseline != NULL;
    hg_baseline_free(baseline);
    return done;
}

Test(harness_baseline, tells_what_is_wrong_with_a_file_in_one_line)
{
    char message[512];
    cr_assert(reads(FILE_OF(ENTRY("")), message, sizeof message), "%s", message);
    cr_assert(reads(FILE_OF(""), message, sizeof message), "%s", message);
    const char *const damaged[][2] = {
        {"", "invalid JSON"},
        {"[]", "not a baseline"},
        {"{\"schema\": \"heapgate-run/1\"}", "not a baseline"},
        {"{\"schema\": \"heapgate-baseline/2\", \"entries\": []}", "another version"},
        {"{\"schema\": \"heapgate-baseline/1\"}", "entries"},
        {"{\"schema\": \"heapgate-baseline/1\", \"entries\": {}}", "not a list"},
        {"{\"schema\": \"heapgate-baseline/1\", \"entries\": [], \"x\": 1}", "x"},
        {FILE_OF("5"), "entry 1"},
        {FILE_OF(ENTRY("") ", " ENTRY("")), "entry 2 has the same call path as entry 1"},
        {FILE_OF(ENTRY(", \"wavier\": {}")), "wavier"},
        {FILE_OF(ENTRY(", \"waiver\": {\"until\": \"2030-01-01\"}")), "reason"},
        {FILE_OF(ENTRY(", \"waiver\": {\"reason\": \" \", \"until\": \"2030-01-01\"}")), "no reason"},
        {FILE_OF(ENTRY(", \"waiver\": {\"reason\": \"r\"}")), "until"},
        {FILE_OF(ENTRY(", \"waiver\": {\"reason\": \"r\", \"until\": \"2030-02-30\"}")), "not a date"},
        {FILE_OF("{\"workload\": \"w\"}"), "entry 1"},
        {FILE_OF("{\"workload\": \"a\\u0000b\"}"), "invalid JSON"},
    };
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        cr_assert(not(reads(damaged[i][0], message, sizeof message)), "%s", damaged[i][0]);
        cr_assert(ne(ptr, strstr(message, damaged[i][1]), NULL), "%s: %s", damaged[i][0], message);
        cr_assert(eq(ptr, strchr(message, '\n'), NULL), "%s", message);
    }
}

Test(harness_baseline, leaves_the_old_file_where_the_new_one_cannot_be_written)
{
    char message[512];
    hg_run *run = run_with("lose", 48);
    hg_baseline *baseline = baseline_of(run);
    cr_assert(not(hg_baseline_write(baseline, "/nowhere/known.json", message, sizeof message)));
    cr_assert(ne(ptr, strstr(message, "/nowhere/known.json"), NULL));
    cr_assert(eq(int, mkdir(path, 0777), 0));
    cr_assert(not(hg_baseline_write(baseline, path, message, sizeof message)), "a folder is in its place");
    cr_assert(eq(int, rmdir(path), 0));
    hg_baseline_free(baseline);
    hg_run_free(run);
}

Test(harness_baseline, knows_the_calendar)
{
    const char *const dates[] = {"2026-11-23", "2024-02-29", "2000-02-29", "2026-12-31", "0001-01-01"};
    const char *const others[] = {"",           "2026-11-31", "2025-02-29", "1900-02-29",  "2026-13-01",
                                  "2026-00-10", "2026-1-1",   "26-11-23",   "2026-11-23 ", "2026/11/23",
                                  "-026-11-23", "2026--1-23", "0000-01-01", "2026-11-0x"};
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++)
        cr_assert(hg_baseline_is_date(dates[i]), "%s", dates[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_assert(not(hg_baseline_is_date(others[i])), "%s", others[i]);
}
