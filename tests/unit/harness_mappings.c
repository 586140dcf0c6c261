/*
 * Goal: the table of mappings agrees with a map of pages, whatever is mapped and unmapped, and in whichever
 * order; and what it counts agrees with what it holds.
 */
#include "probe/mappings.h"

#include "probe/locks.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, PAGES = 512, STEPS = 20000 };

static int64_t counted_blocks, counted_bytes;

static void count(const hg_mapping *mapping, int64_t blocks, int64_t bytes)
{
    cr_assert(mapping->context < PAGES);
    counted_blocks += blocks;
    counted_bytes += bytes;
}

/* Which mapping, from 1, each page belongs to; 0: none. */
static uint32_t owners[PAGES];

static bool is_free(size_t page, size_t pages)
{
    for (size_t i = page; i < page + pages; i++)
        if (owners[i] != 0)
            return false;
    return true;
}

static void expect_table(void)
{
    size_t known = 0;
    size_t page = 0;
    int64_t bytes = 0;
    const hg_mapping *all = hg_mappings_all(&known);
    for (size_t i = 0; i < known; i++) {
        while (page < PAGES && owners[page] == 0)
            page++;
        cr_assert(eq(sz, all[i].begin, page * PAGE));
        cr_assert(eq(u32, all[i].context + 1, owners[page]));
        for (; page < all[i].end / PAGE; page++)
            cr_assert(eq(u32, owners[page], all[i].context + 1));
        bytes += (int64_t)(all[i].end - all[i].begin);
    }
    cr_assert(is_free(page, PAGES - page));
    cr_assert(eq(i64, counted_blocks, (int64_t)known));
    cr_assert(eq(i64, counted_bytes, bytes));
}

static void step(uint32_t number)
{
    size_t page = (size_t)rand() % PAGES;
    size_t pages = 1 + (size_t)rand() % 8;
    pages = pages > PAGES - page ? PAGES - page : pages;
    bool known = owners[page] != 0;
    cr_assert(eq(int, hg_mappings_knows(page * PAGE + 1), known));
    if (is_free(page, pages)) {
        const hg_mapping mapping = {
            .begin = page * PAGE, .end = (page + pages) * PAGE, .context = number % PAGES};
        cr_assert(hg_mappings_add(&mapping));
        for (size_t i = page; i < page + pages; i++)
            owners[i] = mapping.context + 1;
    } else {
        cr_assert(hg_mappings_remove(page * PAGE, (page + pages) * PAGE));
        memset(owners + page, 0, pages * sizeof *owners);
    }
}

Test(harness_mappings, agree_with_a_map_of_pages)
{
    srand(1);
    cr_assert(hg_mappings_start(count));
    hg_lock_take(HG_LOCK_MAPPINGS);
    for (uint32_t i = 0; i < STEPS; i++) {
        step(i);
        if (i % 64 == 0)
            expect_table();
    }
    expect_table();
    hg_mappings_reset();
    size_t known;
    hg_mappings_all(&known);
    cr_assert(eq(sz, known, 0));
    hg_lock_give_back(HG_LOCK_MAPPINGS);
}

static void expect_counted(int64_t blocks, int64_t pages)
{
    cr_assert(eq(i64, counted_blocks, blocks));
    cr_assert(eq(i64, counted_bytes, pages * PAGE));
}

Test(harness_mappings, in_a_reservation_count_while_they_are_usable)
{
    counted_blocks = counted_bytes = 0;
    cr_assert(hg_mappings_start(count));
    hg_lock_take(HG_LOCK_MAPPINGS);
    cr_assert(hg_mappings_reserve(10 * PAGE, 20 * PAGE));
    cr_assert(hg_mappings_reserve(30 * PAGE, 40 * PAGE));
    cr_assert(hg_mappings_add(&(hg_mapping){.begin = 12 * PAGE, .end = 14 * PAGE}));
    /* What is usable already stays what it is, and what is not reserved is nobody's. */
    cr_assert(hg_mappings_commit(&(hg_mapping){.begin = 0, .end = 35 * PAGE, .context = 1}));
    expect_counted(4, 15);
    hg_mappings_decommit(13 * PAGE, 32 * PAGE);
    expect_counted(3, 6);
    hg_mappings_end_reservation(11 * PAGE, 34 * PAGE);
    hg_mappings_decommit(0, 50 * PAGE);
    expect_counted(3, 4); /* nothing is reserved there any more */
    cr_assert(hg_mappings_commit(&(hg_mapping){.begin = 0, .end = 50 * PAGE, .context = 2}));
    expect_counted(5, 11);
    hg_mappings_reset();
    cr_assert(hg_mappings_any_reserved());
    hg_lock_give_back(HG_LOCK_MAPPINGS);
}

/* More than there is room for at first, downwards as the kernel places them. */
Test(harness_mappings, are_as_many_as_the_program_makes)
{
    enum { MANY = 200000 };
    counted_blocks = counted_bytes = 0;
    cr_assert(hg_mappings_start(count));
    hg_lock_take(HG_LOCK_MAPPINGS);
    for (size_t i = MANY; i > 0; i--) {
        const hg_mapping mapping = {.begin = 2 * i * PAGE, .end = (2 * i + 1) * PAGE};
        cr_assert(hg_mappings_add(&mapping));
    }
    size_t known;
    const hg_mapping *all = hg_mappings_all(&known);
    cr_assert(eq(sz, known, MANY));
    for (size_t i = 0; i < MANY; i++)
        cr_assert(eq(sz, all[i].begin, 2 * (i + 1) * PAGE));
    cr_assert(hg_mappings_remove(0, 2 * (MANY + 1) * PAGE));
    cr_assert(eq(i64, counted_blocks, 0));
    cr_assert(eq(i64, counted_bytes, 0));
    hg_lock_give_back(HG_LOCK_MAPPINGS);
}
