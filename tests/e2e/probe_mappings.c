/*
 * Goal: mappings that the program makes are counted by site, in whole pages, through every way of giving part
 * of them back; those of the allocator are not. On every allocator.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

enum { PAGE = 4096 };

/* Few ops: the kernel allows a process 65,530 mappings. */
static const char *const few[] = {"--ops", "500", "--quick", NULL};

static void expect(const char *chosen, const char *function, double bytes, double blocks)
{
    const expected_leak expected = {.plugin = PLUGIN("mappings"),
                                    .source = "mappings.c",
                                    .chosen = chosen,
                                    .function = function,
                                    .bytes_per_op = bytes,
                                    .blocks_per_op = blocks,
                                    .options = few};
    expect_leak(&expected);
}

Test(probe_mappings, counts_a_lost_mapping_in_whole_pages)
{
    expect("mmap", "lose_mmap", 2 * PAGE, 1);
}

Test(probe_mappings, says_mapping_instead_of_block)
{
    checked done = check(PLUGIN("mappings"), "mmap", few);
    const json_t *sites = json_object_get(checked_cell(&done, 0), "sites");
    cr_assert(eq(ptr, json_object_get(json_array_get(sites, 0), "mapped"), json_true()), "%s",
              done.result.line);
    cr_assert(ne(ptr, strstr(done.result.out, "8.00 KiB and 1 mapping per op"), NULL), "%s", done.result.out);
    checked_free(&done);
}

Test(probe_mappings, counts_what_a_partial_unmapping_leaves)
{
    expect("middle", "lose_the_middle", PAGE, 1);
    expect("ends", "lose_both_ends", 2 * PAGE, 2);
}

Test(probe_mappings, counts_where_a_mapping_was_last_moved_or_grown)
{
    expect("mremap", "lose_mremap", 2 * PAGE, 1);
    expect("growing_mremap", "grow_by_mremap", PAGE, 0);
}

Test(probe_mappings, counts_of_a_reservation_what_is_made_usable)
{
    expect("reservation", "lose_part_of_a_reservation", PAGE, 1);
}

Test(probe_mappings, counts_where_a_part_of_a_reservation_becomes_usable)
{
    expect("commit", "commit_by_mprotect", 2 * PAGE, 1);
    expect("half", "decommit_half", PAGE, 1);
}

Test(probe_mappings, calls_a_reservation_whose_parts_are_given_back_clean)
{
    expect_clean(PLUGIN("mappings"), "commit_and_purge", few);
    expect_clean(PLUGIN("mappings"), "commit_and_protect", few);
    expect_clean(PLUGIN("mappings"), "commit_and_map_over", few);
    expect_clean(PLUGIN("mappings"), "commit_and_unmap", few);
}

Test(probe_mappings, counts_a_lost_mapping_that_is_protected)
{
    expect("protected", "lose_protected", 2 * PAGE, 1);
}

Test(probe_mappings, calls_mappings_that_are_given_back_clean)
{
    expect_clean(PLUGIN("mappings"), "map_and_unmap", few);
    expect_clean(PLUGIN("mappings"), "trim", few);
    expect_clean(PLUGIN("mappings"), "map_over", few);
    expect_clean(PLUGIN("mappings"), "many_at_once", few);
    expect_clean(PLUGIN("mappings"), "fail_and_keep", few);
}
