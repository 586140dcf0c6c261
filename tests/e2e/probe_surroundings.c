/*
 * Goal: threads, forks, new programs and libraries that come and go leave every count exact; and the probe
 * keeps an allocator's promises to the program.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sys/resource.h>

static const char *const few[] = {"--ops", "400", NULL};
static const char *const some[] = {"--ops", "3000", NULL};

Test(probe_threads, balances_blocks_freed_by_another_thread)
{
    expect_clean(PLUGIN("threads"), "freed_elsewhere", some);
    const expected_leak half = {.plugin = PLUGIN("threads"),
                                .source = "threads.c",
                                .chosen = "half_freed_elsewhere",
                                .function = "free_half_elsewhere",
                                .bytes_per_op = 12,
                                .blocks_per_op = 0.5,
                                .options = some};
    expect_leak(&half);
}

Test(probe_limits, few_open_files_are_enough)
{
    const struct rlimit few_files = {50, 50};
    cr_assert(zero(int, setrlimit(RLIMIT_NOFILE, &few_files)));
    expect_clean(PLUGIN("threads"), "freed_elsewhere", few);
}

Test(probe_threads, survives_thousands_of_short_ones)
{
    expect_clean(PLUGIN("threads"), "short_threads", NULL);
}

Test(probe_threads, counts_what_runs_past_a_threads_end)
{
    expect_clean(PLUGIN("threads"), "destructor", some);
}

Test(probe_threads, counts_a_leak_in_each)
{
    const expected_leak one = {.plugin = PLUGIN("threads"),
                               .source = "threads.c",
                               .chosen = "leak_in_thread",
                               .function = "lose_in_thread",
                               .bytes_per_op = 40,
                               .blocks_per_op = 1,
                               .options = some};
    expect_leak(&one);
}

Test(probe_threads, counts_exactly_when_they_run_at_once)
{
    const expected_leak many = {.plugin = PLUGIN("threads"),
                                .source = "threads.c",
                                .chosen = "parallel",
                                .function = "lose_one_of_many",
                                .bytes_per_op = 4 * 5 * 32,
                                .blocks_per_op = 4 * 5,
                                .options = few};
    expect_leak(&many);
}

static void expect_own_block_only(const char *chosen)
{
    const char *const every[] = {"--ops", "100", EVERY_ALLOCATOR, NULL};
    checked done = check(PLUGIN("processes"), chosen, every);
    for (size_t i = 0; i < ALLOCATORS; i++) {
        const json_t *cell = checked_cell(&done, i);
        cr_assert(eq(str, (char *)text_of(cell, "verdict"), "leak"), "%s: %s", text_of(cell, "reason"),
                  done.result.line);
        cr_assert(epsilon_eq(dbl, number_of(cell, "bytes_per_op"), 24, 0.24), "%s", done.result.line);
        cr_assert(epsilon_eq(dbl, number_of(cell, "blocks_per_op"), 1, 0.01), "%s", done.result.line);
        cr_assert(
            eq(int, (int)number_of(culprit_of(cell, 0), "line"), marked_line("processes.c", "processes")),
            "%s", done.result.line);
    }
    checked_free(&done);
}

Test(probe_processes, does_not_count_what_a_forked_child_does)
{
    expect_own_block_only("fork_and_allocate");
    expect_own_block_only("fork_and_exit");
}

Test(probe_processes, does_not_count_what_another_program_does)
{
    expect_own_block_only("fork_and_exec");
    expect_own_block_only("spawn");
    expect_own_block_only("vfork");
}

static double bytes_lost_in(const json_t *cell, const char *function)
{
    double sum = 0;
    size_t index;
    json_t *site;
    json_array_foreach(json_object_get(cell, "sites"), index, site)
    {
        if (strcmp(text_of(culprit_of(cell, index), "function"), function) == 0)
            sum += number_of(site, "bytes_per_op");
    }
    return sum;
}

Test(probe_libraries, tells_two_apart_that_took_turns_at_one_address)
{
    const char *const every[] = {"--ops", "400", EVERY_ALLOCATOR, NULL};
    checked done = check(PLUGIN("dynamic"), NULL, every);
    for (size_t i = 0; i < ALLOCATORS; i++) {
        const json_t *cell = checked_cell(&done, i);
        cr_assert(eq(str, (char *)text_of(cell, "verdict"), "leak"), "%s: %s", text_of(cell, "reason"),
                  done.result.line);
        cr_assert(epsilon_eq(dbl, bytes_lost_in(cell, "lose_in_first"), 24, 0.24), "%s", done.result.line);
        cr_assert(epsilon_eq(dbl, bytes_lost_in(cell, "lose_in_other"), 56, 0.56), "%s", done.result.line);
        cr_assert(epsilon_eq(dbl, number_of(cell, "bytes_per_op"), 80, 0.8), "%s", done.result.line);
    }
    checked_free(&done);
}

Test(probe_libraries, tells_apart_those_that_the_c_library_loads_and_unloads_by_itself)
{
    const char *const options[] = {"--ops", "400", "--verify", NULL};
    checked done = check(PLUGIN("converters"), NULL, options);
    const json_t *cell = checked_cell(&done, 0);
    cr_assert(eq(str, (char *)text_of(cell, "verdict"), "leak"), "%s: %s", text_of(cell, "reason"),
              done.result.line);
    cr_assert(epsilon_eq(dbl, bytes_lost_in(cell, "lose_in_first"), 96, 0.96), "%s", done.result.line);
    cr_assert(epsilon_eq(dbl, bytes_lost_in(cell, "lose_in_other"), 224, 2.24), "%s", done.result.line);
    cr_assert(epsilon_eq(dbl, bytes_lost_in(cell, "lose_in_third"), 352, 3.52), "%s", done.result.line);
    checked_free(&done);
}

Test(probe_contract, lets_a_program_use_every_usable_byte)
{
    expect_clean(PLUGIN("contract"), "usable_size", some);
}

Test(probe_contract, keeps_contents_through_realloc)
{
    expect_clean(PLUGIN("contract"), "realloc_contents", some);
}

Test(probe_contract, gives_zeroed_and_aligned_memory)
{
    expect_clean(PLUGIN("contract"), "zeroed", some);
    expect_clean_where_strict(PLUGIN("contract"), "alignment", some);
    expect_clean(PLUGIN("contract"), "bad_alignment", some);
}

Test(probe_contract, allows_what_the_standard_allows)
{
    expect_clean(PLUGIN("contract"), "nothing", some);
    expect_clean(PLUGIN("contract"), "errno", some);
}

Test(probe_contract, refuses_what_cannot_be_had)
{
    expect_clean_where_strict(PLUGIN("contract"), "huge_sizes", few);
    expect_clean_where_strict(PLUGIN("contract"), "overflow", few);
}

/* More names than the record has room for modules. */
Test(probe_libraries, a_library_that_is_reloaded_under_new_names_stays_one_module)
{
    const char *const options[] = {"--ops", "500", "--allocator", "glibc", NULL};
    checked done = check(PLUGIN("reloaded"), NULL, options);
    const json_t *cell = checked_cell(&done, 0);
    cr_assert(eq(str, (char *)text_of(cell, "verdict"), "leak"), "%s: %s", text_of(cell, "reason"),
              done.result.line);
    cr_assert(lt(dbl, 4096, number_of(cell, "ops")), "%s", done.result.line);
    cr_assert(epsilon_eq(dbl, number_of(cell, "bytes_per_op"), 24, 0.24), "%s", done.result.line);
    const json_t *leak = json_array_get(json_object_get(cell, "sites"), 0);
    cr_assert(eq(dbl, number_of(leak, "contexts"), 1), "%s", done.result.line);
    cr_assert(ne(ptr, strstr(text_of(culprit_of(cell, 0), "module"), "heapgate-reloaded-"), NULL), "%s",
              done.result.line);
    checked_free(&done);
}
