/*
 * Goal: a tag that is kept aside of its block is found by the block alone, however many there are and whoever
 * puts and takes them; and blocks that come and go leave no trace in the table.
 */
#include "probe/aside.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { MANY = 100000, THREADS = 8, TURNS = 200, HELD = 500 };

static const void *block_at(size_t number)
{
    return (const void *)(0x7f0000000000u + number * HG_ASIDE_PAGE);
}

static hg_tag tag_of(size_t number)
{
    return (hg_tag){.context = (uint32_t)number, .epoch = (uint32_t)(number % 256), .requested = number * 3};
}

/* Blocks from the first number on that are not in the table with their own tag. */
static size_t count_wrong(bool (*get)(const void *, hg_tag *), size_t first, size_t count)
{
    size_t wrong = 0;
    for (size_t i = first; i < first + count; i++) {
        hg_tag tag = {0};
        hg_tag expected = tag_of(i);
        wrong += !get(block_at(i), &tag) || memcmp(&tag, &expected, sizeof tag) != 0;
    }
    return wrong;
}

static size_t put_all(size_t first, size_t count)
{
    size_t put = 0;
    for (size_t i = first; i < first + count; i++)
        put += hg_aside_put(block_at(i), tag_of(i));
    return put;
}

static long mapped_pages(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    cr_assert(file && fscanf(file, "%ld", &pages) == 1);
    fclose(file);
    return pages;
}

Test(harness_aside, is_for_blocks_with_a_whole_page)
{
    const char *page = block_at(0);
    cr_assert(hg_aside_has(page, HG_ASIDE_PAGE));
    cr_assert(not(hg_aside_has(page, HG_ASIDE_PAGE - 1)));
    cr_assert(hg_aside_has(page - 16, HG_ASIDE_PAGE + 16));
    cr_assert(not(hg_aside_has(page - 16, HG_ASIDE_PAGE + 15)));
    cr_assert(not(hg_aside_has(page + 16, 2 * HG_ASIDE_PAGE - 17)));
    for (size_t offset = 0; offset < HG_ASIDE_PAGE; offset += 16)
        cr_assert(hg_aside_has(page + offset, HG_ASIDE_BYTES));
}

Test(harness_aside, asks_for_no_more_than_the_program_where_it_will_be_used)
{
    cr_assert(eq(sz, hg_aside_request(HG_ASIDE_BYTES, 1), HG_ASIDE_BYTES));
    cr_assert(eq(sz, hg_aside_request(SIZE_MAX, 1), SIZE_MAX));
    cr_assert(eq(sz, hg_aside_request(HG_ASIDE_PAGE, HG_ASIDE_PAGE), HG_ASIDE_PAGE));
    cr_assert(eq(sz, hg_aside_request(HG_ASIDE_PAGE, 64), HG_ASIDE_PAGE + HG_TAG_BYTES));
    cr_assert(eq(sz, hg_aside_request(HG_ASIDE_BYTES - 1, 1), HG_ASIDE_BYTES - 1 + HG_TAG_BYTES));
}

Test(harness_aside, finds_each_of_many_blocks)
{
    cr_assert(eq(sz, put_all(0, MANY), MANY));
    cr_assert(eq(sz, count_wrong(hg_aside_find, 0, MANY), 0));
    cr_assert(eq(sz, count_wrong(hg_aside_take, 0, MANY), 0));
    cr_assert(eq(sz, count_wrong(hg_aside_find, 0, MANY), MANY));
    cr_assert(eq(sz, count_wrong(hg_aside_take, MANY, 1), 1));
}

Test(harness_aside, needs_no_more_memory_for_blocks_that_come_and_go)
{
    put_all(0, MANY);
    long before = mapped_pages();
    for (size_t i = 0; i < (size_t)20 * MANY; i++) {
        hg_tag tag;
        cr_assert(hg_aside_take(block_at(i), &tag));
        cr_assert(hg_aside_put(block_at(i + MANY), tag_of(i + MANY)));
    }
    cr_assert(eq(long, mapped_pages(), before));
    cr_assert(eq(sz, count_wrong(hg_aside_take, (size_t)20 * MANY, MANY), 0));
}

static void *take_turns(void *number)
{
    size_t first = (size_t)(uintptr_t)number * HELD;
    size_t wrong = 0;
    for (int turn = 0; turn < TURNS; turn++) {
        wrong += put_all(first, HELD) != HELD;
        wrong += count_wrong(hg_aside_find, first, HELD);
        wrong += count_wrong(hg_aside_take, first, HELD);
    }
    return (void *)(uintptr_t)wrong;
}

Test(harness_aside, serves_threads_at_once)
{
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        cr_assert(zero(int, pthread_create(&threads[i], NULL, take_turns, (void *)(uintptr_t)i)));
    for (size_t i = 0; i < THREADS; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        cr_assert(eq(ptr, wrong, NULL));
    }
}

Test(harness_aside, forgets_all_where_it_is_told_to)
{
    put_all(0, MANY);
    hg_aside_reset();
    cr_assert(eq(sz, count_wrong(hg_aside_find, 0, MANY), MANY));
    cr_assert(eq(sz, put_all(0, MANY), MANY));
    cr_assert(eq(sz, count_wrong(hg_aside_take, 0, MANY), 0));
}
