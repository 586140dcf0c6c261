/*
 * Goal: a process that counts late, in an epoch that was closed meanwhile, loses nothing and misses nothing.
 *
 * The counts are written here as a probe would: in each epoch one block of context LEAKS, and the control's.
 */
#include "watch/watched.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CONTROL = 1, LEAKS = 2, BLOCK = 40, SHARD = 1 };

static hg_watched watched;

static void begin(void)
{
    hg_record record;
    int record_fd;
    cr_assert(eq(int, hg_record_create(HG_MAX_EPOCHS, &record, &record_fd), 0));
    record.header->control_context = CONTROL;
    atomic_store(&record.header->contexts, LEAKS + 1);
    atomic_store(&record.header->shards[0], SHARD + 1);
    atomic_store(&record.header->owner, getpid());
    cr_assert(eq(int, hg_watched_start(getpid(), -1, &record, record_fd, &watched), 0));
    cr_assert(hg_watched_attached(&watched));
}

static void count(uint32_t epoch, uint32_t context, uint64_t bytes)
{
    hg_record_shard *shard = hg_record_shard_at(&watched.record, 0, SHARD);
    hg_record_tally *tally = &shard->tallies[(size_t)epoch * hg_shard_contexts(0) + context];
    atomic_store(&shard->in_use[epoch], 1);
    atomic_fetch_add(&tally->allocated_blocks, 1);
    atomic_fetch_add(&tally->allocated_bytes, bytes);
}

static void work_in(uint32_t epoch)
{
    count(epoch, LEAKS, BLOCK);
    count(epoch, CONTROL, HG_CONTROL_BYTES);
}

static void advance_an_epoch(void)
{
    hg_watched_advance(&watched, hg_rounds_next_length(&watched.rounds));
}

/* The control of every round but the last, which is young, is as it ought to be at the last checkpoint. */
static void expect_whole_control(void)
{
    hg_record made;
    cr_assert(hg_rounds_as_record(&watched.rounds, &watched.record, &made));
    uint32_t last = made.epochs - 1;
    const hg_record_live *at_last = hg_record_live_of(&made, CONTROL) + (size_t)last * made.epochs;
    for (uint32_t birth = 0; birth < last; birth++)
        cr_assert(eq(i64, at_last[birth].bytes, HG_CONTROL_BYTES), "round %u of %u", birth, made.epochs);
    hg_rounds_release(&made);
}

/* Works through so many epochs, and comes late to every second one. */
static void work_late(uint32_t epochs)
{
    begin();
    for (uint32_t epoch = 0; epoch < epochs; epoch++) {
        bool is_late = epoch % 2 == 1;
        if (!is_late)
            work_in(epoch);
        advance_an_epoch();
        cr_assert(eq(u32, watched.noted, epoch + 1));
        if (is_late)
            work_in(epoch);
    }
    expect_whole_control();
    hg_watched_free(&watched);
}

Test(exec_watched, a_control_made_after_its_epoch_was_closed_is_found_and_expected)
{
    work_late(HG_WATCHED_ROUNDS);
}

Test(exec_watched, so_it_is_where_rounds_are_several_epochs)
{
    work_late(3 * HG_WATCHED_ROUNDS + 5);
}

Test(exec_watched, a_control_that_is_never_made_is_missed)
{
    hg_record made;
    begin();
    for (uint32_t epoch = 0; epoch < HG_WATCHED_ROUNDS; epoch++) {
        count(epoch, LEAKS, BLOCK);
        advance_an_epoch();
    }
    cr_assert(hg_rounds_as_record(&watched.rounds, &watched.record, &made));
    const hg_record_live *live = hg_record_live_of(&made, CONTROL);
    for (uint32_t i = 0; i < made.epochs * made.epochs; i++)
        cr_assert(eq(i64, live[i].bytes, 0));
    hg_rounds_release(&made);
    hg_watched_free(&watched);
}

Test(exec_watched, where_nothing_is_ever_allocated_no_control_is_missed)
{
    begin();
    for (uint32_t epoch = 0; epoch < HG_WATCHED_ROUNDS; epoch++)
        advance_an_epoch();
    expect_whole_control();
    hg_record made;
    cr_assert(hg_rounds_as_record(&watched.rounds, &watched.record, &made));
    cr_assert(lt(u32, CONTROL, hg_record_contexts(&made)), "nobody looks for it");
    hg_rounds_release(&made);
    hg_watched_free(&watched);
}

static void count_freed(uint32_t epoch, uint32_t context, uint64_t bytes)
{
    hg_record_shard *shard = hg_record_shard_at(&watched.record, 0, SHARD);
    hg_record_tally *tally = &shard->tallies[(size_t)epoch * hg_shard_contexts(0) + context];
    atomic_fetch_add(&tally->freed_blocks, 1);
    atomic_fetch_add(&tally->freed_bytes, bytes);
}

Test(exec_watched, a_block_that_is_reallocated_while_it_is_looked_at_is_there_at_each_checkpoint)
{
    begin();
    work_in(0);
    for (uint32_t epoch = 0; epoch < 2 * HG_WATCHED_ROUNDS; epoch++) {
        /* After the epoch was closed, and before its counters are read. */
        count(epoch + 1, LEAKS, BLOCK);
        count(epoch + 1, CONTROL, HG_CONTROL_BYTES);
        count_freed(epoch, LEAKS, BLOCK);
        advance_an_epoch();
        cr_assert(eq(i64, watched.rounds.alive[watched.rounds.count - 1].block_bytes, BLOCK), "epoch %u",
                  epoch);
    }
    expect_whole_control();
    hg_watched_free(&watched);
}

Test(exec_watched, exit_ends_the_measurement_unless_the_process_goes_on)
{
    begin();
    work_in(0);
    advance_an_epoch();
    atomic_store(&watched.record.header->exiting, 1);
    watched.attached_ns -= INT64_C(1000000000000);
    work_in(1);
    advance_an_epoch();
    cr_assert(eq(u32, watched.noted, 1), "what exit handlers do was measured");
    watched.exiting_ns -= INT64_C(600000000000);
    advance_an_epoch();
    cr_assert(eq(u32, watched.noted, 2), "a process that did not end was measured no more");
    hg_watched_free(&watched);
}

static int64_t pages_of_record(void)
{
    struct stat file;
    cr_assert(eq(int, fstat(watched.record_fd, &file), 0));
    return file.st_blocks * 512 / 4096;
}

Test(exec_watched, a_checkpoint_makes_no_pages_of_counters_that_nobody_uses)
{
    enum { EPOCHS = 20, CONTEXTS = 4096 };
    begin();
    atomic_store(&watched.record.header->contexts, CONTEXTS);
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        work_in(epoch);
        int64_t before = pages_of_record();
        advance_an_epoch();
        /* The first looks at what says which rows are in use. */
        if (epoch > 0)
            cr_assert(le(i64, pages_of_record(), before), "epoch %u", epoch);
    }
    hg_watched_free(&watched);
}

/* Bytes of a context that are alive at the last checkpoint, by the epoch of their birth. */
static int64_t alive_of(const hg_record *made, uint32_t context, uint32_t birth)
{
    return hg_record_live_of(made, context)[(size_t)(made->epochs - 1) * made->epochs + birth].bytes;
}

Test(exec_watched, what_changed_is_found_wherever_it_is_and_what_did_not_stays)
{
    enum { FAR = 4000, OTHER = 200, EPOCHS = 8 };
    hg_record made;
    begin();
    atomic_store(&watched.record.header->contexts, FAR + 1);
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        work_in(epoch);
        if (epoch == 1)
            count(epoch, FAR, 500);
        if (epoch == 2)
            count(epoch, OTHER, 70);
        if (epoch == 5) { /* what was born in epoch 1 is freed */
            hg_record_shard *shard = hg_record_shard_at(&watched.record, 0, SHARD);
            hg_record_tally *tally = &shard->tallies[(size_t)1 * hg_shard_contexts(0) + FAR];
            atomic_fetch_add(&tally->freed_blocks, 1);
            atomic_fetch_add(&tally->freed_bytes, 500);
        }
        advance_an_epoch();
        int64_t all =
            (int64_t)(epoch + 1) * BLOCK + (epoch >= 1 && epoch < 5 ? 500 : 0) + (epoch >= 2 ? 70 : 0);
        cr_assert(eq(i64, watched.rounds.alive[epoch].block_bytes, all), "epoch %u", epoch);
    }
    cr_assert(hg_rounds_as_record(&watched.rounds, &watched.record, &made));
    cr_assert(eq(i64, alive_of(&made, FAR, 1), 0));
    cr_assert(eq(i64, alive_of(&made, OTHER, 2), 70));
    for (uint32_t birth = 0; birth < EPOCHS; birth++)
        cr_assert(eq(i64, alive_of(&made, LEAKS, birth), BLOCK));
    hg_rounds_release(&made);
    hg_watched_free(&watched);
}

static void count_many(uint32_t epoch, uint32_t context, uint64_t blocks)
{
    hg_record_shard *shard = hg_record_shard_at(&watched.record, 0, SHARD);
    hg_record_tally *tally = &shard->tallies[(size_t)epoch * hg_shard_contexts(0) + context];
    atomic_store(&shard->in_use[epoch], 1);
    atomic_fetch_add(&tally->allocated_blocks, blocks);
    atomic_fetch_add(&tally->allocated_bytes, blocks * BLOCK);
}

Test(exec_watched, a_block_that_was_followed_for_others_counts_for_them)
{
    enum { EPOCHS = 12, EXACT = 5, ONE_IN = 16, FOLLOWED = 10, MAPS = 3, MAPPED = 7 };
    hg_record made;
    begin();
    atomic_store(&watched.record.header->contexts, MAPS + 1);
    atomic_store(&watched.record.contexts[MAPS].flags, HG_CONTEXT_MAPPING);
    for (uint32_t epoch = EXACT; epoch < HG_MAX_EPOCHS; epoch++)
        atomic_store(&watched.record.header->one_in[epoch], ONE_IN);
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        count_many(epoch, LEAKS, epoch < EXACT ? FOLLOWED * ONE_IN : FOLLOWED);
        count_many(epoch, MAPS, MAPPED);
        count(epoch, CONTROL, HG_CONTROL_BYTES);
        advance_an_epoch();
        const hg_rounds_alive *alive = &watched.rounds.alive[watched.rounds.count - 1];
        cr_assert(eq(i64, alive->block_bytes, (int64_t)(epoch + 1) * FOLLOWED * ONE_IN * BLOCK), "epoch %u",
                  epoch);
        cr_assert(eq(i64, alive->mapped_bytes, (int64_t)(epoch + 1) * MAPPED * BLOCK), "epoch %u", epoch);
    }
    cr_assert(eq(i64, watched.allocations, (int64_t)EPOCHS * (FOLLOWED * ONE_IN + MAPPED + 1)));
    cr_assert(hg_rounds_as_record(&watched.rounds, &watched.record, &made));
    cr_assert(eq(u32, hg_record_one_in(&made, 0), ONE_IN));
    for (uint32_t birth = 0; birth < EPOCHS; birth++) {
        cr_assert(eq(i64, alive_of(&made, LEAKS, birth), (int64_t)FOLLOWED * BLOCK), "birth %u", birth);
        cr_assert(eq(i64, alive_of(&made, MAPS, birth), (int64_t)MAPPED * BLOCK), "birth %u", birth);
    }
    hg_rounds_release(&made);
    expect_whole_control();
    hg_watched_free(&watched);
}

Test(exec_watched, what_was_counted_whole_is_thinned_evenly_and_only_ever_less)
{
    enum { EPOCHS = 16, ONE_IN = 16, PATHS = 600, EACH = 5 };
    hg_record made;
    int64_t before = 0, all = 0;
    begin();
    atomic_store(&watched.record.header->contexts, LEAKS + PATHS);
    for (uint32_t epoch = 1; epoch < HG_MAX_EPOCHS; epoch++)
        atomic_store(&watched.record.header->one_in[epoch], ONE_IN);
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        for (uint32_t path = LEAKS; path < LEAKS + PATHS; path++) {
            if (epoch == 0)
                count_many(0, path, EACH);
            else if (epoch <= EACH)
                count_freed(0, path, BLOCK);
        }
        advance_an_epoch();
    }
    cr_assert(hg_rounds_as_record(&watched.rounds, &watched.record, &made));
    for (uint32_t checkpoint = 0; checkpoint < EPOCHS; checkpoint++, before = all) {
        all = 0;
        for (uint32_t path = LEAKS; path < LEAKS + PATHS; path++)
            all += hg_record_live_of(&made, path)[(size_t)checkpoint * made.epochs].blocks;
        double expected = (double)PATHS * (checkpoint < EACH ? EACH - checkpoint : 0) / ONE_IN;
        cr_assert(epsilon_eq(dbl, (double)all, expected, 40), "checkpoint %u", checkpoint);
        cr_assert(checkpoint == 0 || all <= before, "checkpoint %u", checkpoint);
    }
    hg_rounds_release(&made);
    hg_watched_free(&watched);
}

static void work_for_a_look(void)
{
    clock_t begun = clock();
    while (clock() - begun < CLOCKS_PER_SEC / 25)
        continue;
    watched.budget_due = 0;
}

Test(exec_watched, a_process_over_its_budget_is_followed_less_in_the_same_round)
{
    begin();
    watched.budget = hg_budget_make(0.02, 20);
    work_in(0);
    advance_an_epoch();
    for (uint32_t i = 0; i < 2; i++) {
        count_many(1, LEAKS, 10000000);
        work_for_a_look();
        hg_watched_keep_to_budget(&watched);
        cr_assert(eq(u32, watched.noted, 1 + i), "a process that cannot follow some was asked to");
        atomic_store(&watched.record.header->can_follow_some, 1);
    }
    cr_assert(eq(u32, hg_record_one_in(&watched.record, 1), 1));
    cr_assert(lt(u32, 1, hg_record_one_in(&watched.record, 2)));
    cr_assert(eq(u32, watched.rounds.count, 1));
    work_in(2);
    count(1, CONTROL, HG_CONTROL_BYTES);
    advance_an_epoch();
    cr_assert(eq(u32, watched.noted, 3));
    cr_assert(eq(u32, watched.rounds.count, 2));
    cr_assert(not(watched.damaged));
    expect_whole_control();
    int64_t one_in = hg_record_one_in(&watched.record, 2);
    cr_assert(eq(i64, watched.rounds.alive[1].block_bytes, (int64_t)BLOCK * (1 + 20000000 + one_in)));
    hg_watched_free(&watched);
}
