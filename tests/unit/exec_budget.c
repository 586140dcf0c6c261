/*
 * Goal: counting keeps to its budget, follows no less than it has to, and does not change its mind again and
 * again.
 *
 * The programs are given as allocations for each 100 ms of processor time; a malloc with its free takes
 * 20 ns.
 */
#include "watch/budget.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define LOOK_NS INT64_C(100000000)

enum { PAIR_NS = 20 };

typedef struct program {
    hg_budget budget;
    hg_budget_seen seen;
    int64_t now_ns;
    int changes;
} program;

static program begin(double share)
{
    return (program){.budget = hg_budget_make(share, PAIR_NS), .now_ns = LOOK_NS};
}

static void run(program *made, int looks, int64_t allocations, int64_t cpu_ns)
{
    for (int i = 0; i < looks; i++) {
        made->now_ns += LOOK_NS;
        made->seen.allocations += allocations;
        made->seen.cpu_ns += cpu_ns;
        uint32_t wanted = hg_budget_look(&made->budget, made->now_ns, &made->seen);
        if (wanted == made->budget.one_in)
            continue;
        hg_budget_follow(&made->budget, made->now_ns, wanted);
        made->changes++;
    }
}

Test(exec_budget, all_are_followed_as_long_as_the_budget_allows_it)
{
    program calm = begin(0.02);
    run(&calm, 1000, 50000, LOOK_NS);
    cr_assert(eq(u32, calm.budget.one_in, 1));
    cr_assert(eq(i64, calm.budget.rested_ns, 0));
    cr_assert(
        epsilon_eq(dbl, hg_budget_spent(&calm.budget), 50000 * HG_BUDGET_COUNTING * PAIR_NS / 1e8, 1e-3));
    cr_assert(eq(dbl, hg_budget_spent(&calm.budget), hg_budget_exact(&calm.budget)));
}

Test(exec_budget, a_program_that_sleeps_is_known_by_its_work)
{
    program idle = begin(0.02);
    run(&idle, 1000, 500, LOOK_NS / 100); /* as many for what it works */
    cr_assert(eq(u32, idle.budget.one_in, 1));
    run(&idle, 1000, 5000, LOOK_NS / 100);
    cr_assert(lt(u32, 1, idle.budget.one_in));
}

Test(exec_budget, no_fewer_are_followed_than_the_budget_needs)
{
    program hot = begin(0.05);
    run(&hot, 100, 400000, LOOK_NS); /* all would take about a tenth */
    cr_assert(lt(u32, 1, hot.budget.one_in));
    cr_assert(lt(u32, hot.budget.one_in, 64));
    cr_assert(eq(int, hot.changes, 1));
    cr_assert(lt(dbl, hg_budget_spent(&hot.budget), 0.06));
    cr_assert(lt(dbl, 0.09, hg_budget_exact(&hot.budget)));
}

Test(exec_budget, what_no_choice_keeps_to_is_kept_to_as_far_as_it_pays)
{
    program hotter = begin(0.001);
    run(&hotter, 100, 3000000, LOOK_NS);
    cr_assert(le(u32, hotter.budget.one_in, 64));
    cr_assert(lt(dbl, 0.001, hg_budget_spent(&hotter.budget)));
    cr_assert(lt(dbl, hg_budget_spent(&hotter.budget), hg_budget_exact(&hotter.budget) / 3));
}

Test(exec_budget, a_program_that_calms_down_is_followed_whole_again)
{
    program late = begin(0.02);
    run(&late, 20, 1000000, LOOK_NS);
    cr_assert(lt(u32, 1, late.budget.one_in));
    run(&late, 50, 10000, LOOK_NS);
    cr_assert(lt(u32, 1, late.budget.one_in), "5 s are no calm");
    run(&late, 100, 10000, LOOK_NS);
    cr_assert(eq(u32, late.budget.one_in, 1));
}

Test(exec_budget, a_program_that_changes_on_and_on_is_not_followed_in_that)
{
    program swings = begin(0.02);
    for (int day = 0; day < 2000; day++) {
        run(&swings, 110, 10000, LOOK_NS); /* just long enough, the first time */
        run(&swings, 110, 1000000, LOOK_NS);
    }
    cr_assert(le(int, swings.changes, 4));
    cr_assert(lt(u32, 1, swings.budget.one_in));
}

Test(exec_budget, many_stacks_and_new_ones_take_more)
{
    program many = begin(0.02), fresh = begin(0.02);
    many.seen.stacks = 100000;
    run(&many, 100, 50000, LOOK_NS);
    cr_assert(lt(u32, 1, many.budget.one_in));
    for (int i = 0; i < 100; i++) {
        fresh.seen.walks += 1000;
        run(&fresh, 1, 50000, LOOK_NS);
    }
    cr_assert(lt(u32, 1, fresh.budget.one_in));
}

Test(exec_budget, a_clock_or_a_count_that_jumps_back_changes_nothing)
{
    program odd = begin(0.02);
    run(&odd, 10, 10000, LOOK_NS);
    run(&odd, 10, -1000000, LOOK_NS);
    run(&odd, 10, 10000, -LOOK_NS);
    cr_assert(eq(u32, odd.budget.one_in, 1));
    cr_assert(ge(dbl, hg_budget_spent(&odd.budget), 0));
}

Test(exec_budget, this_machine_takes_some_time_for_a_pair)
{
    double pair_ns = hg_budget_pair_ns();
    cr_assert(ge(dbl, pair_ns, 1));
    cr_assert(lt(dbl, pair_ns, 1e6));
}
