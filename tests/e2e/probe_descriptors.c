/*
 * Goal: a descriptor that is open is counted by the stack that opened it, in whatever way it was opened and
 * closed. Method: a small program under the probe, with a record of the test's, which is read when the
 * program has ended.
 */
#include "record/checkpoint.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EPOCHS = 2, WAYS = 31 };

typedef struct opened {
    int64_t all, alive; /* descriptors */
    int64_t contexts;   /* that have any alive */
    int64_t
        of_context[WAYS + 1]; /* how many contexts have so many alive; the last: more than there are ways */
} opened;

static hg_record run(const char *mode, uint32_t record_mode)
{
    hg_record record;
    int fd, status;
    char path[64];
    cr_assert(eq(int, hg_record_create(EPOCHS, &record, &fd), 0));
    record.header->mode = record_mode;
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), fd);
    pid_t process = fork();
    if (process == 0) {
        setenv(HG_ENV_RECORD, path, 1);
        setenv("LD_PRELOAD", HG_PROBE, 1);
        execl(HG_PROGRAM, HG_PROGRAM, mode, (char *)NULL);
        _exit(127);
    }
    cr_assert(eq(int, waitpid(process, &status, 0), process));
    cr_assert(eq(int, status, 0), "%s", mode);
    cr_assert(ne(int, atomic_load(&record.header->owner), 0), "the probe was not there");
    close(fd);
    cr_assert(hg_record_is_sound(&record));
    return record;
}

static opened count(const hg_record *record)
{
    opened sum = {0};
    for (uint32_t context = 1; context < hg_record_contexts(record); context++) {
        const hg_record_tally *tally = &hg_record_shard_at(record, 0, 0)->tallies[context];
        int64_t all = (int64_t)atomic_load(&tally->allocated_blocks);
        int64_t alive = all - (int64_t)atomic_load(&tally->freed_blocks);
        if (!hg_record_is_descriptor(record, context))
            continue;
        cr_assert(eq(u64, atomic_load(&tally->allocated_bytes), 0));
        cr_assert(lt(u16, 1, record->contexts[context].frame_count));
        cr_assert(ge(i64, alive, 0));
        sum.all += all;
        sum.alive += alive;
        sum.contexts += alive > 0;
        sum.of_context[alive <= WAYS ? alive : WAYS]++;
    }
    return sum;
}

static opened run_and_count(const char *mode)
{
    hg_record record = run(mode, 0);
    opened found = count(&record);
    hg_record_close(&record);
    return found;
}

/* Way i is taken i + 1 times; ways 5, 8 and 9 open two descriptors at a time. */
static int64_t descriptors_of(int way)
{
    return (way + 1) * (way == 5 || way == 8 || way == 9 ? 2 : 1);
}

Test(probe_descriptors, are_counted_by_the_call_that_opened_them)
{
    opened found = run_and_count("keep");
    opened expected = {0};
    for (int way = 0; way < WAYS; way++) {
        expected.alive += descriptors_of(way);
        expected.of_context[descriptors_of(way)]++;
    }
    cr_assert(eq(i64, found.alive, expected.alive));
    cr_assert(eq(i64, found.contexts, WAYS));
    for (int64_t i = 1; i <= WAYS; i++)
        cr_assert(eq(i64, found.of_context[i], expected.of_context[i]), "contexts with %ld alive", i);
}

Test(probe_descriptors, are_gone_when_they_are_closed)
{
    static const char *const modes[] = {"close", "replace", "handlers"};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        opened found = run_and_count(modes[i]);
        cr_assert(eq(i64, found.alive, 0), "%s", modes[i]);
        cr_assert(lt(i64, 30, found.all), "%s", modes[i]);
    }
}

Test(probe_descriptors, that_a_forked_child_closes_are_still_the_parents)
{
    opened found = run_and_count("children");
    cr_assert(eq(i64, found.alive, 3));
}

Test(probe_descriptors, that_were_closed_unseen_are_forgotten_when_the_number_comes_again)
{
    opened found = run_and_count("unseen");
    cr_assert(eq(i64, found.all, 101));
    cr_assert(eq(i64, found.alive, 1));
}

Test(probe_descriptors, are_recognised_like_any_other_stack)
{
    hg_record record = run("keep", HG_MODE_VERIFY);
    cr_assert(eq(i64, count(&record).contexts, WAYS));
    cr_assert(lt(u64, 0, atomic_load(&record.header->verified)));
    cr_assert(eq(u64, atomic_load(&record.header->mistaken), 0));
    hg_record_close(&record);
}

Test(probe_descriptors, are_not_counted_where_stacks_are_not_recorded)
{
    hg_record record = run("keep", HG_MODE_NO_STACKS);
    cr_assert(eq(i64, count(&record).all, 0));
    hg_record_close(&record);
}

Test(probe_descriptors, are_neither_allocations_nor_memory)
{
    hg_record record = run("unseen", 0);
    int64_t calls;
    hg_record_live seen = hg_checkpoint_peek(&record, &calls);
    int64_t allocations = hg_checkpoint_take(&record);
    cr_assert(eq(i64, allocations, calls));
    cr_assert(lt(i64, allocations, 50), "the program opens 101 descriptors and allocates next to nothing");
    cr_assert(lt(i64, seen.blocks, 50));
    int64_t open = 0;
    for (uint32_t context = 1; context < hg_record_contexts(&record); context++)
        if (hg_record_is_descriptor(&record, context))
            open += hg_record_live_row(&record, context, 0)[0].blocks;
    cr_assert(eq(i64, open, 1), "their history is in the record like that of blocks");
    hg_record_close(&record);
}
