/*
 * Goal: what was lost itself comes before what was lost with it, and nothing else changes its place.
 */
#include "holders/roots_first.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

enum { MOST = 5 };

static hg_site site(hg_class growth_class, int64_t held, int64_t direct, int64_t indirect)
{
    static int32_t number;
    return (hg_site){
        .growth_class = growth_class,
        .contexts = ++number,
        .held = {.known = 1, .held_blocks = held, .lost_blocks = direct, .indirectly_lost_blocks = indirect}};
}

/* before[i] comes to the place order[i]. */
static void expect_order(const hg_site *before, size_t count, const size_t *order)
{
    hg_site sites[MOST];
    for (size_t i = 0; i < count; i++)
        sites[i] = before[i];
    hg_cell cell = {.sites = sites, .site_count = count};
    hg_holders_roots_first(&cell);
    for (size_t i = 0; i < count; i++)
        cr_expect(eq(int, (int)sites[order[i]].contexts, (int)before[i].contexts), "site %zu", i);
}

Test(harness_roots_first, put_an_object_before_its_parts)
{
    const hg_site sites[] = {site(HG_CLASS_LEAK, 0, 0, 480), site(HG_CLASS_LEAK, 0, 5, 940),
                             site(HG_CLASS_LEAK, 0, 470, 0), site(HG_CLASS_LEAK, 0, 80, 700),
                             site(HG_CLASS_ONE_TIME, 0, 0, 9)};
    expect_order(sites, 5, (const size_t[]){2, 3, 0, 1, 4});
}

Test(harness_roots_first, leave_what_is_held_or_not_known_where_it_was)
{
    const hg_site sites[] = {site(HG_CLASS_LEAK, 900, 0, 100), site(HG_CLASS_LEAK, 0, 0, 0),
                             site(HG_CLASS_LEAK, 0, 300, 0)};
    expect_order(sites, 3, (const size_t[]){0, 1, 2});
}

Test(harness_roots_first, leave_a_tree_that_is_lost_whole_at_one_site_on_top)
{
    const hg_site sites[] = {site(HG_CLASS_LEAK, 0, 539, 181601), site(HG_CLASS_LEAK, 0, 0, 4000)};
    expect_order(sites, 2, (const size_t[]){0, 1});
}

Test(harness_roots_first, need_no_site)
{
    hg_cell cell = {0};
    hg_holders_roots_first(&cell);
    cr_assert(eq(sz, cell.site_count, 0));
}
