/*
 * Goal: what heapgate exec does not see is never called clean, and the cell says what that is.
 */
#include "exec_run.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <string.h>

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define EVERY        OPTIONS("--round-every", "50ms")

static void expect_reason(const checked *done, const char *words)
{
    const char *reason = text_of(exec_cell(done), "reason");
    cr_assert(ne(ptr, (void *)strstr(reason, words), NULL), "%s: %s", reason, done->result.line);
}

Test(exec_coverage, a_cell_says_what_was_counted_of_what_is_resident)
{
    checked done = exec_run(EVERY, OPTIONS(PROGRAM("serves"), "clean", "400", "1000"));
    exec_expect(&done, "clean", 0);
    const json_t *coverage = json_object_get(exec_cell(&done), "coverage");
    cr_assert(lt(dbl, 0, number_of(coverage, "counted_bytes")), "%s", done.result.line);
    cr_assert(lt(dbl, number_of(coverage, "counted_bytes"), number_of(coverage, "resident_bytes")));
    cr_assert(lt(dbl, number_of(coverage, "resident_bytes"), 1 << 20), "the probe's own memory is among it");
    checked_free(&done);
}

Test(exec_coverage, memory_of_the_probe_that_a_forked_child_shares_is_not_the_program_s)
{
    checked done = exec_run(EVERY, OPTIONS(PROGRAM("forks"), "300", "1000", "late"));
    const json_t *coverage = json_object_get(exec_cell(&done), "coverage");
    cr_assert(lt(dbl, number_of(coverage, "resident_bytes"), 1 << 20), "%s", done.result.line);
    checked_free(&done);
}

Test(exec_coverage, a_pool_that_fills_inside_one_mapping_is_not_clean)
{
    checked done = exec_run(EVERY, OPTIONS(PROGRAM("unseen"), "pool"));
    exec_expect(&done, "inconclusive", 3);
    expect_reason(&done, "memory grows by ");
    expect_reason(&done, " per ms outside what heapgate counts");
    checked_free(&done);
}

Test(exec_coverage, memory_that_comes_past_malloc_and_mmap_is_not_clean)
{
    static const char *const ways[] = {"sbrk", "shared"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        checked done = exec_run(EVERY, OPTIONS(PROGRAM("unseen"), ways[i]));
        exec_expect(&done, "inconclusive", 3);
        expect_reason(&done, " per ms outside what heapgate counts");
        checked_free(&done);
    }
}

Test(exec_coverage, shared_memory_of_system_v_that_grows_is_not_clean)
{
    const char *const *const ways[] = {OPTIONS(PROGRAM("unseen"), "sysv"),
                                       OPTIONS(PROGRAM("unseen"), "sysv", "apart")};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        checked done = exec_run(EVERY, ways[i]);
        exec_expect(&done, "inconclusive", 3);
        expect_reason(&done, "shared memory of System V grows by ");
        checked_free(&done);
    }
}

Test(exec_coverage, a_file_in_memory_that_grows_is_not_clean_and_is_named_with_who_opened_it)
{
    checked done = exec_run(EVERY, OPTIONS(PROGRAM("unseen"), "memory"));
    exec_expect(&done, "inconclusive", 3);
    expect_reason(&done, "files in memory that the program has open and not mapped grow by ");
    expect_reason(&done, " per ms; the largest is /memfd:kept, opened by write_to_memory (");
    checked_free(&done);
}

Test(exec_coverage, a_program_that_works_and_allocates_no_more_is_clean)
{
    checked done = exec_run(EVERY, OPTIONS(PROGRAM("unseen"), "settled"));
    exec_expect(&done, "clean", 0);
    expect_reason(&done, "no allocation in ");
    expect_reason(&done, " s of processor time; resident memory is steady");
    checked_free(&done);
}

Test(exec_coverage, a_program_whose_first_thread_has_ended_is_measured_to_its_end)
{
    checked settled = exec_run(EVERY, OPTIONS(PROGRAM("unseen"), "headless", "settled"));
    exec_expect(&settled, "clean", 0);
    expect_reason(&settled, " s of processor time; resident memory is steady");
    checked_free(&settled);
    checked pool = exec_run(EVERY, OPTIONS(PROGRAM("unseen"), "headless", "pool"));
    exec_expect(&pool, "inconclusive", 3);
    expect_reason(&pool, " per ms outside what heapgate counts");
    checked_free(&pool);
}

Test(exec_coverage, files_that_stay_open_are_named)
{
    checked done = exec_run(EVERY, OPTIONS(PROGRAM("unseen"), "opens"));
    cr_assert(ne(str, (char *)text_of(exec_cell(&done), "verdict"), "clean"), "%s", done.result.line);
    expect_reason(&done, "; the newest open file is /dev/null");
    checked_free(&done);
}

/* No pool of files is as large. */
Test(exec_coverage, files_that_stay_open_are_a_leak_where_they_are_many)
{
    checked done = exec_run(NULL, OPTIONS(PROGRAM("unseen"), "opens", "slowly"));
    exec_expect(&done, "leak", 1);
    expect_reason(&done, "open files grow by ");
    checked_free(&done);
}

Test(exec_coverage, a_program_too_short_for_a_verdict_says_what_it_allocated_and_what_was_alive_at_its_end)
{
    checked done =
        exec_run(OPTIONS("--round-every", "10s"), OPTIONS(PROGRAM("serves"), "leak", "900", "100"));
    exec_expect(&done, "inconclusive", 3);
    expect_reason(&done, " allocations in all, at most ");
    expect_reason(&done, " blocks; the program exited with status 0");
    cr_assert(eq(str, (char *)text_of(culprit_of(exec_cell(&done), 0), "function"), "open_session"), "%s",
              done.result.line);
    checked_free(&done);
}

Test(exec_coverage, half_a_second_is_enough_for_a_verdict_but_for_a_leak_only_where_that_is_meant)
{
    const char *const *words = OPTIONS(PROGRAM("serves"), "clock", "400", "1000");
    checked meant = exec_run(OPTIONS("--round-every", "10ms"), words);
    exec_expect(&meant, "leak", 1);
    cr_assert(eq(str, (char *)text_of(exec_cell(&meant), "unit"), "ms"));
    expect_reason(&meant, " only: let it run longer to be sure");
    checked_free(&meant);
    checked leak = exec_run(NULL, words);
    exec_expect(&leak, "inconclusive", 3);
    expect_reason(&leak, "1 call path grows every round; ");
    expect_reason(&leak, " is too short to tell a leak from what a program builds up once");
    checked_free(&leak);
    checked longer = exec_run(NULL, OPTIONS(PROGRAM("serves"), "clock", "2000", "1000"));
    exec_expect(&longer, "leak", 1);
    expect_reason(&longer,
                  "a program that builds something until it ends, and frees none of it, grows alike");
    checked_free(&longer);
    checked clean = exec_run(NULL, OPTIONS(PROGRAM("serves"), "clean", "100", "5000"));
    exec_expect(&clean, "clean", 0);
    checked_free(&clean);
}

Test(exec_coverage, a_program_that_ends_within_its_first_round_says_what_was_alive_at_its_end)
{
    checked done = exec_run(NULL, OPTIONS(PROGRAM("serves"), "leak", "5", "100"));
    exec_expect(&done, "inconclusive", 3);
    expect_reason(&done, " give it more work, for at least a tenth of a second; ");
    expect_reason(&done, ", and at the end ");
    checked_free(&done);
}

Test(exec_coverage, a_program_that_frees_all_in_an_instant_is_judged_up_to_its_peak)
{
    checked done = exec_run(EVERY, OPTIONS(PROGRAM("unseen"), "teardown", "at", "once"));
    exec_expect(&done, "inconclusive", 3);
    expect_reason(&done, ", up to the peak of live memory, which it freed before it ended");
    checked_free(&done);
}

Test(exec_coverage, one_thread_and_one_file_more_are_no_growth)
{
    checked done = exec_run(EVERY, OPTIONS(PROGRAM("unseen"), "steps"));
    exec_expect(&done, "clean", 0);
    checked_free(&done);
}

Test(exec_coverage, a_program_with_a_malloc_of_its_own_is_not_clean_and_shows_who_called_it)
{
    const command given = {
        .words = {HEAPGATE, "exec", "--round-every", "50ms", "--", PROGRAM("own_malloc"), NULL}};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 3), "%s\n%s", result.line, result.err);
    const char *reason =
        strstr(result.err, "heapgate does not count inside the malloc that the program brings");
    const char *path = strstr(result.err, "    rose by ");
    cr_assert(ne(ptr, (void *)reason, NULL), "%s", result.err);
    cr_assert(ne(ptr, (void *)path, NULL), "%s", result.err);
    cr_assert(ne(ptr, (void *)strstr(path, " lose  "), NULL), "%s", result.err);
    command_result_free(&result);
}

Test(exec_coverage, a_list_in_the_arenas_of_python_is_not_clean_and_the_switch_that_helps_is_named)
{
    /* By the clock, so that it grows as fast on a busy machine; and it frees nothing before it ends. */
    static const char script[] = "import os, time\nkept = []\nbegin = time.monotonic()\n"
                                 "while len(kept) < 400:\n"
                                 "    while len(kept) < (time.monotonic() - begin) * 200:\n"
                                 "        kept.append([str(len(kept))] * 3 + [str(j) for j in range(9)])\n"
                                 "    time.sleep(0.004)\nos._exit(0)";
    checked arenas = exec_run(EVERY, OPTIONS("/usr/bin/python3", "-c", script));
    cr_assert(ne(str, (char *)text_of(exec_cell(&arenas), "verdict"), "clean"), "%s", arenas.result.line);
    expect_reason(&arenas, "run it with PYTHONMALLOC=malloc");
    checked_free(&arenas);
    checked seen =
        exec_run(EVERY, OPTIONS("/usr/bin/env", "PYTHONMALLOC=malloc", "/usr/bin/python3", "-c", script));
    exec_expect(&seen, "leak", 1);
    checked_free(&seen);
}

Test(exec_coverage, a_program_that_frees_all_before_it_ends_is_judged_up_to_its_peak)
{
    checked done = exec_run(EVERY, OPTIONS(PROGRAM("unseen"), "teardown"));
    exec_expect(&done, "inconclusive", 3);
    expect_reason(
        &done,
        "1 call path grows every round, up to the peak of live memory, which it freed before it ended");
    checked_free(&done);
}

Test(exec_coverage, what_exit_handlers_free_was_kept_to_the_end)
{
    checked done = exec_run(EVERY, OPTIONS(PROGRAM("unseen"), "at-exit"));
    exec_expect(&done, "leak", 1);
    cr_assert(eq(str, (char *)text_of(culprit_of(exec_cell(&done), 0), "function"), "keep_until_exit"), "%s",
              done.result.line);
    checked_free(&done);
}

Test(exec_coverage, a_child_that_gets_no_environment_is_measured_all_the_same)
{
    checked done = exec_run(OPTIONS("--children", "--round-every", "50ms"),
                            OPTIONS(PROGRAM("unseen"), "spawns", PROGRAM("serves"), "clock", "400", "3000"));
    cr_assert(eq(sz, checked_cells(&done), 2), "%s\n%s", done.result.line, done.result.err);
    cr_assert(eq(str, (char *)text_of(checked_cell(&done, 0), "verdict"), "clean"), "%s", done.result.line);
    cr_assert(eq(str, (char *)text_of(checked_cell(&done, 1), "verdict"), "leak"), "%s", done.result.line);
    checked_free(&done);
}

Test(exec_coverage, a_program_that_comes_in_the_place_of_another_without_environment_is_measured)
{
    checked done = exec_run(EVERY, OPTIONS("/usr/bin/env", "-i", PROGRAM("serves"), "clock", "400", "3000"));
    exec_expect(&done, "leak", 1);
    checked_free(&done);
}

Test(exec_coverage, a_child_that_cannot_be_measured_is_named_and_can_be_accepted)
{
    const char *const *words = OPTIONS(PROGRAM("unseen"), "spawns", PROGRAM("static"), "900", "1000");
    checked with = exec_run(OPTIONS("--children", "--round-every", "50ms"), words);
    exec_expect(&with, "inconclusive", 3);
    expect_reason(&with, "(static) ran without the probe and ");
    expect_reason(&with, "; --ignore-child static accepts it");
    checked_free(&with);
    checked accepted =
        exec_run(OPTIONS("--children", "--ignore-child", "static", "--round-every", "50ms"), words);
    exec_expect(&accepted, "clean", 0);
    checked_free(&accepted);
    checked without = exec_run(EVERY, words);
    exec_expect(&without, "clean", 0);
    expect_reason(&without, " not measured; use --children");
    checked_free(&without);
}

Test(exec_coverage, a_program_that_leaves_the_work_to_its_children_has_not_failed)
{
    const char *const *words = OPTIONS("/bin/sh", "-c", PROGRAM("serves") " clean 400 1000; exit 0");
    checked without = exec_run(NULL, words);
    exec_expect(&without, "inconclusive", 3);
    expect_reason(&without,
                  "; its children may have done the work; 1 child process was not measured; use --children");
    checked_free(&without);
    /* They end too early for a cell of their own, as those of gcc do. */
    checked soon = exec_run(OPTIONS("--children"), OPTIONS(PROGRAM("ends"), "waits", "/dev/null"));
    const json_t *cell = checked_cell(&soon, 0);
    cr_assert(eq(str, (char *)text_of(cell, "verdict"), "inconclusive"), "%s", text_of(cell, "reason"));
    cr_assert(ne(ptr, strstr(text_of(cell, "reason"), "its children may have done the work"), NULL));
    checked_free(&soon);
    /* One that was measured says nothing of the others. */
    checked others =
        exec_run(OPTIONS("--children"),
                 OPTIONS("/bin/sh", "-c",
                         PROGRAM("serves") " clean 2 1000; " PROGRAM("serves") " clean 600 1000; exit 0"));
    cell = checked_cell(&others, 0);
    cr_assert(eq(str, (char *)text_of(cell, "verdict"), "inconclusive"), "%s", text_of(cell, "reason"));
    cr_assert(eq(str, (char *)text_of(checked_cell(&others, 1), "verdict"), "clean"), "%s",
              others.result.line);
    checked_free(&others);
    checked waits = exec_run(NULL, OPTIONS("/bin/sleep", "0.5"));
    exec_expect(&waits, "failed", 4);
    checked_free(&waits);
}

Test(exec_coverage, suspects_say_where_their_paths_differ)
{
    const command given = {.words = {HEAPGATE, "exec", "--round-every", "10s", "--", PROGRAM("parts"), NULL}};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 3), "%s\n%s", result.line, result.err);
    const char *suspect = strstr(result.err, "    alive at the end, ");
    cr_assert(ne(ptr, (void *)suspect, NULL), "%s", result.err);
    cr_assert(ne(ptr, (void *)strstr(suspect, "    all of them through build_house"), NULL), "%s",
              result.err);
    cr_assert(ne(ptr, (void *)strstr(suspect, "\u2190 build_roof"), NULL), "%s", result.err);
    cr_assert(ne(ptr, (void *)strstr(suspect, "\u2190 build_walls"), NULL), "%s", result.err);
    command_result_free(&result);
}

Test(exec_coverage, a_program_that_signals_its_process_group_lives_to_save_its_state)
{
    const command given = {.words = {"/usr/bin/setsid", "/bin/sh", "-c",
                                     "trap : TERM; " HEAPGATE " exec -q --round-every 20ms -- " PROGRAM(
                                         "unseen") " group & sleep 1; kill -TERM $!; while kill -0 $! "
                                                   "2>/dev/null; do wait $!; done; exit 0",
                                     NULL}};
    command_result result = command_run(&given);
    cr_assert(eq(str, result.out, "saved\n"), "%s\n%s", result.line, result.err);
    command_result_free(&result);
}
