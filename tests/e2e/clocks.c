/*
 * Goal: what is bounded by the clock is clean, whichever way the workload tells the time, and a leak beside
 * it is found; a leak in a workload that tells the time stays one.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static void expect_bounded(const char *chosen, const char *how)
{
    checked done = check(PLUGIN("by_clock"), chosen, NULL);
    const json_t *cell = checked_cell(&done, 0);
    cr_expect(eq(str, (char *)text_of(cell, "verdict"), "clean"), "%s\n%s", done.result.line,
              done.result.out);
    cr_expect(ne(ptr, strstr(text_of(cell, "reason"), how), NULL), "%s", text_of(cell, "reason"));
    cr_expect(ne(ptr, strstr(text_of(cell, "reason"), ", up to a bound by the clock"), NULL), "%s",
              text_of(cell, "reason"));
    cr_expect(eq(dbl, number_of(cell, "bytes_per_op"), 0));
    checked_free(&done);
}

/* lose() alone is named. */
static void expect_lost(const char *chosen)
{
    checked done = check(PLUGIN("by_clock"), chosen, NULL);
    const json_t *cell = checked_cell(&done, 0);
    cr_assert(eq(str, (char *)text_of(cell, "verdict"), "leak"), "%s\n%s", done.result.line, done.result.out);
    cr_expect(epsilon_eq(dbl, number_of(cell, "bytes_per_op"), 24, 0.1), "%g",
              number_of(cell, "bytes_per_op"));
    cr_expect(eq(str, (char *)text_of(culprit_of(cell, 0), "function"), "lose"));
    checked_free(&done);
}

Test(clocks, are_set_forward_whichever_the_workload_reads)
{
    const char *how = "; this run sets the workload's clock forward between its rounds; ";
    expect_bounded("gettime", how);
    expect_bounded("timeofday", how);
    expect_bounded("seconds", how);
    expect_bounded("timespec", how);
}

Test(clocks, of_other_threads_are_waited_for)
{
    expect_bounded("thread", "; this run waits for other threads between its rounds; ");
}

Test(clocks, do_not_hide_a_leak)
{
    expect_lost("lose_with_time");
    expect_lost("lose_beside");
    expect_lost("lose_beside_thread");
}
