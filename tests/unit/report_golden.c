/*
 * Whole reports, compared byte by byte with tests/golden. After a change that is meant, look at what it does
 * with
 *
 *     HEAPGATE_UPDATE_GOLDEN=1 build/tests/test_report_golden && git diff tests/golden
 */
#include "formats.h"
#include "report_fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define GOLDEN HG_SOURCE_DIR "/tests/golden/"

static char *report_text(hg_run *run, const char *format, const hg_report_options *options)
{
    FILE *stream = tmpfile();

    cr_assert_not_null(stream);
    cr_assert(hg_report_find(format)->write(run, options, stream));
    cr_assert_not(ferror(stream));
    char *text = fixture_read_stream(stream, NULL);
    fclose(stream);
    hg_run_free(run);
    return text;
}

static void update(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    cr_assert_not_null(file, "%s cannot be written", path);
    fputs(text, file);
    cr_assert_eq(fclose(file), 0);
}

static size_t first_difference(const char *a, const char *b)
{
    size_t line = 1;

    for (; *a && *a == *b; a++, b++)
        line += *a == '\n';
    return line;
}

static void expect_golden(const char *name, hg_run *run, const char *format, hg_report_options options)
{
    char path[512];
    char *text = report_text(run, format, &options);

    snprintf(path, sizeof path, "%s%s", GOLDEN, name);
    if (getenv("HEAPGATE_UPDATE_GOLDEN"))
        update(path, text);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s is missing: run with HEAPGATE_UPDATE_GOLDEN=1", path);
    char *golden = fixture_read_stream(file, NULL);
    cr_expect(strcmp(golden, text) == 0,
              "%s differs from line %zu on; if that is meant: HEAPGATE_UPDATE_GOLDEN=1 "
              "build/tests/test_report_golden",
              name, first_difference(golden, text));
    fclose(file);
    free(golden);
    free(text);
}

Test(report_golden, json_of_a_leaking_plugin)
{
    expect_golden("check.json", fixture_check(), "json", (hg_report_options){0});
}

Test(report_golden, json_of_hostile_names)
{
    expect_golden("hostile.json", fixture_hostile(), "json", (hg_report_options){0});
}

Test(report_golden, text_of_a_suite_that_passes)
{
    expect_golden("toka.txt", fixture_toka(), "text", (hg_report_options){.unicode = true});
}

Test(report_golden, text_of_a_suite_in_trouble)
{
    expect_golden("troubled.txt", fixture_troubled(), "text", (hg_report_options){0});
}

Test(report_golden, text_in_colour)
{
    expect_golden("troubled-colour.txt", fixture_troubled(), "text",
                  (hg_report_options){.colour = true, .unicode = true});
}

Test(report_golden, text_with_every_site)
{
    expect_golden("check-verbose.txt", fixture_check(), "text", (hg_report_options){.verbose = true});
}

Test(report_golden, text_of_hostile_names)
{
    expect_golden("hostile.txt", fixture_hostile(), "text", (hg_report_options){0});
}

Test(report_golden, text_of_a_tortured_plugin)
{
    expect_golden("tortured.txt", fixture_tortured(), "text", (hg_report_options){.unicode = true});
}

Test(report_golden, page_of_a_leaking_plugin)
{
    expect_golden("check.html", fixture_check(), "html", (hg_report_options){0});
}

Test(report_golden, page_of_hostile_names)
{
    expect_golden("hostile.html", fixture_hostile(), "html", (hg_report_options){0});
}
