/*
 * Goal: what goes wrong in a later look fails the cell, and what was measured before stands; leaks that come
 * to a limit of the system are found all the same.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static void expect_reason(const checked *done, const char *part)
{
    const char *reason = text_of(checked_cell(done, 0), "reason");
    cr_expect(ne(ptr, strstr(reason, part), NULL), "'%s' is not in '%s': %s", part, reason,
              done->result.line);
}

static void expect(const checked *done, int code, const char *verdict)
{
    cr_expect(eq(int, done->result.exit_code, code), "%s\n%s", done->result.line, done->result.out);
    cr_expect(eq(str, (char *)text_of(checked_cell(done, 0), "verdict"), (char *)verdict), "%s",
              done->result.line);
}

/* Healthy up to op 30,000, which the first look does not reach. */
static void expect_late_failure(const char *chosen, const char *how)
{
    checked done = check(PLUGIN("later"), chosen, NULL);
    expect(&done, 4, "failed");
    expect_reason(&done, how);
    expect_reason(&done, "; before that: no growth");
    cr_expect(ne(ptr, strstr(done.result.out, how), NULL), "%s\n%s", done.result.line, done.result.out);
    checked_free(&done);
}

Test(later_looks, fail_the_cell_by_a_crash_an_error_or_an_end_of_the_process)
{
    expect_late_failure("crash", "the workload crashed in op 30000: signal 11");
    expect_late_failure("error", "heapgate_iterate(30000) returned 7");
    expect_late_failure("leave", "the workload ended the process in op 30000");
}

Test(later_looks, fail_the_cell_by_an_op_that_does_not_end)
{
    expect_late_failure("hang", "the workload hung in op 30000: that op did not end within 2");
}

Test(later_looks, keep_the_growth_that_was_seen_before_a_crash)
{
    checked done = check(PLUGIN("later"), "lose_and_crash", NULL);
    const json_t *cell = checked_cell(&done, 0);
    expect(&done, 4, "failed");
    expect_reason(&done, "crashed in op 30000: signal 11");
    expect_reason(&done, "; before that: 1 call path grows every round");
    cr_expect(epsilon_eq(dbl, number_of(cell, "bytes_per_op"), 40, 1e-6));
    cr_assert(lt(sz, 0, json_array_size(json_object_get(cell, "sites"))));
    cr_expect(lt(dbl, number_of(cell, "ops"), 30000), "of the look that ended well");
    checked_free(&done);
}

Test(later_looks, keep_all_figures_of_one_that_crashes_when_all_is_measured)
{
    checked done = check(PLUGIN("later"), "crash_in_teardown", NULL);
    const json_t *cell = checked_cell(&done, 0);
    expect(&done, 4, "failed");
    expect_reason(&done, "crashed in heapgate_teardown: signal 11");
    expect_reason(&done, "; before that: 1 call path grows every round");
    cr_expect(epsilon_eq(dbl, number_of(cell, "bytes_per_op"), 40, 1e-6));
    cr_expect(lt(dbl, 0, number_of(cell, "ops_per_second")));
    cr_assert(lt(sz, 10, json_array_size(json_object_get(cell, "samples"))));
    cr_assert(eq(str, (char *)text_of(culprit_of(cell, 0), "function"), "lose"));
    checked_free(&done);
}

/* The first look has as many ops as were asked for, and the cell may end on a longer one. */
Test(later_looks, are_longer_than_the_ops_that_were_asked_for)
{
    static const char *const ops[] = {"--ops", "5000", NULL};
    checked done = check(PLUGIN("entry_points"), "malloc", ops);
    const json_t *cell = checked_cell(&done, 0);
    expect(&done, 1, "leak");
    cr_expect(lt(dbl, 5000, number_of(cell, "ops")));
    cr_expect(ne(ptr, strstr(text_of(cell, "reproduce"), "--ops 5000"), NULL), "%s",
              text_of(cell, "reproduce"));
    checked_free(&done);
}

static void limit_files(rlim_t most)
{
    struct rlimit limit;
    cr_assert(eq(int, getrlimit(RLIMIT_NOFILE, &limit), 0));
    limit.rlim_cur = most;
    cr_assert(eq(int, setrlimit(RLIMIT_NOFILE, &limit), 0));
}

Test(later_looks, find_open_files_that_come_to_their_limit_in_the_first_round)
{
    limit_files(256);
    checked done = check(PLUGIN("later"), "files", NULL);
    expect(&done, 1, "leak");
    expect_reason(&done, "open files grow by 1 per op");
    expect_reason(&done, "opened by lose_file (");
    checked_free(&done);
}

Test(later_looks, find_open_files_that_would_come_to_their_limit_in_a_longer_one)
{
    limit_files(256);
    checked done = check(PLUGIN("later"), "rare_files", NULL);
    expect(&done, 1, "leak");
    expect_reason(&done, "open files grow by 0.00");
    checked_free(&done);
}

Test(later_looks, find_mappings_that_come_to_their_limit)
{
    checked done = check(PLUGIN("later"), "mappings", NULL);
    expect(&done, 1, "leak");
    const json_t *cell = checked_cell(&done, 0);
    cr_expect(epsilon_eq(dbl, number_of(cell, "bytes_per_op"), 4096, 41), "%g",
              number_of(cell, "bytes_per_op"));
    cr_assert(eq(str, (char *)text_of(culprit_of(cell, 0), "function"), "lose_mapping"));
    checked_free(&done);
}
