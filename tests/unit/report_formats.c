/*
 * The formats that other tools read. Golden files of a plain run and of a hostile one; then what holds in
 * every format: names are harmless, sizes are bounded, JSON is JSON, numbers add up. The real readers are in
 * tests/e2e/report_readers.sh.
 */
#include "formats.h"
#include "model/run_file.h"
#include "profile_output.h"
#include "report_checks.h"
#include "report_fixture.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *const text_formats[] = {"markdown",    "junit", "sarif", "speedscope", "folded",
                                           "openmetrics", "csv",   "brief", "github",     "ctest"};
enum { TEXT_FORMATS = sizeof text_formats / sizeof *text_formats };

static void expect_golden(hg_run *run, const char *name)
{
    char file[64];

    for (size_t i = 0; i < TEXT_FORMATS; i++) {
        char *text = checks_report(run, text_formats[i], NULL);
        snprintf(file, sizeof file, "%s.%s", name, text_formats[i]);
        checks_golden(file, text);
        free(text);
    }
    size_t size;
    char *profile = checks_report(run, "pprof", &size);
    char *text = profile_text(profile, size);
    snprintf(file, sizeof file, "%s.pprof.txt", name);
    checks_golden(file, text);
    free(text);
    free(profile);
    hg_run_free(run);
}

Test(report_formats, a_leaking_plugin_is_written_as_before)
{
    expect_golden(fixture_check(), "check");
}

/* The one cell fragments, and that is no failure. */
static char *fragmented(const char *format)
{
    hg_run *run = fixture_check();
    hg_cell *cell = &run->cells[0];

    free(cell->reason);
    cell->reason = strdup("it grows from 1 & 2 MiB");
    cell->verdict = HG_VERDICT_FRAGMENTATION;
    cell->met = true;
    char *text = checks_report(run, format, NULL);
    hg_run_free(run);
    return text;
}

Test(report_formats, fragmentation_is_told_where_it_is_no_failure)
{
    const struct {
        const char *format, *says;
    } expected[] = {
        {"text", "Fragmentation\n\n"},
        {"text", "    it grows from 1 & 2 MiB\n    memory at the end: 626 KiB live, 666 KiB allocated"},
        {"text", "fragmentation  yes"},
        {"html", "it grows from 1 &amp; 2 MiB"},
        {"markdown", "**Fragmentation**: `parser`, `parser`, `glibc`: `it grows from 1 & 2 MiB`"},
        {"junit", "<system-out>fragmentation: it grows from 1 &amp; 2 MiB</system-out>"},
        {"junit", "failures=\"0\" errors=\"0\" skipped=\"0\""},
        {"sarif", "{\"descriptor\": {\"id\": \"heapgate/fragmentation\"}, \"level\": \"note\""},
        {"json", "\"verdict\": \"fragmentation\""},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        char *text = fragmented(expected[i].format);
        cr_expect_not_null(strstr(text, expected[i].says), "%s: %s\n%s", expected[i].format, expected[i].says,
                           text);
        free(text);
    }
}

Test(report_formats, hostile_names_are_written_as_before)
{
    expect_golden(fixture_hostile(), "hostile");
}

Test(report_formats, a_tortured_plugin_is_written_as_before)
{
    expect_golden(fixture_tortured(), "tortured");
}

Test(report_formats, no_format_loses_what_a_fault_lost)
{
    static const char *const formats[] = {"text",  "json",       "html",   "markdown", "junit",
                                          "sarif", "speedscope", "folded", "csv"};
    hg_run *run = fixture_tortured();

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        char *text = checks_report(run, formats[i], NULL);
        cr_expect(strstr(text, "1111bbbb"), "%s has no fault", formats[i]);
        bool has_loss = strcmp(formats[i], "csv") != 0 && strcmp(formats[i], "sarif") != 0;
        cr_expect(strstr(text, has_loss ? "read_name" : "parse_header"), "%s does not say where it was",
                  formats[i]);
        free(text);
    }
    hg_run_free(run);
}

Test(report_formats, a_suite_in_trouble_is_written_as_before)
{
    hg_run *run = fixture_troubled();
    static const char *const formats[] = {"markdown", "junit", "sarif", "brief", "github", "ctest"};

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        char file[64];
        char *text = checks_report(run, formats[i], NULL);
        snprintf(file, sizeof file, "troubled.%s", formats[i]);
        checks_golden(file, text);
        free(text);
    }
    hg_run_free(run);
}

Test(report_formats, hostile_names_are_harmless_in_every_format)
{
    hg_run *const runs[] = {fixture_hostile(), fixture_tortured()};

    for (size_t i = 0; i < 2 * TEXT_FORMATS; i++) {
        size_t size;
        const char *format = text_formats[i / 2];
        char *text = checks_report(runs[i % 2], format, &size);
        cr_expect_gt(size, 0, "%s", format);
        checks_harmless(text, size, true);
        if (strcmp(format, "junit") == 0)
            cr_expect_null(strstr(text, "<script"));
        free(text);
    }
    hg_run_free(runs[0]);
    hg_run_free(runs[1]);
}

static json_t *document_of(const hg_run *run, const char *format)
{
    json_error_t error;
    size_t size;
    char *text = checks_report(run, format, &size);
    json_t *document = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);

    cr_assert_not_null(document, "%s: %s on line %d", format, error.text, error.line);
    free(text);
    return document;
}

static json_t *first_run(json_t *sarif)
{
    return json_array_get(json_object_get(sarif, "runs"), 0);
}

static json_t *result_of(json_t *sarif, size_t index)
{
    return json_array_get(json_object_get(first_run(sarif), "results"), index);
}

static const char *text_in(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    cr_assert_not_null(text, "no %s", key);
    return text;
}

static const char *fingerprint_of(json_t *sarif, size_t index)
{
    return text_in(json_object_get(result_of(sarif, index), "partialFingerprints"), "heapgateCallPath/v1");
}

Test(report_formats, sarif_has_one_result_for_a_site_that_several_cells_see)
{
    hg_run *run = fixture_troubled();
    json_t *sarif = document_of(run, "sarif");
    const json_t *results = json_object_get(first_run(sarif), "results");
    size_t errors = 0, notes = 0;

    for (size_t i = 0; i < json_array_size(results); i++) {
        bool error = strcmp(text_in(json_array_get(results, i), "level"), "error") == 0;
        cr_expect(!error || notes == 0, "what needs attention comes first");
        errors += error;
        notes += !error;
    }
    cr_expect_eq(errors, 1, "glibc and jemalloc leak by one path");
    cr_expect_eq(notes, 5, "six workloads, two of which leak by one path");
    const json_t *cells = json_object_get(json_object_get(result_of(sarif, 0), "properties"), "cells");
    cr_expect_eq(json_array_size(cells), 2);
    json_decref(sarif);
    hg_run_free(run);
}

Test(report_formats, sarif_tells_memory_at_exit_that_needs_a_review_once_for_each_line)
{
    hg_run *run = fixture_toka();
    size_t found = 0, first = SIZE_MAX;

    for (size_t i = 0; i < run->cell_count; i++)
        if (run->cells[i].site_count > 0) {
            hg_cell *cell = &run->cells[i];
            first = first == SIZE_MAX ? i : first;
            hg_frame *frame = &cell->sites[0].frames[0], *same = &run->cells[first].sites[0].frames[0];
            fixture_set(&frame->function, same->function);
            fixture_set(&frame->file, same->file);
            frame->line = same->line;
            cell->sites[0].kept.known = 1;
            cell->sites[0].kept.blocks = 2;
            cell->sites[0].kept.bytes = 64;
            cell->sites[0].kept.review = HG_REVIEW_NEEDED;
            cell->kept.failing = 1;
        }
    cr_assert_neq(first, SIZE_MAX);
    json_t *sarif = document_of(run, "sarif");
    const json_t *results = json_object_get(first_run(sarif), "results");
    const json_t *rules =
        json_object_get(json_object_get(json_object_get(first_run(sarif), "tool"), "driver"), "rules");
    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *result = json_array_get(results, i);
        if (strcmp(text_in(result, "ruleId"), "heapgate/kept-at-exit") != 0)
            continue;
        found++;
        cr_expect_str_eq(text_in(result, "level"), "error");
        json_int_t rule = json_integer_value(json_object_get(result, "ruleIndex"));
        cr_expect_str_eq(text_in(json_array_get(rules, (size_t)rule), "id"), "heapgate/kept-at-exit");
        cr_expect(strstr(text_in(json_object_get(result, "message"), "text"), "keeps 2 blocks"));
    }
    cr_expect_eq(found, 1);
    json_decref(sarif);
    hg_run_free(run);
}

Test(report_formats, sarif_fingerprints_stay_when_lines_shift_and_modules_are_rebuilt)
{
    hg_run *run = fixture_check();
    json_t *before = document_of(run, "sarif");
    hg_site *site = &run->cells[0].sites[0];

    for (size_t i = 0; i < site->frame_count; i++) {
        site->frames[i].line += 40;
        site->frames[i].offset += 999;
    }
    fixture_set(&site->frames[0].module, "/other/folder/libtoka.so.7.1");
    json_t *after = document_of(run, "sarif");
    cr_expect_str_eq(fingerprint_of(before, 0), fingerprint_of(after, 0));
    json_decref(after);
    fixture_set(&site->frames[0].function, "parse_another_header");
    after = document_of(run, "sarif");
    cr_expect_str_neq(fingerprint_of(before, 0), fingerprint_of(after, 0));
    json_decref(after);
    json_decref(before);
    hg_run_free(run);
}

Test(report_formats, sarif_points_to_the_innermost_line_that_is_known)
{
    hg_run *run = fixture_check();
    hg_site *site = &run->cells[0].sites[0];

    fixture_set(&site->frames[0].file, "");
    site->frames[0].line = 0;
    fixture_set(&site->frames[1].file, "a dir/\xc3\xa9%.c");
    json_t *sarif = document_of(run, "sarif");
    const json_t *location = json_array_get(json_object_get(result_of(sarif, 0), "locations"), 0);
    const json_t *physical = json_object_get(location, "physicalLocation");
    cr_expect_str_eq(text_in(json_object_get(physical, "artifactLocation"), "uri"), "a%20dir/%C3%A9%25.c");
    cr_expect_eq(json_integer_value(json_object_get(json_object_get(physical, "region"), "startLine")),
                 site->frames[1].line);
    json_decref(sarif);
    hg_run_free(run);
}

/* A holder of the run, which is then over its bound. */
static void exceed_bound(hg_run *run)
{
    for (size_t i = 0; i < run->cell_count; i++)
        for (size_t k = 0; k < run->cells[i].holder_count; k++)
            if (run->cells[i].holders[k].bound.known) {
                run->cells[i].holders[k].within_bound = false;
                run->cells[i].holders[k].bound.blocks = 100;
                run->cells[i].met = false;
                return;
            }
    cr_assert_fail("no holder has a bound");
}

Test(report_formats, sarif_has_a_result_for_a_holder_over_its_bound_at_its_variable)
{
    hg_run *run = fixture_check();
    json_t *before = document_of(run, "sarif");
    size_t results = json_array_size(json_object_get(first_run(before), "results"));
    exceed_bound(run);
    json_t *sarif = document_of(run, "sarif");
    const json_t *rules =
        json_object_get(json_object_get(json_object_get(first_run(sarif), "tool"), "driver"), "rules");
    const json_t *result = result_of(sarif, results);

    cr_assert_eq(json_array_size(json_object_get(first_run(sarif), "results")), results + 1);
    cr_expect_str_eq(text_in(result, "ruleId"), "heapgate/over-bound");
    cr_expect_str_eq(text_in(result, "level"), "error");
    size_t index = (size_t)json_integer_value(json_object_get(result, "ruleIndex"));
    cr_expect_str_eq(text_in(json_array_get(rules, index), "id"), "heapgate/over-bound");
    cr_expect(strstr(text_in(json_object_get(result, "message"), "text"), "its bound is 100 blocks"));
    const json_t *related = json_object_get(result, "relatedLocations");
    const json_t *variable = json_array_get(related ? related : json_object_get(result, "locations"), 0);
    const json_t *physical = json_object_get(variable, "physicalLocation");
    cr_expect_str_eq(text_in(json_object_get(physical, "artifactLocation"), "uri"), "core/after/lru.c");
    cr_expect_eq(json_integer_value(json_object_get(json_object_get(physical, "region"), "startLine")), 31);
    json_decref(sarif);
    json_decref(before);
    hg_run_free(run);
}

static void expect_sums(const json_t *profile, size_t frames)
{
    const json_t *samples = json_object_get(profile, "samples");
    const json_t *weights = json_object_get(profile, "weights");
    json_int_t sum = 0;

    cr_expect_eq(json_array_size(samples), json_array_size(weights));
    for (size_t i = 0; i < json_array_size(weights); i++) {
        const json_t *stack = json_array_get(samples, i);
        sum += json_integer_value(json_array_get(weights, i));
        for (size_t k = 0; k < json_array_size(stack); k++)
            cr_expect_lt((size_t)json_integer_value(json_array_get(stack, k)), frames);
    }
    cr_expect_eq(sum, json_integer_value(json_object_get(profile, "endValue")));
}

Test(report_formats, speedscope_profiles_add_up_and_name_frames_that_exist)
{
    hg_run *run = fixture_troubled();
    json_t *scope = document_of(run, "speedscope");
    const json_t *profiles = json_object_get(scope, "profiles");
    size_t frames = json_array_size(json_object_get(json_object_get(scope, "shared"), "frames"));

    cr_expect_gt(json_array_size(profiles), 20);
    cr_expect_gt(frames, 5);
    for (size_t i = 0; i < json_array_size(profiles); i++)
        expect_sums(json_array_get(profiles, i), frames);
    json_decref(scope);
    hg_run_free(run);
}

Test(report_formats, a_run_without_cells_is_a_whole_document_in_every_format)
{
    hg_run *run = hg_run_new();

    json_decref(document_of(run, "sarif"));
    json_t *scope = document_of(run, "speedscope");
    cr_expect_eq(json_array_size(json_object_get(scope, "profiles")), 1);
    json_decref(scope);
    for (size_t i = 0; i < TEXT_FORMATS; i++) {
        size_t size;
        char *text = checks_report(run, text_formats[i], &size);
        cr_expect_eq(size > 0, strcmp(text_formats[i], "folded") != 0, "%s", text_formats[i]);
        free(text);
    }
    hg_run_free(run);
}

Test(report_formats, a_comment_stays_within_its_bound)
{
    static const size_t counts[] = {1, 40, 400, 4000};

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        size_t size;
        hg_run *run = fixture_many(counts[i]);
        for (size_t k = 0; k < run->cell_count; k++)
            run->cells[k].met = k % 3 == 0;
        char *text = checks_report(run, "markdown", &size);
        cr_expect_lt(size, 65536, "%zu cells", counts[i]);
        cr_expect_eq(size > 50000, counts[i] >= 400, "%zu cells make %zu bytes", counts[i], size);
        cr_expect_eq(strstr(text, "The full report has") != NULL, counts[i] >= 40, "%zu cells", counts[i]);
        free(text);
        hg_run_free(run);
    }
}

static void set_samples(hg_cell *cell, size_t count)
{
    hg_sample *samples = calloc(count, sizeof *samples);

    cr_assert_not_null(samples);
    for (size_t i = 0; i < count; i++) {
        samples[i] = cell->samples[i % cell->sample_count];
        samples[i].round = (int64_t)i;
    }
    free(cell->samples);
    cell->samples = samples;
    cell->sample_count = count;
}

Test(report_formats, only_the_formats_that_hold_the_samples_grow_with_them)
{
    enum { SAMPLES = 100000 };
    hg_run *run = fixture_check();
    size_t small[TEXT_FORMATS], size;

    set_samples(&run->cells[0], 12);
    for (size_t i = 0; i < TEXT_FORMATS; i++)
        free(checks_report(run, text_formats[i], &small[i]));
    set_samples(&run->cells[0], SAMPLES);
    for (size_t i = 0; i < TEXT_FORMATS; i++) {
        char *text = checks_report(run, text_formats[i], &size);
        size_t lines = 0;
        for (const char *at = text; *at; at++)
            lines += *at == '\n';
        if (strcmp(text_formats[i], "csv") == 0) {
            cr_expect_eq(lines, SAMPLES + 1);
            cr_expect_lt(size, SAMPLES * 250);
        } else {
            cr_expect_lt(size, small[i] + 64, "%s", text_formats[i]);
        }
        free(text);
    }
    free(checks_report(run, "html", &size));
    cr_expect_lt(size, 2 << 20, "html: %zu bytes", size);
    hg_run_free(run);
}

Test(report_formats, a_run_with_many_samples_is_read_back_whole)
{
    enum { SAMPLES = 100000 };
    char path[64], message[256];
    hg_run *run = fixture_check();
    FILE *stream = tmpfile();

    set_samples(&run->cells[0], SAMPLES);
    hg_run_write(run, stream);
    cr_assert_eq(fflush(stream), 0);
    cr_expect_lt(ftell(stream), SAMPLES * 300L);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(stream));
    hg_run *read = hg_run_read(path, message, sizeof message);
    cr_assert_not_null(read, "%s", message);
    cr_expect_eq(read->cells[0].sample_count, SAMPLES);
    cr_expect_eq(memcmp(read->cells[0].samples, run->cells[0].samples, SAMPLES * sizeof(hg_sample)), 0);
    hg_run_free(read);
    hg_run_free(run);
    fclose(stream);
}

Test(report_formats, a_name_that_a_spreadsheet_would_run_is_text)
{
    static const char *const names[] = {"=1+1", "+1", "-1", "@SUM(A1)"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        hg_run *run = fixture_check();
        char expected[64];
        fixture_set(&run->cells[0].workload, names[i]);
        char *text = checks_report(run, "csv", NULL);
        snprintf(expected, sizeof expected, "\n'%s,", names[i]);
        cr_expect_not_null(strstr(text, expected), "%s", names[i]);
        free(text);
        hg_run_free(run);
    }
}

Test(report_formats, each_row_of_the_table_ends_with_the_speed_of_its_cell_and_what_was_not_timed_is_empty)
{
    hg_run *run = fixture_troubled();
    hg_cell *cell = &run->cells[0];
    cell->speed = (hg_speed){.ops_per_second = {.median = 2500, .low = 2000, .high = 3000},
                             .p50_ns = {.median = 400.5, .low = 1, .high = 500}};
    for (size_t i = 1; i < run->cell_count; i++)
        run->cells[i].speed = (hg_speed){0};
    cr_assert_gt(cell->sample_count, 0);

    char *text = checks_report(run, "csv", NULL);
    size_t line = 0;
    for (char *rest = text, *row; (row = strsep(&rest, "\n")) && row[0]; line++) {
        const char *expected = line == 0
                                   ? ",mappings,speed_ops_per_second,speed_low_ops_per_second,"
                                     "speed_high_ops_per_second,op_p50_ns,op_p99_ns,speed_against_before"
                               : line <= cell->sample_count ? ",2500.0,2000.0,3000.0,400.5,,"
                                                            : ",,,,,,";
        size_t length = strlen(expected);
        cr_expect_geq(strlen(row), length);
        cr_expect_str_eq(row + strlen(row) - length, expected, "line %zu", line);
    }
    cr_expect_gt(line, cell->sample_count + 1);
    free(text);
    hg_run_free(run);
}

Test(report_formats, a_cell_that_was_run_twice_is_two_series)
{
    hg_run *run = fixture_toka();

    fixture_set(&run->cells[2].allocator, "glibc"); /* as cells[0] */
    char *text = checks_report(run, "openmetrics", NULL);
    cr_expect_not_null(strstr(text, "allocator=\"glibc\",again=\"2\"}"));
    cr_expect_null(strstr(text, "again=\"3\""));
    free(text);
    hg_run_free(run);
}

Test(report_formats, junit_counts_what_it_lists)
{
    hg_run *run = fixture_troubled();
    char *text = checks_report(run, "junit", NULL);
    static const struct {
        const char *piece;
        size_t count;
    } expected[] = {{"<testcase ", 24},
                    {"<failure ", 4},
                    {"<error ", 2},
                    {"<skipped ", 1},
                    {" failures=\"4\"", 2},
                    {" errors=\"2\"", 2},
                    {" skipped=\"1\"", 2},
                    {"type=\"leak-not-seen\"", 1},
                    {"type=\"control-not-recovered\"", 1}};

    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        size_t count = 0;
        for (const char *at = text; (at = strstr(at, expected[i].piece)); at++)
            count++;
        cr_expect_eq(count, expected[i].count, "%s: %zu times", expected[i].piece, count);
    }
    free(text);
    hg_run_free(run);
}
