/*
 * Goal: rounds are kept in fixed space without losing a block.
 *
 * The records here are written as a probe would: context 1 is the control, context 2 keeps LOST blocks of
 * each round as asked for, context 3 keeps those of the last epoch only.
 */
#include "watch/rounds.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONTROL = 1, LEAKS = 2, BOUNDED = 3, LOST = 5, BLOCK = 10 };

typedef struct fixture {
    hg_record record;
    int record_fd;
    hg_rounds rounds;
    uint64_t lengths[HG_ROW_EPOCHS]; /* of the epochs */
    uint32_t epochs;
    int64_t asked, controls;
    uint32_t lost_control; /* the epoch whose control is not found; 0: none */
} fixture;

static void begin(fixture *made)
{
    *made = (fixture){0};
    cr_assert(eq(int, hg_record_create(HG_ROW_EPOCHS, &made->record, &made->record_fd), 0));
    cr_assert(hg_rounds_init(&made->rounds));
    made->record.header->control_context = CONTROL;
    atomic_store(&made->record.header->contexts, BOUNDED + 1);
    for (uint32_t context = CONTROL; context <= BOUNDED; context++)
        made->record.contexts[context].flags = HG_CONTEXT_LIVE;
}

static void end(fixture *made)
{
    hg_rounds_free(&made->rounds);
    hg_record_close(&made->record);
    close(made->record_fd);
}

/* Closes one epoch, as long as the rounds want it. */
static void close_epoch(fixture *made, bool allocates)
{
    uint32_t now = made->epochs++;
    made->lengths[now] = hg_rounds_next_length(&made->rounds);
    made->asked += (int64_t)made->lengths[now];
    made->controls += allocates;
    hg_record_live *control = hg_record_live_row(&made->record, CONTROL, now);
    if (now > 0)
        memcpy(control, hg_record_live_row(&made->record, CONTROL, now - 1), now * sizeof *control);
    bool found = allocates && (now == 0 || now != made->lost_control);
    control[now] = found ? (hg_record_live){1, HG_CONTROL_BYTES} : (hg_record_live){0};
    for (uint32_t birth = 0; birth <= now; birth++) {
        int64_t lost = LOST * (int64_t)made->lengths[birth];
        hg_record_live_row(&made->record, LEAKS, now)[birth] = (hg_record_live){lost, lost * BLOCK};
    }
    hg_record_live_row(&made->record, BOUNDED, now)[now] = (hg_record_live){7, 70};
    hg_record_sample sample = {
        .ops = made->asked, .wall_ns = (int64_t)made->lengths[now], .control_blocks = made->controls};
    hg_rounds_open(&made->rounds, now, &sample);
    hg_rounds_add(&made->rounds, &made->record, now);
}

static void close_epochs(fixture *made, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        close_epoch(made, true);
}

static hg_record as_record(const fixture *made)
{
    hg_record result;
    cr_assert(hg_rounds_as_record(&made->rounds, &made->record, &result));
    cr_assert(eq(u32, result.header->epochs, made->rounds.count));
    return result;
}

static hg_record_live counted(const hg_record *made, uint32_t context, uint32_t checkpoint, uint32_t birth)
{
    return hg_record_live_of(made, context)[(size_t)checkpoint * made->epochs + birth];
}

static void expect_whole(const hg_record *made, uint64_t length)
{
    for (uint32_t checkpoint = 0; checkpoint < made->epochs; checkpoint++)
        for (uint32_t birth = 0; birth < made->epochs; birth++) {
            int64_t lost = birth <= checkpoint ? LOST * (int64_t)length : 0;
            hg_record_live leak = counted(made, LEAKS, checkpoint, birth);
            hg_record_live bounded = counted(made, BOUNDED, checkpoint, birth);
            hg_record_live control = counted(made, CONTROL, checkpoint, birth);
            cr_assert(eq(i64, leak.blocks, lost), "checkpoint %u, birth %u", checkpoint, birth);
            cr_assert(eq(i64, leak.bytes, lost * BLOCK));
            cr_assert(eq(i64, bounded.blocks, birth == checkpoint ? 7 : 0), "checkpoint %u, birth %u",
                      checkpoint, birth);
            cr_assert(eq(i64, control.bytes, birth <= checkpoint ? HG_CONTROL_BYTES : 0));
        }
}

Test(exec_rounds, the_first_rounds_are_kept_as_they_are)
{
    fixture made;
    begin(&made);
    close_epochs(&made, 10);
    hg_record result = as_record(&made);
    cr_assert(eq(u32, result.epochs, 10));
    expect_whole(&result, 1);
    hg_rounds_release(&result);
    end(&made);
}

Test(exec_rounds, joined_rounds_are_of_equal_length_and_have_every_block)
{
    fixture made;
    begin(&made);
    for (uint32_t epochs = 1; epochs <= HG_ROW_EPOCHS; epochs++) {
        close_epochs(&made, 1);
        cr_assert(le(u32, made.rounds.count, HG_WATCHED_ROUNDS));
        cr_assert(eq(i64, made.asked, (int64_t)(made.rounds.count * made.rounds.length)), "after %u epochs",
                  epochs);
        if (epochs % 25 != 0 && epochs != HG_ROW_EPOCHS)
            continue;
        hg_record result = as_record(&made);
        expect_whole(&result, made.rounds.length);
        for (uint32_t i = 0; i < result.epochs; i++) {
            cr_assert(eq(i64, result.samples[i].ops, (int64_t)((i + 1) * made.rounds.length)));
            cr_assert(eq(i64, result.samples[i].wall_ns, (int64_t)made.rounds.length));
            cr_assert(eq(i64, result.samples[i].control_bytes, (i + 1) * (int64_t)HG_CONTROL_BYTES));
        }
        hg_rounds_release(&result);
    }
    cr_assert(ge(i64, made.asked, INT64_C(1) << 18), "the record of 256 epochs ended after %ld rounds",
              (long)made.asked);
    end(&made);
}

Test(exec_rounds, the_last_round_can_be_taken_back)
{
    fixture made;
    begin(&made);
    hg_rounds_drop_last(&made.rounds);
    cr_assert(eq(u32, made.rounds.count, 0));
    close_epochs(&made, HG_WATCHED_ROUNDS);
    hg_rounds_drop_last(&made.rounds);
    hg_record result = as_record(&made);
    cr_assert(eq(u32, result.epochs, HG_WATCHED_ROUNDS - 1));
    expect_whole(&result, 1);
    hg_rounds_release(&result);
    end(&made);
}

Test(exec_rounds, after_a_restart_only_what_is_born_later_counts)
{
    fixture made;
    begin(&made);
    close_epochs(&made, 40);
    hg_rounds_restart(&made.rounds, made.epochs, made.controls);
    cr_assert(eq(u32, made.rounds.count, 0));
    uint64_t length = made.rounds.length;
    close_epochs(&made, 8);
    hg_record result = as_record(&made);
    cr_assert(eq(u32, result.epochs, 8));
    expect_whole(&result, length);
    hg_rounds_release(&result);
    end(&made);
}

Test(exec_rounds, a_control_block_that_is_not_found_is_missing_and_a_round_without_allocation_misses_none)
{
    fixture made;
    begin(&made);
    for (int i = 0; i < 12; i++)
        close_epoch(&made, i % 3 != 0);
    hg_record result = as_record(&made);
    expect_whole(&result, 1);
    hg_rounds_release(&result);
    end(&made);
    begin(&made);
    made.lost_control = 4;
    for (int i = 0; i < 12; i++)
        close_epoch(&made, true);
    result = as_record(&made);
    cr_assert(eq(i64, counted(&result, CONTROL, 11, 4).bytes, 0));
    cr_assert(eq(i64, counted(&result, CONTROL, 11, 5).bytes, HG_CONTROL_BYTES));
    hg_rounds_release(&result);
    end(&made);
}

/* Changes of so many contexts. */
static size_t changes_of(const fixture *made, uint32_t first, uint32_t count)
{
    size_t changes = 0;
    for (uint32_t context = first; context < first + count; context++)
        changes += made->rounds.changes[context].room;
    return changes;
}

Test(exec_rounds, a_program_that_leaks_through_ever_new_call_paths_costs_a_few_changes_a_path)
{
    enum { FIRST = BOUNDED + 1, PATHS = HG_ROW_EPOCHS };
    fixture made;
    begin(&made);
    for (uint32_t i = 0; i < PATHS; i++) {
        uint32_t path = FIRST + i;
        atomic_store(&made.record.header->contexts, path + 1);
        made.record.contexts[path].flags = HG_CONTEXT_LIVE;
        for (uint32_t epoch = i; epoch < PATHS; epoch++)
            hg_record_live_row(&made.record, path, epoch)[i] = (hg_record_live){3, 33};
        close_epochs(&made, 1);
    }
    cr_assert(le(sz, changes_of(&made, FIRST, PATHS), (size_t)2 * PATHS));
    hg_record result = as_record(&made);
    for (uint32_t i = 0; i < PATHS; i++) {
        hg_record_live last = {0};
        for (uint32_t birth = 0; birth < result.epochs; birth++)
            last.blocks += counted(&result, FIRST + i, result.epochs - 1, birth).blocks;
        cr_assert(eq(i64, last.blocks, 3), "path %u", i);
    }
    hg_rounds_release(&result);
    end(&made);
}

Test(exec_rounds, where_nothing_was_ever_allocated_no_control_is_missed)
{
    fixture made;
    begin(&made);
    made.record.contexts[CONTROL].flags = 0;
    for (int i = 0; i < 12; i++)
        close_epoch(&made, false);
    hg_record result = as_record(&made);
    expect_whole(&result, 1);
    hg_rounds_release(&result);
    end(&made);
}

Test(exec_rounds, the_last_two_are_taken_back_where_memory_falls_as_a_script_ends)
{
    enum { ROUNDS = 10 };
    fixture made;
    begin(&made);
    close_epochs(&made, ROUNDS);
    hg_rounds_drop_falls(&made.rounds);
    cr_assert(eq(u32, made.rounds.count, ROUNDS), "it rises");
    made.rounds.alive[ROUNDS - 1].block_bytes = made.rounds.alive[ROUNDS - 2].block_bytes - 1;
    hg_rounds_drop_falls(&made.rounds);
    cr_assert(eq(u32, made.rounds.count, ROUNDS - 1));
    for (int i = 2; i < 6; i++)
        made.rounds.alive[ROUNDS - i].block_bytes = i;
    hg_rounds_drop_falls(&made.rounds);
    cr_assert(eq(u32, made.rounds.count, ROUNDS - 3), "no more than two");
    end(&made);
}
