/*
 * Goal: memory lost through any function that allocates is counted to the byte and laid at the right door, on
 * every allocator.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

static void expect_c(const char *chosen, const char *function, double bytes)
{
    const expected_leak expected = {.plugin = PLUGIN("entry_points"),
                                    .source = "entry_points.c",
                                    .chosen = chosen,
                                    .function = function,
                                    .bytes_per_op = bytes,
                                    .blocks_per_op = 1};
    expect_leak(&expected);
}

static void expect_cxx(const char *chosen, const char *function, double bytes, double blocks)
{
    const expected_leak expected = {.plugin = PLUGIN("operators"),
                                    .source = "operators.cc",
                                    .chosen = chosen,
                                    .function = function,
                                    .bytes_per_op = bytes,
                                    .blocks_per_op = blocks};
    expect_leak(&expected);
}

Test(probe_entry_points, counts_what_malloc_and_its_kin_lose)
{
    expect_c("malloc", "lose_malloc", 40);
    expect_c("calloc", "lose_calloc", 40);
    expect_c("realloc_of_nothing", "lose_realloc_of_nothing", 40);
    expect_c("realloc", "lose_realloc", 40);
    expect_c("reallocarray", "lose_reallocarray", 40);
    expect_c("strdup", "lose_strdup", 40);
    expect_c("strndup", "lose_strndup", 9);
}

Test(probe_entry_points, counts_what_aligned_allocations_lose)
{
    expect_c("posix_memalign", "lose_posix_memalign", 40);
    expect_c("aligned_alloc", "lose_aligned_alloc", 64);
    expect_c("memalign", "lose_memalign", 40);
    expect_c("valloc", "lose_valloc", 40);
    expect_c("pvalloc", "lose_pvalloc", 4096);
}

static void expect_jemalloc(const char *chosen, const char *function, double bytes)
{
    const expected_leak expected = {.plugin = PLUGIN("jemalloc_functions"),
                                    .source = "jemalloc_functions.c",
                                    .chosen = chosen,
                                    .function = function,
                                    .bytes_per_op = bytes,
                                    .blocks_per_op = 1,
                                    .only = "jemalloc"};
    expect_leak(&expected);
}

Test(probe_entry_points, counts_what_jemallocs_own_functions_lose)
{
    expect_jemalloc("mallocx", "lose_mallocx", 40);
    expect_jemalloc("rallocx", "lose_rallocx", 600);
    expect_jemalloc("xallocx", "lose_xallocx", 40000);
}

Test(probe_entry_points, keeps_the_contract_of_jemallocs_own_functions)
{
    static const char *const balanced[] = {"sized_frees", "every_usable_byte", "zeroed_growth", "refusals"};
    for (size_t i = 0; i < sizeof balanced / sizeof *balanced; i++)
        expect_clean_only(PLUGIN("jemalloc_functions"), balanced[i], "jemalloc");
}

Test(probe_entry_points, lets_no_other_allocator_seem_to_have_jemallocs_functions)
{
    expect_clean_only(PLUGIN("jemalloc_functions"), "absent", "glibc");
    expect_clean_only(PLUGIN("jemalloc_functions"), "absent", "tcmalloc");
}

Test(probe_entry_points, counts_blocks_of_no_bytes)
{
    const char *const every[] = {EVERY_ALLOCATOR, NULL};
    checked done = check(PLUGIN("entry_points"), "malloc_of_nothing", every);
    for (size_t i = 0; i < ALLOCATORS; i++) {
        const json_t *cell = checked_cell(&done, i);
        const json_t *site = json_array_get(json_object_get(cell, "sites"), 0);
        cr_assert(eq(str, (char *)text_of(cell, "verdict"), "leak"), "%s", done.result.line);
        cr_assert(eq(str, (char *)text_of(site, "class"), "leak"), "%s", done.result.line);
        cr_assert(epsilon_eq(dbl, number_of(site, "blocks_per_op"), 1, 0.01), "%s", done.result.line);
        cr_assert(epsilon_eq(dbl, number_of(site, "bytes_per_op"), 0, 0), "%s", done.result.line);
    }
    checked_free(&done);
}

/* Containers are told within their error: their size moves in steps. */
static void expect_container(const char *plugin, const char *chosen, double bytes)
{
    const char *const every[] = {EVERY_ALLOCATOR, NULL};
    checked done = check(plugin, chosen, every);
    for (size_t i = 0; i < ALLOCATORS; i++) {
        const json_t *cell = checked_cell(&done, i);
        cr_assert(eq(str, (char *)text_of(cell, "verdict"), "leak"), "%s", done.result.line);
        double off = fabs(number_of(cell, "bytes_per_op") - bytes);
        cr_assert(le(dbl, off, 2 * number_of(cell, "bytes_per_op_error")), "%g off %g: %s", off, bytes,
                  done.result.line);
    }
    checked_free(&done);
}

Test(probe_entry_points, sees_a_block_that_grows_by_realloc)
{
    expect_container(PLUGIN("entry_points"), "growing_realloc", 16);
    expect_container(PLUGIN("entry_points"), "doubling_realloc", 8);
    expect_container(PLUGIN("operators"), "growing_vector", 8);
}

Test(probe_entry_points, counts_what_the_operators_of_cxx_lose)
{
    expect_cxx("new", "lose_new", 40, 1);
    expect_cxx("new_array", "lose_new_array", 40, 1);
    expect_cxx("nothrow_new", "lose_nothrow_new", 40, 1);
    expect_cxx("nothrow_new_array", "lose_nothrow_new_array", 40, 1);
}

Test(probe_entry_points, counts_what_the_aligned_operators_of_cxx_lose)
{
    expect_cxx("aligned_new", "lose_aligned_new", 128, 1);
    expect_cxx("aligned_new_array", "lose_aligned_new_array", 256, 1);
    expect_cxx("nothrow_aligned_new", "lose_nothrow_aligned_new", 128, 1);
    expect_cxx("nothrow_aligned_new_array", "lose_nothrow_aligned_new_array", 256, 1);
}

Test(probe_entry_points, lays_what_containers_lose_at_the_door_of_their_user)
{
    expect_cxx("vector", "lose_vector", 100, 2);
    expect_cxx("map", "grow_map", 48, 1);
}

Test(probe_entry_points, finds_nothing_where_all_is_freed)
{
    expect_clean(PLUGIN("entry_points"), "balanced", NULL);
    expect_clean(PLUGIN("operators"), "balanced", NULL);
}

Test(probe_entry_points, lets_new_throw_when_memory_runs_out)
{
    const char *const few[] = {"--ops", "100", NULL};
    expect_clean_where_strict(PLUGIN("operators"), "out_of_memory", few);
    expect_clean_only(PLUGIN("operators"), "new_handler", "glibc");
}
