/*
 * Goal: every format comes from run.json alone, by its name, to a file or to standard output; and --out has
 * the files that CI expects, under names that stay.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *leaking_run(void)
{
    char *folder = folder_make();
    setenv("HEAPGATE_TEST_CASE", "strdup", 1);
    const command given = {.words = {HEAPGATE, "check", PLUGIN("entry_points"), "--out", folder, "-q"}};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 1), "%s\n%s", result.line, result.err);
    command_result_free(&result);
    return folder;
}

Test(command_line_reports, out_holds_what_ci_expects)
{
    static const char *const names[] = {"run.json",  "report.html", "report.txt",
                                        "report.md", "junit.xml",   "heapgate.sarif"};
    char *folder = leaking_run();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        FILE *file = fopen(path, "r");
        cr_assert(ne(ptr, file, NULL), "%s", path);
        cr_assert(ne(int, fgetc(file), EOF), "%s is empty", path);
        fclose(file);
    }
    cr_assert(eq(sz, folder_count(folder), sizeof names / sizeof *names), "nothing else is left there");
    folder_remove(folder);
}

Test(command_line_reports, every_format_starts_as_it_must)
{
    static const struct {
        const char *format, *start, *holds;
    } formats[] = {
        {"text", "heapgate ", "entry_points.c:"},
        {"json", "{\n  \"schema\": \"heapgate-run/1\"", "entry_points.c"},
        {"html", "<!doctype html>", "entry_points.c"},
        {"markdown", "## ❌ heapgate: leak", "entry_points.c:"},
        {"junit", "<?xml version=\"1.0\"", "failures=\"1\""},
        {"sarif", "{\n  \"$schema\"", "\"startLine\": "},
        {"pprof", "\x1f\x8b", NULL},
        {"speedscope", "{\n  \"$schema\"", "entry_points, main, glibc: growth"},
        {"folded", "entry_points;main;glibc;", "lose_strdup;"},
        {"openmetrics", "# TYPE ", "# EOF\n"},
        {"brief", "{\n  \"schema\": \"heapgate-brief/1\"", "\"kind\": \"leak\""},
        {"github", "::error file=", "entry_points.c,line="},
        {"csv", "workload,subject,allocator,round", "entry_points,main,glibc,"},
    };
    char *folder = leaking_run();
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        const command given = {.words = {HEAPGATE, "report", folder, "--format", formats[i].format}};
        command_result result = command_run(&given);
        cr_assert(eq(int, result.exit_code, 0), "%s\n%s", result.line, result.err);
        size_t length = strlen(formats[i].start);
        bool starts = result.out_size > length && strncasecmp(result.out, formats[i].start, length) == 0;
        cr_assert(starts, "%s\n%.200s", result.line, result.out);
        bool holds = !formats[i].holds || strstr(result.out, formats[i].holds);
        cr_assert(holds, "%s has no '%s'", result.line, formats[i].holds);
        command_result_free(&result);
    }
    folder_remove(folder);
}

Test(command_line_reports, a_report_made_later_is_the_one_that_out_received)
{
    char *folder = leaking_run();
    char *file = folder_write(folder, "again.sarif", "");
    char path[4096];
    snprintf(path, sizeof path, "%s/heapgate.sarif", folder);
    const command report = {.words = {HEAPGATE, "report", folder, "--format", "sarif", "--output", file}};
    const command same = {.words = {"cmp", path, file}};
    command_result result = command_run(&report);
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s", result.line, result.err);
    command_result_free(&result);
    result = command_run(&same);
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s", result.line, result.out);
    command_result_free(&result);
    free(file);
    folder_remove(folder);
}

Test(command_line_reports, names_of_cxx_are_as_their_author_wrote_them)
{
    static const char *const names[] = {"shop::Shelf<long>::put",
                                        "shop::Basket::add(long)::{lambda(long)#1}::operator()",
                                        "shop::Basket::add", "heapgate_iterate"};
    checked done = check(PLUGIN("names"), NULL, NULL);
    const json_t *frames =
        json_object_get(json_array_get(json_object_get(checked_cell(&done, 0), "sites"), 0), "frames");
    cr_assert(eq(sz, json_array_size(frames), sizeof names / sizeof *names), "%s", done.result.out);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cr_expect(eq(str, (char *)text_of(json_array_get(frames, i), "function"), (char *)names[i]));
    checked_free(&done);
}

Test(command_line_reports, never_take_the_place_of_the_run_that_they_are_made_from)
{
    char *folder = leaking_run();
    char path[4096];
    snprintf(path, sizeof path, "%s/run.json", folder);
    const command report = {.words = {HEAPGATE, "report", folder, "-f", "html", "-o", path, NULL}};
    command_result result = command_run(&report);
    cr_expect(eq(int, result.exit_code, 2), "%s\n%s", result.line, result.err);
    cr_expect(ne(ptr, strstr(result.err, "is the run itself: give the report another name"), NULL), "%s\n%s",
              result.line, result.err);
    command_result_free(&result);
    const command still = {.words = {HEAPGATE, "report", folder, "-f", "brief", NULL}};
    result = command_run(&still);
    cr_expect(ne(ptr, strstr(result.out, "\"kind\": \"leak\""), NULL), "%s\n%s", result.out, result.err);
    command_result_free(&result);
    folder_remove(folder);
}
