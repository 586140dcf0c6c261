/*
 * Goal: checkpoints that write rows of the changed contexts alone tell the rounds the same as full ones.
 * Method: two records count the same random program, one of them with HG_MODE_CHANGES, and the rounds of both
 * are compared. In its middle the program is replaced by another, whose counters begin at 0.
 */
#include "record/checkpoint.h"
#include "watch/rounds.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONTEXTS = 300, LIVELY = 12, EPOCHS = 100, LAG = 7, REPLACED = 41, MAPS = 5, OPENS = 6 };

typedef struct fixture {
    hg_record record;
    int record_fd;
    hg_rounds rounds;
    uint32_t noted;
} fixture;

static void begin(fixture *made, uint32_t mode)
{
    *made = (fixture){0};
    cr_assert(eq(int, hg_record_create(HG_ROW_EPOCHS, &made->record, &made->record_fd), 0));
    cr_assert(hg_rounds_init(&made->rounds));
    made->record.header->mode = mode;
    made->record.header->control_context = 1;
    made->record.contexts[MAPS].flags = HG_CONTEXT_MAPPING;
    made->record.contexts[OPENS].flags = HG_CONTEXT_DESCRIPTOR;
    atomic_store(&made->record.header->contexts, CONTEXTS / 2);
}

static void end(fixture *made)
{
    hg_rounds_free(&made->rounds);
    hg_record_close(&made->record);
    close(made->record_fd);
}

static hg_record_tally *tally_at(const fixture *made, uint32_t context, uint32_t birth)
{
    hg_record_shard *shard = hg_record_shard_at(&made->record, 0, 0);
    atomic_store(&shard->in_use[birth], 1);
    return &shard->tallies[(size_t)birth * hg_shard_contexts(0) + context];
}

/* One block comes; if `frees`, one born in that epoch goes, if there is one. */
static void use(const fixture *made, uint32_t context, uint32_t now, bool frees, uint32_t birth)
{
    hg_record_tally *tally = tally_at(made, context, now);
    tally->allocated_blocks++;
    tally->allocated_bytes += context + 1;
    tally = tally_at(made, context, birth);
    if (!frees || tally->freed_blocks == tally->allocated_blocks)
        return;
    tally->freed_blocks++;
    tally->freed_bytes += context + 1;
}

/* Most of what is there at first stays as it is. */
static void run_epoch(fixture *both, uint32_t now)
{
    uint32_t used = now == 0 || now == REPLACED + 3 ? CONTEXTS / 2 : LIVELY;
    for (uint32_t i = 0; i < used; i++) {
        uint32_t context = used == LIVELY ? (uint32_t)rand() % (CONTEXTS / 2 + now) : i;
        bool frees = rand() % 2 == 0;
        uint32_t birth = (uint32_t)rand() % (now + 1);
        for (int k = 0; k < 2; k++) {
            atomic_store(&both[k].record.header->contexts, CONTEXTS / 2 + now);
            use(&both[k], context, now, frees, birth);
        }
    }
    for (int k = 0; k < 2; k++)
        hg_checkpoint_take(&both[k].record);
}

/* As when a process calls exec: its counters are zero, its contexts stay. */
static void replace(const fixture *made)
{
    const hg_record_header *header = made->record.header;
    cr_assert(eq(int,
                 fallocate(made->record_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                           (off_t)header->shards_at[0], (off_t)header->shard_bytes[0]),
                 0));
}

static void follow(fixture *made, uint32_t closed)
{
    for (; made->noted < closed; made->noted++) {
        hg_record_sample sample = {.ops = made->noted};
        if (made->noted == REPLACED)
            hg_rounds_restart(&made->rounds, REPLACED + 1, 0);
        else
            hg_rounds_open(&made->rounds, made->noted, &sample);
        hg_rounds_add(&made->rounds, &made->record, made->noted);
    }
}

static int64_t blocks_of(const fixture *made)
{
    struct stat is;
    cr_assert(eq(int, fstat(made->record_fd, &is), 0));
    return is.st_blocks;
}

static void compare(const fixture *both)
{
    hg_record made[2];
    size_t alive = 0;
    for (int k = 0; k < 2; k++)
        cr_assert(hg_rounds_as_record(&both[k].rounds, &both[k].record, &made[k]));
    cr_assert(eq(u32, made[0].epochs, made[1].epochs));
    size_t cells = (size_t)made[0].epochs * made[0].epochs;
    for (uint32_t context = 0; context < CONTEXTS / 2 + EPOCHS - 1; context++) {
        const hg_record_live *full = hg_record_live_of(&made[0], context);
        const hg_record_live *some = hg_record_live_of(&made[1], context);
        cr_assert(eq(int, memcmp(full, some, cells * sizeof *full), 0), "context %u", context);
        for (size_t i = 0; i < cells; i++)
            alive += full[i].blocks > 0;
    }
    cr_assert(lt(sz, (size_t)1000, alive));
    for (uint32_t round = 0; round < made[0].epochs; round++) {
        const hg_rounds_alive *full = &both[0].rounds.alive[round];
        const hg_rounds_alive *some = &both[1].rounds.alive[round];
        cr_assert(lt(i64, 0, full->block_bytes));
        cr_assert(eq(i64, full->block_bytes, some->block_bytes), "round %u", round);
        cr_assert(eq(i64, full->mapped_bytes, some->mapped_bytes), "round %u", round);
    }
    for (int k = 0; k < 2; k++)
        hg_rounds_release(&made[k]);
}

Test(exec_changes, rows_of_what_changed_tell_the_same_as_all_rows)
{
    fixture both[2];
    begin(&both[0], 0);
    begin(&both[1], HG_MODE_CHANGES);
    srand(1);
    for (uint32_t now = 0; now < EPOCHS; now++) {
        run_epoch(both, now);
        for (int k = 0; k < 2 && (now % LAG == 0 || now == REPLACED); k++)
            follow(&both[k], now + 1);
        if (now + 1 == REPLACED)
            for (int k = 0; k < 2; k++)
                replace(&both[k]);
    }
    for (int k = 0; k < 2; k++)
        follow(&both[k], EPOCHS);
    compare(both);
    cr_assert(lt(i64, 4 * blocks_of(&both[1]), blocks_of(&both[0])));
    for (int k = 0; k < 2; k++)
        end(&both[k]);
}

Test(exec_changes, an_open_descriptor_has_a_row_at_each_checkpoint)
{
    fixture made;
    begin(&made, HG_MODE_CHANGES);
    use(&made, OPENS, 0, false, 0);
    use(&made, MAPS, 0, false, 0);
    for (uint32_t now = 0; now < 3; now++) {
        hg_checkpoint_take(&made.record);
        cr_assert(hg_record_has_row(&made.record, OPENS, now));
        cr_assert(eq(i64, hg_record_live_row(&made.record, OPENS, now)[0].blocks, 1));
        cr_assert(eq(int, hg_record_has_row(&made.record, MAPS, now), now == 0));
    }
    end(&made);
}
