/*
 * Goal: a block's tail tag gives back what was put in, whatever the sizes, and a block without a valid one is
 * refused. Method: tags are written into plain buffers of every size and slack that an allocator could
 * choose.
 */
#include "probe/aside.h"
#include "probe/tag.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

enum { MOST_REQUESTED = 80, MOST_SLACK = 300, BUFFER = MOST_REQUESTED + MOST_SLACK + HG_TAG_BYTES };

static hg_tag_key key;

static void make_key(void)
{
    key = hg_tag_make_key(0x8c2f1d4e55aa0137u, 0x51a7d0c92e83b64fu);
}

TestSuite(harness_tag, .init = make_key);

static const hg_tag sample = {.context = 4711, .epoch = 37, .requested = 40};

/* Writes and reads back one tag at the end of usable bytes; counts a difference. */
static size_t differs_after_round_trip(hg_tag tag, size_t usable)
{
    char buffer[BUFFER];
    hg_tag read = {0};

    memset(buffer, 0x5a, sizeof buffer);
    hg_tag_write(buffer, usable, tag, &key);
    if (!hg_tag_read(buffer, usable, &read, &key))
        return 1;
    return read.context != tag.context || read.epoch != tag.epoch || read.requested != tag.requested;
}

Test(harness_tag, round_trips_for_every_size_and_slack)
{
    size_t tried = 0;
    size_t wrong = 0;
    for (size_t requested = 0; requested <= MOST_REQUESTED; requested++) {
        for (size_t slack = 0; slack <= MOST_SLACK; slack++, tried++) {
            hg_tag tag = {
                .context = (uint32_t)tried, .epoch = (uint32_t)(tried % 256), .requested = requested};
            wrong += differs_after_round_trip(tag, requested + slack + HG_TAG_BYTES);
        }
    }
    cr_assert(eq(sz, wrong, 0));
    cr_assert(eq(sz, tried, (MOST_REQUESTED + 1) * (MOST_SLACK + 1)));
}

Test(harness_tag, can_be_read_with_every_key)
{
    const hg_tag_key first = key;
    size_t wrong = 0;
    for (uint64_t random = 0; random < 1000; random++) {
        key = hg_tag_make_key(random * first.inverse, random * first.factor);
        wrong += differs_after_round_trip(sample, sample.requested + HG_TAG_BYTES);
    }
    cr_assert(eq(sz, wrong, 0));
}

Test(harness_tag, holds_the_largest_context_and_epoch)
{
    hg_tag tag = {
        .context = (1u << HG_TAG_CONTEXT_BITS) - 1, .epoch = (1u << HG_TAG_EPOCH_BITS) - 1, .requested = 9};
    cr_assert(eq(sz, differs_after_round_trip(tag, 9 + HG_TAG_BYTES), 0));
    cr_assert(eq(sz, differs_after_round_trip(tag, 9 + MOST_SLACK + HG_TAG_BYTES), 0));
}

Test(harness_tag, leaves_the_requested_bytes_alone)
{
    for (size_t slack = 0; slack <= MOST_SLACK; slack++) {
        char buffer[BUFFER];
        memset(buffer, 0x5a, sizeof buffer);
        hg_tag_write(buffer, sample.requested + slack + HG_TAG_BYTES, sample, &key);
        for (size_t i = 0; i < sample.requested; i++)
            cr_assert(eq(chr, buffer[i], 0x5a), "byte %zu, slack %zu", i, slack);
        for (size_t i = sample.requested + slack + HG_TAG_BYTES; i < sizeof buffer; i++)
            cr_assert(eq(chr, buffer[i], 0x5a), "byte %zu behind the block, slack %zu", i, slack);
    }
}

Test(harness_tag, survives_writes_to_every_byte_it_calls_usable)
{
    for (size_t slack = 0; slack <= MOST_SLACK; slack++) {
        char buffer[BUFFER] = {0};
        hg_tag read = {0};
        size_t usable = sample.requested + slack + HG_TAG_BYTES;
        hg_tag_write(buffer, usable, sample, &key);
        size_t writable = usable - HG_TAG_BYTES;
        memset(buffer, 0xff, writable);
        cr_assert(hg_tag_read(buffer, usable, &read, &key), "slack %zu", slack);
        cr_assert(eq(sz, read.requested, sample.requested), "slack %zu", slack);
    }
}

Test(harness_tag, is_refused_after_any_single_bit_flips)
{
    char buffer[BUFFER] = {0};
    const size_t usable = sample.requested + 3 + HG_TAG_BYTES;
    hg_tag_write(buffer, usable, sample, &key);
    size_t flipped = 0;
    for (size_t bit = 0; bit < 8 * HG_TAG_BYTES; bit++, flipped++) {
        char *byte = &buffer[usable - HG_TAG_BYTES + bit / 8];
        hg_tag read = {.requested = 1234};
        *byte = (char)(*byte ^ 1 << bit % 8);
        cr_assert(not(hg_tag_read(buffer, usable, &read, &key)), "bit %zu", bit);
        cr_assert(eq(sz, read.requested, 1234), "the output was touched, bit %zu", bit);
        *byte = (char)(*byte ^ 1 << bit % 8);
    }
    hg_tag read;
    cr_assert(hg_tag_read(buffer, usable, &read, &key));
    cr_assert(eq(sz, flipped, 64));
}

Test(harness_tag, refuses_a_requested_size_beyond_the_block)
{
    char buffer[BUFFER] = {0};
    const size_t usable = sample.requested + HG_TAG_BYTES;
    const size_t smaller = usable - 1;
    uint64_t word;
    hg_tag read = {.requested = 1234};
    hg_tag_write(buffer, usable, sample, &key);
    memcpy(&word, buffer + usable - sizeof word, sizeof word);
    memcpy(buffer + smaller - sizeof word, &word, sizeof word);
    cr_assert(not(hg_tag_read(buffer, smaller, &read, &key)));
    cr_assert(eq(sz, read.requested, 1234));
}

Test(harness_tag, holds_the_largest_size_that_is_not_aside)
{
    static char buffer[2 * HG_ASIDE_PAGE + HG_TAG_BYTES];
    for (size_t requested = HG_ASIDE_BYTES - 100; requested < HG_ASIDE_BYTES; requested++) {
        hg_tag read = {0};
        hg_tag tag = {.context = 4711, .epoch = 511, .requested = requested};
        hg_tag_write(buffer, requested + HG_TAG_BYTES, tag, &key);
        cr_assert(hg_tag_read(buffer, requested + HG_TAG_BYTES, &read, &key));
        cr_assert(eq(sz, read.requested, requested));
        cr_assert(eq(u32, read.epoch, 511));
        cr_assert(eq(u32, read.context, 4711));
    }
}

Test(harness_tag, is_refused_at_another_address_or_with_another_key)
{
    char buffer[2 * BUFFER] = {0};
    const size_t usable = sample.requested + HG_TAG_BYTES;
    hg_tag read;
    hg_tag_key other = hg_tag_make_key(~key.mask, key.factor);
    hg_tag_write(buffer, usable, sample, &key);
    memcpy(buffer + 64, buffer, usable);
    cr_assert(hg_tag_read(buffer, usable, &read, &key));
    cr_assert(not(hg_tag_read(buffer + 64, usable, &read, &key)));
    cr_assert(not(hg_tag_read(buffer, usable, &read, &other)));
}

Test(harness_tag, refuses_memory_that_nobody_tagged)
{
    enum { STRANGERS = 100000 };
    uint64_t state = 1;
    size_t accepted = 0;
    hg_tag read;
    for (size_t i = 0; i < STRANGERS; i++) {
        uint64_t block[4];
        for (size_t word = 0; word < 4; word++)
            block[word] = state = state * 6364136223846793005u + 1442695040888963407u;
        accepted += hg_tag_read(block, sizeof block, &read, &key);
    }
    uint64_t zeros[4] = {0};
    accepted += hg_tag_read(zeros, sizeof zeros, &read, &key);
    cr_assert(eq(sz, accepted, 0));
}

Test(harness_tag, refuses_a_block_too_small_for_a_tag)
{
    char block[HG_TAG_BYTES] = {0};
    hg_tag read;
    for (size_t usable = 0; usable < HG_TAG_BYTES; usable++)
        cr_assert(not(hg_tag_read(block, usable, &read, &key)), "usable %zu", usable);
}

Test(harness_tag, is_gone_once_wiped)
{
    for (size_t slack = 0; slack <= MOST_SLACK; slack++) {
        char buffer[BUFFER] = {0};
        hg_tag read;
        size_t usable = sample.requested + slack + HG_TAG_BYTES;
        hg_tag_write(buffer, usable, sample, &key);
        hg_tag_wipe(buffer, usable);
        cr_assert(not(hg_tag_read(buffer, usable, &read, &key)), "slack %zu", slack);
    }
}
