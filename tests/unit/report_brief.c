/*
 * The formats for those who have time for a few things, people or programs: how much of a run they tell, and
 * whom they name.
 */
#include "formats.h"
#include "report_checks.h"
#include "report_fixture.h"
#include "tools/openmetrics.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static json_t *brief_of(const hg_run *run)
{
    json_error_t error;
    size_t size;
    char *text = checks_report(run, "brief", &size);
    json_t *brief = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);

    cr_assert_not_null(brief, "%s on line %d", error.text, error.line);
    free(text);
    return brief;
}

/* Names of so many points, none of which is one byte. */
static void set_long(char **field, size_t points)
{
    char *name = malloc(4 * points + 1);

    for (size_t i = 0; i < points; i++)
        memcpy(name + 4 * i, "\xf0\x9f\xa6\x80", 4);
    name[4 * points] = '\0';
    fixture_set(field, name);
    free(name);
}

Test(report_brief, a_brief_has_the_gravest_finding_however_long_its_names_are)
{
    hg_run *run = fixture_check();
    hg_cell *cell = &run->cells[0];
    char **const fields[] = {&cell->workload, &cell->subject,   &cell->unit,
                             &cell->reason,   &cell->reproduce, &run->suite};
    size_t size;

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        set_long(fields[i], 5000);
    for (size_t i = 0; i < cell->sites[0].frame_count; i++) {
        set_long(&cell->sites[0].frames[i].function, 5000);
        set_long(&cell->sites[0].frames[i].file, 5000);
    }
    char *text = checks_report(run, "brief", &size);
    json_t *brief = brief_of(run);
    cr_expect_lt(size, 5000);
    cr_expect_eq(json_array_size(json_object_get(brief, "findings")), 1);
    json_decref(brief);
    free(text);
    hg_run_free(run);
}

Test(report_brief, a_command_in_a_brief_is_whole)
{
    char command[700] = "heapgate check ";
    hg_run *run = fixture_check();

    memset(command + strlen(command), 'p', sizeof command - 1 - strlen(command));
    fixture_set(&run->cells[0].reproduce, command);
    json_t *brief = brief_of(run);
    const json_t *finding = json_array_get(json_object_get(brief, "findings"), 0);
    cr_expect_str_eq(json_string_value(json_object_get(finding, "next")), command);
    json_decref(brief);
    hg_run_free(run);
}

Test(report_brief, a_brief_has_less_than_5_KB_and_counts_what_it_leaves_out)
{
    enum { RUNS = 4 };
    hg_run *runs[RUNS] = {fixture_many(4000), fixture_hostile(), fixture_troubled(), hg_run_new()};
    static const size_t unmet[RUNS] = {2401, 2, 6, 0}; /* stories; a leak is one on all allocators */

    for (size_t k = 0; k < runs[0]->cell_count; k++) {
        hg_cell *cell = &runs[0]->cells[k];
        cell->met = false;
        cr_assert(hg_cell_set(&cell->reason, "\1\2\3\4\5\6"));
    }
    for (size_t i = 0; i < RUNS; i++) {
        size_t size;
        char *text = checks_report(runs[i], "brief", &size);
        json_t *brief = brief_of(runs[i]);
        size_t shown = json_array_size(json_object_get(brief, "findings"));
        cr_expect_lt(size, 5000, "run %zu", i);
        cr_expect_eq(shown + (size_t)json_integer_value(json_object_get(brief, "left_out")), unmet[i],
                     "run %zu shows %zu", i, shown);
        cr_expect(shown > 0 || unmet[i] == 0);
        json_decref(brief);
        free(text);
        hg_run_free(runs[i]);
    }
}

static char *growth_metrics(const hg_run *run)
{
    FILE *stream = tmpfile();

    cr_assert_not_null(stream);
    hg_openmetrics_growth(run, 1, stream);
    char *text = fixture_read_stream(stream, NULL);
    fclose(stream);
    return text;
}

/* The reports of a leak of which `held` blocks are held by "last", and the others lost or not known. */
static void expect_keeper(int64_t held, int64_t lost, int64_t unscanned, const char *said)
{
    static const char *const formats[] = {"github", "ctest", "brief", "sarif", "openmetrics"};
    enum { FORMATS = sizeof formats / sizeof *formats, METRICS = FORMATS - 1 };
    hg_run *run = fixture_check();
    hg_held *known = &run->cells[0].sites[0].held;

    hg_held_clear(known);
    *known = (hg_held){.known = 1, .held_blocks = held, .lost_blocks = lost, .unscanned_blocks = unscanned};
    known->holders = calloc(1, sizeof *known->holders);
    known->holder_count = 1;
    known->holders[0] = (hg_holder){.path = strdup("the_last"),
                                    .name = strdup("the_last"),
                                    .file = strdup("f.c"),
                                    .line = 4,
                                    .module = strdup(""),
                                    .example = strdup(""),
                                    .blocks = held};
    for (size_t i = 0; i < FORMATS; i++) {
        size_t size;
        char *text = i == METRICS ? growth_metrics(run) : checks_report(run, formats[i], &size);
        bool names = strstr(text, "held by the_last") || strstr(text, "held_by\": \"the_last") ||
                     strstr(text, "held_by=\"the_last");
        bool loses = strstr(text, "nothing points to") || strstr(text, "held_by\": \"nothing") ||
                     strstr(text, "held_by=\"nothing");
        cr_expect_eq(names, strcmp(said, "held") == 0, "%s, %s: %s", formats[i], said, text);
        cr_expect_eq(loses, strcmp(said, "lost") == 0, "%s, %s: %s", formats[i], said, text);
        free(text);
    }
    hg_run_free(run);
}

Test(report_brief, whoever_has_most_of_the_blocks_is_named_in_each_format)
{
    expect_keeper(1, 11999, 0, "lost");
    expect_keeper(40, 60, 0, "lost");
    expect_keeper(50, 50, 0, "held");
    expect_keeper(45, 48, 10, "not known");
    expect_keeper(12000, 1, 0, "held");
    expect_keeper(12000, 0, 0, "held");
    expect_keeper(1, 2, 12000, "not known");
}

/* A cell with so many leaks, of 1 byte, 2 bytes, ... per op. */
static hg_run *leaking(size_t leaks)
{
    hg_run *run = fixture_check();
    hg_cell *cell = &run->cells[0];

    for (size_t i = 0; i < cell->site_count; i++)
        hg_site_clear(&cell->sites[i]);
    free(cell->sites);
    cell->sites = calloc(leaks, sizeof *cell->sites);
    cell->site_count = leaks;
    cell->bytes_per_op = (double)(leaks * (leaks + 1)) / 2;
    for (size_t i = 0; i < leaks; i++) {
        char name[32];
        hg_site *site = &cell->sites[i];
        snprintf(name, sizeof name, "f%zu", i + 1);
        *site = (hg_site){.growth_class = HG_CLASS_LEAK, .bytes_per_op = (double)i + 1, .blocks_per_op = 1};
        site->frames = calloc(1, sizeof *site->frames);
        site->frame_count = 1;
        site->frames[0] = (hg_frame){.function = strdup(name),
                                     .file = strdup("many.c"),
                                     .module = strdup("many.so"),
                                     .line = (int)i + 1};
    }
    return run;
}

Test(report_brief, a_brief_names_each_call_path_that_leaks_with_its_own_rate_or_counts_it)
{
    static const size_t counts[] = {1, 2, 10, 20, 500};

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        hg_run *run = leaking(counts[i]);
        json_t *brief = brief_of(run);
        const json_t *findings = json_object_get(brief, "findings"), *finding;
        size_t shown = json_array_size(findings), k;

        cr_expect_eq(shown + (size_t)json_integer_value(json_object_get(brief, "left_out")), counts[i]);
        cr_expect_geq(shown, counts[i] < 10 ? counts[i] : 10, "there is room for more than %zu", shown);
        json_array_foreach(findings, k, finding)
        {
            double rate = (double)(counts[i] - k); /* the fastest first */
            cr_expect_eq(json_number_value(json_object_get(finding, "bytes_per_op")), rate);
            cr_expect_eq(json_integer_value(json_object_get(finding, "line")), (json_int_t)rate);
        }
        finding = json_array_get(findings, 0);
        cr_expect_eq(json_number_value(json_object_get(finding, "cell_bytes_per_op")),
                     run->cells[0].bytes_per_op);
        json_decref(brief);
        hg_run_free(run);
    }
}

Test(report_brief, annotations_name_each_call_path_that_leaks)
{
    hg_run *run = leaking(20);
    char *text = checks_report(run, "github", NULL);

    cr_expect_not_null(strstr(text, "f20 leaks 20 B"), "%s", text);
    cr_expect_not_null(strstr(text, "f11 leaks 11 B"), "%s", text);
    cr_expect_null(strstr(text, "f10 leaks"), "%s", text);
    cr_expect_not_null(strstr(text, ", and 19 more call paths that leak\n"), "%s", text);
    free(text);
    hg_run_free(run);
}

Test(report_brief, annotations_are_ten_of_each_level_and_the_gravest)
{
    hg_run *run = fixture_many(40);
    size_t errors = 0;

    for (size_t k = 0; k < run->cell_count; k++)
        run->cells[k].met = false;
    char *text = checks_report(run, "github", NULL);
    for (const char *at = text; (at = strstr(at, "::error ")); at++)
        errors++;
    cr_expect_eq(errors, 10, "%s", text);
    cr_expect_not_null(strstr(text, "::notice title=heapgate::leak: 0 of 40 cells as expected\n"), "%s",
                       text);
    free(text);
    hg_run_free(run);
}
