/* Properties that the text report keeps whatever is in the run. */
#include "formats.h"
#include "report_fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static char *text_of(hg_run *run, hg_report_options options)
{
    FILE *stream = tmpfile();

    cr_assert(hg_report_find("text")->write(run, &options, stream));
    char *text = fixture_read_stream(stream, NULL);
    fclose(stream);
    hg_run_free(run);
    return text;
}

static const char *last_line(const char *text)
{
    const char *at = text + strlen(text) - 1;

    while (at > text && at[-1] != '\n')
        at--;
    return at;
}

static void expect_last_line(hg_run *run, const char *line)
{
    char *text = text_of(run, (hg_report_options){0});

    cr_expect_str_eq(last_line(text), line);
    free(text);
}

Test(report_text, the_last_line_is_the_outcome)
{
    expect_last_line(fixture_toka(), "pass: 24 of 24 cells as expected; before leaks, after is clean\n");
    expect_last_line(
        fixture_check(),
        "leak: 0 of 1 cell as expected; exit code 1: a leak was found, or an expected leak was not\n");
    hg_run *missed = fixture_check();
    missed->cells[0].expect = HG_EXPECT_LEAK;
    missed->cells[0].verdict = HG_VERDICT_CLEAN;
    expect_last_line(
        missed, "leak: 0 of 1 cell as expected; exit code 1: no leak was found where one was expected\n");
    expect_last_line(
        hg_run_new(),
        "failed: 0 of 0 cells as expected; exit code 4: a workload crashed, hung, or measured nothing\n");
}

/* Tables and call paths fit; sentences are for the terminal to break. */
static void expect_fits(hg_run *run, size_t columns)
{
    char *text = text_of(run, (hg_report_options){.unicode = true, .columns = columns});
    size_t checked = 0;

    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        bool sentence = strstr(line, ". ") || strstr(line, ": ") || line[strlen(line) - 1] == '.' ||
                        (strstr(line, ", ") && !strstr(line, "NO, "));
        size_t width = 0;
        for (const char *at = line; *at; at++)
            width += ((unsigned char)*at & 0xc0) != 0x80;
        cr_expect(sentence || width <= columns, "wider than %zu: %s", columns, line);
        checked += !sentence;
    }
    cr_expect_gt(checked, 10);
    free(text);
}

Test(report_text, tables_and_call_paths_fit_the_terminal)
{
    hg_run *run = fixture_toka();

    for (size_t columns = 60; columns <= 110; columns += 25) {
        expect_fits(fixture_toka(), columns);
        expect_fits(fixture_troubled(), columns);
    }
    fixture_set(&run->cells[0].workload, "a-workload-whose-name-has-fifty-columns-in-all-here");
    char *wide = text_of(run, (hg_report_options){.unicode = true, .columns = 220});
    cr_expect_not_null(strstr(wide, "a-workload-whose-name-has-fifty-columns-in-all-here  glibc"));
    free(wide);
}

Test(report_text, a_narrow_table_keeps_the_verdict_and_the_rate)
{
    char *narrow = text_of(fixture_toka(), (hg_report_options){.unicode = true, .columns = 60});

    cr_expect_not_null(strstr(narrow, "verdict expected growth/op\n"), "%.400s", narrow);
    cr_expect_null(strstr(narrow, "sees from"));
    free(narrow);
}

Test(report_text, a_cell_that_ended_before_it_could_be_judged_has_no_figures)
{
    hg_run *run = fixture_check();
    run->cells[0].verdict = HG_VERDICT_INCONCLUSIVE;
    run->cells[0].bytes_per_op = run->cells[0].blocks_per_op = 0;
    run->cells[0].min_detectable_bytes_per_op = 0;
    char *text = text_of(run, (hg_report_options){0});

    char *row = strstr(text, "\nparser ");
    cr_assert_not_null(row, "%s", text);
    row[1 + strcspn(row + 1, "\n")] = '\0';
    cr_expect_null(strstr(row, "0 B"), "%s", row);
    free(text);
}

/* Lines of our own making; reasons, logs and commands are printed whole. */
static size_t count_wide_lines(const char *text)
{
    size_t wide = 0;

    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");
        wide += length > 110;
        line += length + (line[length] == '\n');
    }
    return wide;
}

Test(report_text, lines_fit_a_narrow_terminal)
{
    char *text = text_of(fixture_toka(), (hg_report_options){0});

    cr_expect_eq(count_wide_lines(text), 0);
    free(text);
    text = text_of(fixture_many(40), (hg_report_options){.verbose = true});
    cr_expect_eq(count_wide_lines(text), 0);
    free(text);
    text = text_of(fixture_troubled(), (hg_report_options){0});
    cr_expect_eq(count_wide_lines(text), 0);
    free(text);
}

Test(report_text, no_control_character_reaches_the_terminal)
{
    char *text = text_of(fixture_hostile(), (hg_report_options){.unicode = true, .verbose = true});

    cr_expect_gt(strlen(text), 1000);
    for (const char *at = text; *at; at++)
        cr_expect((unsigned char)*at >= 0x20 || *at == '\n', "byte %d at %td", *at, at - text);
    cr_expect_not_null(strstr(text, "\\x1b[2Jglibc"));
    free(text);
}

Test(report_text, without_unicode_only_ascii_is_written)
{
    char *text = text_of(fixture_hostile(), (hg_report_options){.verbose = true});

    for (const char *at = text; *at; at++)
        cr_expect((unsigned char)*at < 0x7F, "byte %d at %td", (unsigned char)*at, at - text);
    free(text);
}

Test(report_text, escape_sequences_of_ours_need_colour)
{
    char *plain = text_of(fixture_troubled(), (hg_report_options){.unicode = true});
    char *colour = text_of(fixture_troubled(), (hg_report_options){.unicode = true, .colour = true});

    cr_expect_null(strchr(plain, '\x1b'));
    cr_expect_not_null(strstr(colour, "\x1b[1;31m"));
    free(plain);
    free(colour);
}

Test(report_text, cells_that_are_not_as_expected_come_before_the_leaks_that_are)
{
    char *text = text_of(fixture_troubled(), (hg_report_options){0});
    const char *unmet = strstr(text, "NOT AS EXPECTED: 7 of 24 cells");
    const char *met = strstr(text, "Expected leaks");

    cr_assert_not_null(unmet);
    cr_assert_not_null(met);
    cr_expect_lt(unmet, met);
    cr_expect_not_null(strstr(unmet, "again: heapgate run --workload registry-fill --subject after"));
    cr_expect_not_null(strstr(unmet, "| schema_storm: assertion `entry->references > 0' failed"));
    cr_expect_not_null(strstr(unmet, "toka_registry_register  core/after/registry.c:118"));
    free(text);
}

Test(report_text, allocators_that_agree_share_one_call_path)
{
    char *text = text_of(fixture_toka(), (hg_report_options){0});

    cr_expect_not_null(strstr(text, "registry-fill, before (glibc and jemalloc, same call path)"));
    free(text);
    hg_run *run = fixture_toka();
    run->cells[18].sites[0].frames[0].line++;
    text = text_of(run, (hg_report_options){0});
    cr_expect_not_null(strstr(text, "registry-fill, before (glibc)"));
    cr_expect_not_null(strstr(text, "registry-fill, before (jemalloc)"));
    free(text);
}

Test(report_text, a_long_soak_shows_its_first_and_last_rounds)
{
    hg_run *run = fixture_check();
    hg_site *site = &run->cells[0].sites[0];

    site->epoch_count = 500;
    free(site->survivor_blocks);
    free(site->survivor_bytes);
    free(site->total_bytes);
    site->survivor_bytes = site->total_bytes = NULL;
    site->survivor_blocks = calloc(500, sizeof(int64_t));
    for (int i = 0; i < 500; i++)
        site->survivor_blocks[i] = 100 + i;
    char *text = text_of(run, (hg_report_options){0});
    cr_expect_not_null(strstr(text, "alive by round: 100 101 | 102 103"));
    cr_expect_not_null(strstr(text, " ... "));
    cr_expect_not_null(strstr(text, " 598 599 blocks"));
    cr_expect_eq(count_wide_lines(text), 0);
    free(text);
}

Test(report_text, growth_is_told_at_the_declared_rate)
{
    char *text = text_of(fixture_check(), (hg_report_options){0});

    cr_expect_not_null(strstr(text, "48 B and 1 block per op\n    At 1 000 ops per hour, that is 1.10 MiB "
                                    "per day, or 1 GiB in 2.6 years.\n"));
    free(text);
    hg_run *run = fixture_check();
    run->cells[0].rate_per_hour = 0;
    text = text_of(run, (hg_report_options){0});
    cr_expect_not_null(strstr(text, "48 B and 1 block per op:\n      parse_header "));
    free(text);
}

Test(report_text, memory_that_is_mapped_is_told_from_the_heap)
{
    hg_run *run = fixture_check();
    hg_cell *cell = &run->cells[0];

    cell->bytes_per_op = 96;
    cell->rate_per_hour = 0;
    cell->sites[0].mapped = cell->sites[1].mapped = true;
    cell->sites[1].growth_class = HG_CLASS_LEAK;
    cell->sites[1].bytes_per_op = 48;
    char *text = text_of(run, (hg_report_options){0});
    cr_expect_not_null(strstr(text, "per op, 50 % of it mapped by this call path:\n"), "%s", text);
    cr_expect_not_null(strstr(text, "leak, 48 B/op, mapped: "), "%s", text);
    free(text);
}

Test(report_text, fragmentation_is_told_with_the_allocators_own_figures)
{
    hg_run *run = fixture_check();
    hg_cell *cell = &run->cells[0];

    cell->verdict = HG_VERDICT_FRAGMENTATION;
    char *text = text_of(run, (hg_report_options){0});
    cr_expect_not_null(strstr(
        text, "memory at the end: 626 KiB live, 666 KiB allocated, 705 KiB mapped, 6.73 MiB resident\n"));
    free(text);
    run = fixture_check();
    cell = &run->cells[0];
    cell->verdict = HG_VERDICT_FRAGMENTATION;
    cell->samples[cell->sample_count - 1].allocated_bytes = -1;
    cell->samples[cell->sample_count - 1].mapped_bytes = -1;
    text = text_of(run, (hg_report_options){0});
    cr_expect_not_null(strstr(text, "memory at the end: 626 KiB live, 6.73 MiB resident\n"));
    free(text);
}
