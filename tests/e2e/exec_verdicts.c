/*
 * Goal: the verdict of heapgate exec on programs whose leak is known, in C, C++ and Python, whatever ends a
 * round.
 *
 * Rounds that end at a mark are exact, and so are the rates asked for there. Those that end at a line, at a
 * volume or with time are taken from outside while the program runs on, and their rates are only near the
 * truth.
 */
#include "exec_run.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define SERVES(...)  ((const char *const[]){PROGRAM("serves"), __VA_ARGS__, NULL})

static void expect_near(const json_t *cell, const char *key, double expected, double tolerance,
                        const char *line)
{
    double found = number_of(cell, key);
    cr_assert(le(dbl, fabs(found - expected), tolerance * expected), "%s is %g, expected %g: %s", key, found,
              expected, line);
}

Test(exec_verdicts, each_allocator_shows_the_leak_of_each_mark_exactly)
{
    static const char *const allocators[] = {"glibc", "jemalloc", "mimalloc", "tcmalloc"};
    for (size_t i = 0; i < sizeof allocators / sizeof *allocators; i++) {
        checked done = exec_run(OPTIONS("--marks", "--allocator", allocators[i]), SERVES("leak", "30", "0"));
        exec_expect(&done, "leak", 1);
        const json_t *cell = exec_cell(&done);
        expect_near(cell, "blocks_per_op", 1, 1e-9, done.result.line);
        expect_near(cell, "bytes_per_op", 48, 1e-9, done.result.line);
        cr_assert(eq(str, (char *)text_of(cell, "unit"), "mark"));
        cr_assert(eq(str, (char *)text_of(culprit_of(cell, 0), "function"), "open_session"));
        checked_free(&done);
    }
}

Test(exec_verdicts, a_program_that_is_linked_with_jemalloc_is_measured_on_it)
{
    static const char *const asked[][3] = {{"--marks", NULL}, {"--marks", "--allocator=glibc", NULL}};
    if (access(PROGRAM("extended"), X_OK) != 0)
        cr_skip_test("skipped: libjemalloc-dev is not installed");
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        checked done = exec_run(asked[i], OPTIONS(PROGRAM("extended")));
        exec_expect(&done, "leak", 1);
        const json_t *cell = exec_cell(&done);
        expect_near(cell, "bytes_per_op", 100, 1e-9, done.result.line);
        cr_assert(eq(str, (char *)text_of(cell, "allocator"), "jemalloc"));
        checked_free(&done);
    }
}

static void run_pools(const char *program, const char *kind, const char *verdict, double bytes)
{
    checked done = exec_run(OPTIONS("--marks"), OPTIONS(program, kind, "4000"));
    json_t *cell = exec_cell(&done);
    exec_expect(&done, verdict, strcmp(verdict, "leak") == 0 ? 1 : 0);
    cr_assert(epsilon_eq(dbl, number_of(cell, "bytes_per_op"), bytes, 0.01), "%s %s: %g", program, kind,
              number_of(cell, "bytes_per_op"));
    /* Without the chunks. */
    const json_t *samples = json_object_get(cell, "samples");
    double alive = number_of(json_array_get(samples, json_array_size(samples) - 1), "live_bytes");
    cr_assert(le(dbl, alive, 4000 * bytes + 1024), "%s %s: %g B are alive", program, kind, alive);
    if (bytes > 0) {
        const json_t *site = json_array_get(json_object_get(cell, "sites"), 0);
        const json_t *frame = json_array_get(json_object_get(site, "frames"), 0);
        cr_assert(eq(str, (char *)text_of(frame, "function"), "take"), "%s", kind);
    }
    checked_free(&done);
}

Test(exec_verdicts, pieces_of_a_pool_are_counted_by_call_path_and_its_chunks_are_not)
{
    const char *const programs[] = {PROGRAM("pools"), PROGRAM("pools_in_cxx")};
    const command bare = {.words = {PROGRAM("pools"), "leaking", "4000", NULL}};
    cr_assert(eq(int, command_wait(command_start(&bare)), 0));
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        run_pools(programs[i], "leaking", "leak", 48);
        run_pools(programs[i], "mapped", "leak", 48);
        run_pools(programs[i], "healthy", "clean", 0);
        run_pools(programs[i], "arena", "clean", 0);
    }
}

Test(exec_verdicts, files_that_a_fast_program_leaves_open_are_counted_at_its_marks)
{
    checked done = exec_run(OPTIONS("--marks"), SERVES("files", "2000", "0"));
    exec_expect(&done, "leak", 1);
    const char *reason = text_of(exec_cell(&done), "reason");
    cr_assert(eq(int, strncmp(reason, "open files grow by 0.0", 22), 0), "%s", reason);
    cr_assert(ne(ptr, (void *)strstr(reason, "that were opened by serve ("), NULL), "%s", reason);
    checked_free(&done);
}

Test(exec_verdicts, rounds_are_joined_without_losing_a_block_when_there_are_many)
{
    checked done = exec_run(OPTIONS("--marks"), SERVES("leak", "5000", "0"));
    exec_expect(&done, "leak", 1);
    const json_t *cell = exec_cell(&done);
    expect_near(cell, "blocks_per_op", 1, 1e-9, done.result.line);
    const json_t *born =
        json_object_get(json_array_get(json_object_get(cell, "sites"), 0), "survivor_blocks");
    cr_assert(le(sz, json_array_size(born), 32), "%s", done.result.line);
    for (size_t i = 0; i < json_array_size(born); i++)
        cr_assert(eq(dbl, json_number_value(json_array_get(born, i)), 256), "round %zu: %s", i,
                  done.result.line);
    checked_free(&done);
}

Test(exec_verdicts, a_program_that_keeps_nothing_and_one_with_a_full_cache_are_clean)
{
    static const char *const kinds[] = {"clean", "cache"};
    for (size_t i = 0; i < 2; i++) {
        checked done = exec_run(OPTIONS("--marks", "--warmup", "60"), SERVES(kinds[i], "400", "0"));
        exec_expect(&done, "clean", 0);
        checked_free(&done);
    }
}

Test(exec_verdicts, a_leak_that_begins_late_is_one_and_a_last_work_that_builds_something_is_not)
{
    checked late = exec_run(OPTIONS("--marks"), SERVES("late", "24", "0"));
    exec_expect(&late, "leak", 1);
    const char *reason = text_of(exec_cell(&late), "reason");
    cr_assert(ne(ptr, (void *)strstr(reason, ", in the second half of the run"), NULL), "%s", reason);
    expect_near(exec_cell(&late), "blocks_per_op", 1, 0.1, late.result.line);
    cr_assert(eq(str, (char *)text_of(culprit_of(exec_cell(&late), 0), "function"), "open_session"));
    checked_free(&late);
    checked builds = exec_run(OPTIONS("--marks"), SERVES("builds", "24", "0"));
    exec_expect(&builds, "inconclusive", 3);
    checked_free(&builds);
}

Test(exec_verdicts, a_queue_that_is_served_too_slowly_is_a_leak_and_one_under_a_rising_load_is_not)
{
    checked queue = exec_run(OPTIONS("--marks"), SERVES("backlog", "60", "0"));
    exec_expect(&queue, "leak", 1);
    expect_near(exec_cell(&queue), "blocks_per_op", 1, 0.1, queue.result.line);
    checked_free(&queue);
    checked ramp = exec_run(OPTIONS("--marks"), SERVES("ramp", "60", "0"));
    exec_expect(&ramp, "inconclusive", 3);
    const char *reason = text_of(exec_cell(&ramp), "reason");
    cr_assert(ne(ptr, (void *)strstr(reason, "measure it under a steady load"), NULL), "%s", reason);
    checked_free(&ramp);
}

Test(exec_verdicts, a_second_batch_is_no_leak_that_begins_late)
{
    checked done = exec_run(OPTIONS("--marks"), SERVES("batches", "32", "0"));
    exec_expect(&done, "inconclusive", 3);
    checked_free(&done);
}

Test(exec_verdicts, a_queue_that_drains_while_the_program_goes_on_hides_no_leak_beside_it)
{
    checked done = exec_run(OPTIONS("--marks"), SERVES("drains", "48", "0"));
    exec_expect(&done, "leak", 1);
    expect_near(exec_cell(&done), "blocks_per_op", 1, 1e-9, done.result.line);
    cr_assert(eq(str, (char *)text_of(culprit_of(exec_cell(&done), 0), "function"), "open_session"));
    checked_free(&done);
}

Test(exec_verdicts, an_expected_leak_that_is_not_there_is_not_called_a_leak)
{
    checked done =
        exec_run(OPTIONS("--marks", "--warmup", "60", "--expect", "leak"), SERVES("clean", "400", "0"));
    exec_expect(&done, "clean", 1);
    cr_assert(eq(str, done.result.err, "no leak\n"));
    checked_free(&done);
}

Test(exec_verdicts, a_line_of_output_ends_a_round_and_the_output_stays_what_it_was)
{
    const command bare = {.words = {PROGRAM("serves"), "leak", "400", "1000", NULL}};
    command_result expected = command_run(&bare);
    checked done =
        exec_run(OPTIONS("--round-line", "^request [0-9]*0 served$"), SERVES("leak", "400", "1000"));
    exec_expect(&done, "leak", 1);
    expect_near(exec_cell(&done), "blocks_per_op", 10, 0.1, done.result.line);
    cr_assert(eq(sz, done.result.out_size, expected.out_size));
    cr_assert(eq(int, memcmp(done.result.out, expected.out, expected.out_size), 0));
    command_result_free(&expected);
    checked_free(&done);
}

Test(exec_verdicts, a_volume_of_allocation_ends_a_round)
{
    checked done = exec_run(OPTIONS("--round-bytes", "32M"), SERVES("volume", "1000", "500"));
    exec_expect(&done, "leak", 1);
    cr_assert(eq(str, (char *)text_of(exec_cell(&done), "unit"), "MiB allocated"));
    expect_near(exec_cell(&done), "bytes_per_op", 48, 0.1, done.result.line);
    checked_free(&done);
}

Test(exec_verdicts, time_ends_a_round)
{
    checked leaks = exec_run(OPTIONS("--round-every", "50ms"), SERVES("clock", "1000", "1000"));
    exec_expect(&leaks, "leak", 1);
    expect_near(exec_cell(&leaks), "blocks_per_op", 1, 0.1, leaks.result.line);
    cr_assert(eq(str, (char *)text_of(exec_cell(&leaks), "unit"), "ms"));
    checked_free(&leaks);
    checked keeps_none = exec_run(OPTIONS("--round-every", "50ms"), SERVES("clean", "1000", "1000"));
    exec_expect(&keeps_none, "clean", 0);
    checked_free(&keeps_none);
}

Test(exec_verdicts, growth_within_its_budget_is_clean_and_a_leak_that_is_expected_passes)
{
    checked within = exec_run(OPTIONS("--marks", "--max-bytes-per-op", "48.1"), SERVES("leak", "40", "0"));
    exec_expect(&within, "clean", 0);
    checked_free(&within);
    checked beyond = exec_run(OPTIONS("--marks", "--max-bytes-per-op", "47.9"), SERVES("leak", "40", "0"));
    exec_expect(&beyond, "leak", 1);
    checked_free(&beyond);
    checked expected = exec_run(OPTIONS("--marks", "--expect", "leak"), SERVES("leak", "40", "0"));
    exec_expect(&expected, "leak", 0);
    checked_free(&expected);
    checked missing = exec_run(OPTIONS("--marks", "--expect", "leak"), SERVES("clean", "40", "0"));
    exec_expect(&missing, "clean", 1);
    checked_free(&missing);
}

Test(exec_verdicts, cxx_containers_that_only_grow_are_told_from_those_that_are_emptied)
{
    checked leaks = exec_run(OPTIONS("--marks"), OPTIONS(PROGRAM("registers_leaking")));
    exec_expect(&leaks, "leak", 1);
    checked_free(&leaks);
    checked healthy = exec_run(OPTIONS("--marks"), OPTIONS(PROGRAM("registers_healthy")));
    exec_expect(&healthy, "clean", 0);
    checked_free(&healthy);
}

Test(exec_verdicts, operators_that_a_cxx_program_replaces_stay_the_ones_that_all_forms_end_in)
{
    checked done =
        exec_run(OPTIONS("--marks", "--verbose"), (const char *const[]){PROGRAM("replaces"), NULL});
    exec_expect(&done, "leak", 1);
    const json_t *cell = exec_cell(&done);
    expect_near(cell, "blocks_per_op", 1, 1e-9, done.result.line);
    expect_near(cell, "bytes_per_op", 56, 1e-9, done.result.line);
    checked_free(&done);
}

Test(exec_verdicts, a_python_list_that_only_grows_is_told_from_one_that_does_not)
{
    static const char script[] = HG_SOURCE_DIR "/tests/e2e/programs/serves.py";
    static const char *const allocators[] = {"glibc", "jemalloc"};
    for (size_t i = 0; i < 2; i++) {
        const char *const *options =
            OPTIONS("--round-line", "^served [0-9]*0$", "--allocator", allocators[i]);
        checked leaks = exec_run(options, OPTIONS("/usr/bin/python3", script, "leak", "300"));
        exec_expect(&leaks, "leak", 1);
        checked_free(&leaks);
        checked healthy = exec_run(options, OPTIONS("/usr/bin/python3", script, "clean", "300"));
        exec_expect(&healthy, "clean", 0);
        checked_free(&healthy);
    }
}

Test(exec_verdicts, an_allocator_wrapper_is_not_the_culprit_but_who_calls_it)
{
    checked done = exec_run(OPTIONS("--marks"), OPTIONS(PROGRAM("wraps")));
    exec_expect(&done, "leak", 1);
    cr_assert(eq(str, (char *)text_of(culprit_of(exec_cell(&done), 0), "function"), "parse"), "%s",
              done.result.line);
    checked_free(&done);
}

Test(exec_verdicts, what_a_library_allocates_for_a_script_is_laid_at_the_line_of_the_script)
{
    static const char script[] =
        "import sqlite3, time\nkept = []\n"
        "for i in range(200): kept.append(sqlite3.connect(':memory:')); time.sleep(0.01)";
    checked done = exec_run(OPTIONS("--round-every", "50ms"), OPTIONS("/usr/bin/python3", "-c", script));
    exec_expect(&done, "leak", 1);
    const json_t *culprit = culprit_of(exec_cell(&done), 0);
    cr_assert(eq(str, (char *)text_of(culprit, "file"), "<string>"), "%s", done.result.line);
    cr_assert(eq(int, (int)number_of(culprit, "line"), 3), "%s", done.result.line);
    checked_free(&done);
}

Test(exec_verdicts, too_few_rounds_are_inconclusive_and_say_which_option_gives_more)
{
    static const struct {
        const char *options[3], *advice;
    } cases[] = {{{"--round-every", "1h"}, "a shorter --round-every"},
                 {{"--round-bytes", "1G"}, "a smaller --round-bytes"},
                 {{"--round-line", "^nothing$"}, "a --round-line that matches more lines"},
                 {{"--round-signal", "USR2"}, "more signals with --round-signal"},
                 {{"--warmup", "50"}, "less --warmup"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        checked done = exec_run(cases[i].options, SERVES("leak", "20", "0"));
        exec_expect(&done, "inconclusive", 3);
        cr_assert(ne(ptr, strstr(text_of(exec_cell(&done), "reason"), cases[i].advice), NULL), "%s: %s",
                  text_of(exec_cell(&done), "reason"), done.result.line);
        checked_free(&done);
    }
}
