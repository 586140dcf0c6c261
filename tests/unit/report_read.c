/*
 * run.json there and back. A good file is damaged in one place at a time, and each time the reader must say
 * in one line what is wrong, or read a model that can be written again.
 */
#include "model/run_file.h"
#include "report_fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_SIZE 512

/* A file without a name in any folder, and the path that leads to it all the same. */
typedef struct scratch {
    FILE *file;
    int descriptor;
    char path[64];
} scratch;

static scratch open_scratch(const char *text, size_t size)
{
    scratch file = {.file = tmpfile()};

    cr_assert_not_null(file.file);
    file.descriptor = fileno(file.file);
    snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.descriptor);
    cr_assert_eq(write(file.descriptor, text, size), (ssize_t)size);
    return file;
}

static char *write_text(const hg_run *run, size_t *ret_size)
{
    FILE *stream = tmpfile();

    hg_run_write(run, stream);
    cr_assert_not(ferror(stream));
    char *text = fixture_read_stream(stream, ret_size);
    fclose(stream);
    return text;
}

static char *check_text(size_t *ret_size)
{
    hg_run *run = fixture_check();
    char *text = write_text(run, ret_size);

    hg_run_free(run);
    return text;
}

static hg_run *read_text(const char *text, size_t size, char message[MESSAGE_SIZE])
{
    scratch file = open_scratch(text, size);
    hg_run *run = hg_run_read(file.path, message, MESSAGE_SIZE);

    fclose(file.file);
    return run;
}

static void expect_refused(const char *text, size_t size, const char *part)
{
    char message[MESSAGE_SIZE];
    hg_run *run = read_text(text, size, message);

    cr_expect_null(run);
    cr_expect_not_null(strstr(message, part), "\"%s\" does not say \"%s\"", message, part);
    cr_expect_not_null(strstr(message, "/proc/self/fd/"), "\"%s\" does not name the file", message);
    cr_expect_null(strchr(message, '\n'));
    hg_run_free(run);
}

static void expect_round_trip(hg_run *run)
{
    char message[MESSAGE_SIZE];
    size_t size, again_size;
    char *text = write_text(run, &size);
    hg_run *read = read_text(text, size, message);

    cr_assert_not_null(read, "%s", message);
    char *again = write_text(read, &again_size);
    cr_expect_eq(size, again_size);
    cr_expect_str_eq(text, again);
    cr_expect_str_empty(message);
    free(text);
    free(again);
    hg_run_free(read);
    hg_run_free(run);
}

Test(report_read, what_is_read_is_written_again_byte_by_byte)
{
    expect_round_trip(fixture_check());
    expect_round_trip(fixture_toka());
    expect_round_trip(fixture_troubled());
    expect_round_trip(fixture_hostile());
}

Test(report_read, an_empty_run_is_read_and_is_a_failure)
{
    expect_round_trip(hg_run_new());
}

Test(report_read, a_run_that_was_broken_off_is_read_as_one)
{
    char message[MESSAGE_SIZE] = "";
    size_t size;
    hg_run *run = fixture_check();

    fixture_set(&run->unfinished, "the soak was \"broken\" off");
    char *text = write_text(run, &size);
    hg_run_free(run);
    run = read_text(text, size, message);
    cr_assert_not_null(run, "%s", message);
    cr_expect_str_eq(run->unfinished, "the soak was \"broken\" off");
    cr_expect_eq(hg_run_exit_code(run), 4);
    hg_run_free(run);
    free(text);
    text = check_text(&size);
    cr_expect_null(strstr(text, "unfinished"), "a complete run does not speak of it");
    free(text);
}

Test(report_read, values_arrive_as_they_were)
{
    char message[MESSAGE_SIZE];
    size_t size;
    hg_run *run = fixture_hostile();
    char *text = write_text(run, &size);
    hg_run *read = read_text(text, size, message);

    cr_assert_not_null(read, "%s", message);
    cr_expect_eq(read->cell_count, 3);
    cr_expect_eq(read->exit_code, 4);
    cr_expect_str_eq(read->cells[0].workload, "<script>alert('w')</script>");
    cr_expect_str_eq(read->cells[0].subject, "</table>\xef\xbf\xbd(");
    cr_expect_eq(strlen(read->cells[0].sites[0].frames[2].function), 10000);
    const hg_site *site = &run->cells[0].sites[0], *as_read = &read->cells[0].sites[0];
    cr_expect_str_empty(site->inner[0].file, "only the offset tells where it is");
    cr_expect_eq(as_read->inner[0].offset, site->inner[0].offset);
    cr_expect_eq(read->cells[0].sites[0].survivor_blocks[3], run->cells[0].sites[0].survivor_blocks[3]);
    cr_expect_eq(read->cells[1].seed, UINT64_MAX);
    cr_expect_eq(read->cells[1].contexts, (uint64_t)INT64_MAX);
    cr_expect_eq(read->cells[1].samples[4].live_bytes, INT64_MIN);
    cr_expect_eq(read->cells[1].bytes_per_op, 0);
    cr_expect(isfinite(read->cells[1].bytes_per_op_error));
    cr_expect_eq(read->cells[1].ops_per_second, 0);
    free(text);
    hg_run_free(read);
    hg_run_free(run);
}

/* The good text with one piece replaced; the piece must be there. */
static char *damaged(const char *text, const char *piece, const char *by, size_t *ret_size)
{
    const char *at = strstr(text, piece);

    cr_assert_not_null(at, "the file has no %s", piece);
    *ret_size = strlen(text) - strlen(piece) + strlen(by);
    char *changed = malloc(*ret_size + 1);
    snprintf(changed, *ret_size + 1, "%.*s%s%s", (int)(at - text), text, by, at + strlen(piece));
    return changed;
}

Test(report_read, each_wrong_value_is_named_with_its_place)
{
    static const struct {
        const char *piece, *by, *message;
    } cases[] = {
        {"\"heapgate-run/1\"", "\"heapgate-run/2\"", "format of the file is heapgate-run/2"},
        {"\"heapgate-run/1\"", "\"sarif\"", "not a heapgate run"},
        {"\"heapgate-run/1\"", "7", "not a heapgate run"},
        {"\"outcome\": \"leak\"", "\"outcome\": \"pass\"", "outcome and exit_code must be"},
        {"\"outcome\": \"leak\"", "\"outcome\": []", "outcome must be a string"},
        {"\"exit_code\": 1", "\"exit_code\": 0", "outcome and exit_code must be"},
        {"\"exit_code\": 1", "\"exit_code\": \"1\"", "exit_code must be an integer"},
        {"\"suite\": \"parser.so\"", "\"suite\": 7", "suite must be a string, not an integer"},
        {"\"suite\": \"parser.so\"", "\"suite\": \"a\\u0000b\"", "damaged on line"},
        {"\"suite\": \"parser.so\"", "\"suite\": \"\\ud800\"", "damaged on line"},
        {"\"suite\": \"parser.so\"", "\"suite\": \"\xff\"", "damaged on line"},
        {"\"suite\": \"parser.so\"", "\"suite\": \"a\", \"suite\": \"b\"", "duplicate"},
        {"\"cells\": [", "\"other\": [", "cells is missing"},
        {"\"workload\": \"parser\"", "\"workload\": null", "cells[0].workload must be a string, not null"},
        {"\"ops\": 10000", "\"ops\": -1", "cells[0].ops is out of range: -1"},
        {"\"ops\": 10000", "\"ops\": 1.5", "cells[0].ops must be an integer, not a number with a fraction"},
        {"\"ops\": 10000", "\"ops\": 99999999999999999999", "damaged on line"},
        {"\"verdict\": \"leak\"", "\"verdict\": \"\\u001b[2Jleaky\"",
         "cells[0].verdict has the unknown value \"\\x1b[2Jleaky\""},
        {"\"expect\": \"clean\"", "\"expect\": \"unknown\"",
         "cells[0].expect has the unknown value \"unknown\""},
        {"\"seed\": \"1\"", "\"seed\": 1", "cells[0].seed must be a string of digits"},
        {"\"seed\": \"1\"", "\"seed\": \"18446744073709551616\"", "cells[0].seed must be a string of digits"},
        {"\"seed\": \"1\"", "\"seed\": \"-1\"", "cells[0].seed must be a string of digits"},
        {"\"met\": false", "\"met\": 0", "cells[0].met must be true or false, not an integer"},
        {"\"bytes_per_op\": 48.0", "\"bytes_per_op\": \"48\"", "cells[0].bytes_per_op must be a number"},
        {"\"bytes_per_op\": 48.0", "\"bytes_per_op\": 1e999", "damaged on line"},
        {"\"bytes_per_op\": 48.0", "\"bytes_per_op\": NaN", "damaged on line"},
        {"\"bytes_per_op_error\": 0.024", "\"bytes_per_op_error\": -1",
         "bytes_per_op_error is out of range: -1"},
        {"\"control\": {", "\"control\": [", "damaged on line"},
        {"\"injected_bytes_per_op\"", "\"injected\"", "cells[0].control.injected_bytes_per_op is missing"},
        {"\"samples\": [", "\"samples\": [7,", "cells[0].samples[0] must be an object, not an integer"},
        {"\"round\": 3", "\"round\": {}", "cells[0].samples[3].round must be an integer, not an object"},
        {"\"class\": \"leak\"", "\"class\": \"gone\"",
         "cells[0].sites[0].class has the unknown value \"gone\""},
        {"\"contexts\": 53", "\"contexts\": 4294967296",
         "cells[0].sites[0].contexts is out of range: 4294967296"},
        {"\"line\": 204", "\"line\": 2147483648",
         "cells[0].sites[0].frames[0].line is out of range: 2147483648"},
        {"\"offset\": \"0x", "\"offset\": \"", "cells[0].sites[0].inner[0].offset must be a string like"},
        {"\"offset\": \"0x", "\"offset\": \"0xg", "cells[0].sites[0].inner[0].offset must be a string like"},
        {"\"callers\": [0]", "\"callers\": [1]",
         "cells[0].sites[1].callers names a frame that is not in frames"},
        {"\"callers\": [0]", "\"callers\": [9223372036854775807]",
         "callers names a frame that is not in frames"},
        {"\"callers\": [0]", "\"callers\": [-1]", "cells[0].sites[1].callers[0] is out of range: -1"},
        {"\"callers\": [0]", "\"callers\": 0",
         "cells[0].sites[1].callers must be a list of integers, not an integer"},
        {"\n  \"frames\": [", "\n  \"other\": [",
         "cells[0].sites[1].callers names a frame that is not in frames"},
        {"\"survivor_blocks\": [", "\"survivor_blocks\": [1, ",
         "cells[0].sites[0].survivor_bytes has 12 numbers"},
        {"\"total_bytes\": [", "\"total_bytes\": [true, ",
         "cells[0].sites[0].total_bytes[0] must be an integer, not true or false"},
    };
    char *text = check_text(NULL);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size;
        char *changed = damaged(text, cases[i].piece, cases[i].by, &size);
        expect_refused(changed, size, cases[i].message);
        free(changed);
    }
    free(text);
}

Test(report_read, unknown_keys_are_ignored)
{
    char message[MESSAGE_SIZE];
    size_t size, again_size;
    char *text = check_text(NULL);
    char *changed = damaged(text, "\"round\": 3", "\"later\": [{\"deep\": null}], \"round\": 3", &size);
    hg_run *run = read_text(changed, size, message);

    cr_assert_not_null(run, "%s", message);
    char *again = write_text(run, &again_size);
    cr_expect_str_eq(again, text);
    free(again);
    free(changed);
    free(text);
    hg_run_free(run);
}

Test(report_read, the_stable_fields_alone_make_a_run)
{
    static const char text[] =
        "{\"schema\": \"heapgate-run/1\", \"outcome\": \"pass\", \"exit_code\": 0, \"cells\": "
        "[{\"workload\": \"w\","
        "\"subject\": \"before\", \"allocator\": \"glibc\", \"unit\": \"op\", \"ops\": 10, \"rounds\": 1,"
        "\"expect\": \"leak\", \"verdict\": \"leak\", \"bytes_per_op\": 8, \"bytes_per_op_error\": 0,"
        "\"blocks_per_op\": 1, \"min_detectable_bytes_per_op\": 0.1, \"control\": "
        "{\"injected_bytes_per_op\": 0.64,"
        "\"recovered_bytes_per_op\": 0.64}, \"ops_per_second\": 9, \"samples\": [], \"sites\": []}]}";
    char message[MESSAGE_SIZE];
    hg_run *run = read_text(text, sizeof text - 1, message);

    cr_assert_not_null(run, "%s", message);
    cr_expect(run->cells[0].met);
    cr_expect_str_empty(run->cells[0].reason);
    cr_expect_str_empty(run->suite);
    hg_run_free(run);
}

/* Every site with its whole path in its place, each frame with its offset, and two lines for a list. */
Test(report_read, a_run_in_the_former_layout_is_the_same_run)
{
    char message[MESSAGE_SIZE];
    hg_run *former = hg_run_read(HG_SOURCE_DIR "/tests/golden/check.former.json", message, sizeof message);
    char *text = check_text(NULL);

    cr_assert_not_null(former, "%s", message);
    char *again = write_text(former, NULL);
    cr_expect_str_eq(again, text);
    free(again);
    free(text);
    hg_run_free(former);
}

static void add_frame(hg_site *site, const char *function, int line)
{
    site->frames = realloc(site->frames, (site->frame_count + 1) * sizeof *site->frames);
    site->frames[site->frame_count++] = (hg_frame){
        .function = strdup(function), .file = strdup("deep.c"), .module = strdup("deep.so"), .line = line};
}

Test(report_read, the_callers_of_a_site_that_does_not_grow_are_told_once_and_joined_again)
{
    char message[MESSAGE_SIZE];
    hg_run *run = fixture_check();
    size_t told = 0, size;

    for (int i = 0; i < 40; i++) /* recursion: the same frame again and again */
        add_frame(&run->cells[0].sites[1], i % 2 ? "walk" : "descend_with_a_name_of_its_own", i % 2);
    char *text = write_text(run, &size);
    for (const char *at = text; (at = strstr(at, "descend_with_a_name_of_its_own")); at++)
        told++;
    cr_expect_eq(told, 1);
    hg_run *read = read_text(text, size, message);
    cr_assert_not_null(read, "%s", message);
    const hg_site *site = &read->cells[0].sites[1];
    cr_assert_eq(site->frame_count, 42);
    cr_expect_str_eq(site->frames[0].function, "lru_insert");
    cr_expect_str_eq(site->frames[1].function, "heapgate_iterate");
    cr_expect_str_eq(site->frames[40].function, "descend_with_a_name_of_its_own");
    cr_expect_str_eq(site->frames[41].function, "walk");
    cr_expect_eq(read->cells[0].sites[0].frame_count, run->cells[0].sites[0].frame_count);
    cr_expect_null(read->frames);
    hg_run_free(read);
    hg_run_free(run);
    free(text);
}

static hg_holder holder_of(const char *name, int line)
{
    return (hg_holder){.path = strdup("a.b"),
                       .name = strdup(name),
                       .file = strdup("held.c"),
                       .line = line,
                       .module = strdup("held.so"),
                       .blocks = 1,
                       .example = strdup("")};
}

Test(report_read, a_holder_is_told_once_for_the_paths_that_follow_it)
{
    char message[MESSAGE_SIZE];
    hg_run *run = fixture_check();
    size_t size;

    hg_held_clear(&run->cells[0].sites[0].held);
    hg_held *held = &run->cells[0].sites[0].held;
    *held =
        (hg_held){.known = 1, .held_blocks = 4, .holders = calloc(4, sizeof(hg_holder)), .holder_count = 4};
    held->holders[0] = holder_of("table", 7);
    held->holders[1] = holder_of("table", 7);
    held->holders[2] = holder_of("", 0);
    held->holders[3] = holder_of("", 8);
    char *text = write_text(run, &size);
    hg_run *read = read_text(text, size, message);
    cr_assert_not_null(read, "%s", message);
    for (size_t i = 0; i < 4; i++) {
        cr_expect_str_eq(read->cells[0].sites[0].held.holders[i].name, held->holders[i].name);
        cr_expect_str_eq(read->cells[0].sites[0].held.holders[i].module, "held.so");
        cr_expect_eq(read->cells[0].sites[0].held.holders[i].line, held->holders[i].line);
    }
    const char *first = strstr(text, "\"table\"");
    cr_expect(first && !strstr(first + 1, "\"table\""));
    hg_run_free(read);
    hg_run_free(run);
    free(text);
}

/* run.json of the time before the allocators were asked. */
Test(report_read, what_an_older_run_did_not_know_is_unknown_and_not_zero)
{
    char message[MESSAGE_SIZE];
    size_t size;
    char *text = check_text(&size);
    size_t removed = 0;
    for (char *from; (from = strstr(text, "\"allocated_bytes\"")); removed++) {
        char *to = strstr(from, "\"open_files\"");
        cr_assert_not_null(to);
        memmove(from, to, strlen(to) + 1);
        from = strstr(from, ",\"mappings\"");
        cr_assert_not_null(from);
        to = strchr(from, '}');
        memmove(from, to, strlen(to) + 1);
    }
    hg_run *run = read_text(text, strlen(text), message);

    cr_assert_not_null(run, "%s", message);
    cr_assert_gt(removed, 0);
    cr_assert_eq(run->cells[0].sample_count, removed);
    for (size_t i = 0; i < removed; i++) {
        cr_expect_eq(run->cells[0].samples[i].allocated_bytes, -1);
        cr_expect_eq(run->cells[0].samples[i].mapped_bytes, -1);
        cr_expect_eq(run->cells[0].samples[i].mappings, -1);
    }
    free(text);
    hg_run_free(run);
}

Test(report_read, every_truncation_is_told_as_one)
{
    size_t size, refused = 0;
    char *text = check_text(&size);
    scratch file = open_scratch(text, size);

    for (size_t length = size - 2; length > 0; length -= length > 200 ? 7 : 1, refused++) {
        char message[MESSAGE_SIZE];
        cr_assert_eq(ftruncate(file.descriptor, (off_t)length), 0);
        cr_assert_null(hg_run_read(file.path, message, sizeof message));
        cr_assert_not_null(strstr(message, "cut short"), "at %zu: %s", length, message);
    }
    cr_expect_gt(refused, 100);
    fclose(file.file);
    free(text);
    expect_refused("", 0, "empty");
}

Test(report_read, no_changed_byte_crashes_the_reader)
{
    static const char replacements[] = {'\0', '\xff', '"', '9', '{', '-'};
    size_t size, tried = 0, accepted = 0;
    char *text = check_text(&size);
    scratch file = open_scratch(text, size);

    for (size_t at = 0; at < size; at += 5, tried++) {
        char message[MESSAGE_SIZE];
        cr_assert_eq(pwrite(file.descriptor, &replacements[tried % sizeof replacements], 1, (off_t)at), 1);
        hg_run *run = hg_run_read(file.path, message, sizeof message);
        cr_assert_eq(run == NULL, message[0] != '\0', "at %zu: %s", at, message);
        if (run) {
            size_t again;
            free(write_text(run, &again));
            accepted++;
        }
        hg_run_free(run);
        cr_assert_eq(pwrite(file.descriptor, text + at, 1, (off_t)at), 1);
    }
    cr_expect_gt(tried, 500);
    cr_expect_gt(accepted, 0);
    cr_expect_lt(accepted, tried);
    fclose(file.file);
    free(text);
}

Test(report_read, deep_nesting_is_refused)
{
    enum { DEPTH = 100000 };
    char *text = malloc(DEPTH);

    memset(text, '[', DEPTH);
    expect_refused(text, DEPTH, "damaged on line");
    free(text);
}

Test(report_read, other_json_is_no_run)
{
    expect_refused("{}", 2, "not a heapgate run");
    expect_refused("[]", 2, "not a heapgate run");
    expect_refused("{\"schema\": {}}", 14, "not a heapgate run");
    expect_refused("\"heapgate-run/1\"", 16, "damaged"); /* neither an object nor a list */
    expect_refused("heapgate", 8, "damaged");
    expect_refused("\0\0\0\0", 4, "damaged");
}

Test(report_read, too_many_cells_are_refused)
{
    hg_run *run = hg_run_new();
    size_t size;

    for (size_t i = 0; i < HG_RUN_MAX_CELLS; i++)
        cr_assert_not_null(hg_run_add_cell(run));
    char *text = write_text(run, &size);
    char message[MESSAGE_SIZE];
    hg_run *read = read_text(text, size, message);
    cr_assert_not_null(read, "%s", message);
    cr_expect_eq(read->cell_count, HG_RUN_MAX_CELLS);
    hg_run_free(read);
    free(text);
    cr_assert_not_null(hg_run_add_cell(run));
    text = write_text(run, &size);
    expect_refused(text, size, "cells has more entries than heapgate reads (limit: 10000)");
    free(text);
    hg_run_free(run);
}

Test(report_read, a_file_larger_than_any_run_is_refused_unread)
{
    char message[MESSAGE_SIZE];
    scratch file = open_scratch("{", 1);

    cr_assert_eq(ftruncate(file.descriptor, (off_t)1 << 32), 0);
    cr_expect_null(hg_run_read(file.path, message, sizeof message));
    cr_expect_not_null(strstr(message, "larger than 512 MiB"), "%s", message);
    fclose(file.file);
}

Test(report_read, paths_that_are_no_file_are_named)
{
    char message[MESSAGE_SIZE];

    cr_expect_null(hg_run_read("/nonexistent/\x1b[31m\n.json", message, sizeof message));
    cr_expect_str_eq(message,
                     "/nonexistent/\\x1b[31m\\x0a.json: cannot open the file: No such file or directory; "
                     "check the path and its permissions");
    cr_expect_null(hg_run_read("/", message, sizeof message));
    cr_expect_not_null(strstr(message, "Is a directory"), "%s", message);
}

Test(report_read, a_message_is_cut_to_its_buffer)
{
    char message[16];

    memset(message, 'x', sizeof message);
    cr_expect_null(hg_run_read("/nonexistent/run.json", message, 10));
    cr_expect_eq(strlen(message), 9);
    cr_expect_eq(message[10], 'x');
    cr_expect_null(hg_run_read("/nonexistent/run.json", NULL, 0));
}
