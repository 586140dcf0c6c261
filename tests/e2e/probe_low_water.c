/*
 * Goal: the least that was alive between the ops of a round is in the record, so that a leak shows below the
 * teeth of a queue that is drained in batches. Method: the runner on a plug-in whose live blocks are known
 * after each op.
 */
#include "plugins/sawtooth.h"
#include "record/checkpoint.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EPOCHS = 8 };

/* Runs rounds of so many ops on average, the first of them as warm-up. The caller closes the record. */
static hg_record run(unsigned ops, const char *seed)
{
    hg_record record;
    int fd;
    char path[64];
    cr_assert(eq(int, hg_record_create(EPOCHS, &record, &fd), 0));
    record.header->run = (hg_run_plan){.task = HG_TASK_ROUNDS,
                                       .warmup_rounds = 1,
                                       .rounds = EPOCHS - 1,
                                       .warmup_ops = ops,
                                       .round_ops = ops};
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), fd);
    pid_t process = fork();
    if (process == 0) {
        setenv(HG_ENV_RECORD, path, 1);
        setenv("HEAPGATE_SEED", seed, 1);
        setenv("LD_PRELOAD", HG_BUILD_DIR "/harness/libheapgate-probe.so", 1);
        execl(HG_BUILD_DIR "/harness/heapgate-runner", "heapgate-runner",
              HG_BUILD_DIR "/tests/plugins/sawtooth.so", (char *)NULL);
        _exit(126);
    }
    int status;
    cr_assert(eq(int, waitpid(process, &status, 0), process));
    cr_assert(eq(int, status, 0), "%s", record.header->message);
    cr_assert(eq(u32, atomic_load(&record.header->checkpoints), EPOCHS));
    close(fd);
    return record;
}

/* The least that the plug-in has alive after an op of the round. */
static int64_t trough(const hg_record *record, uint32_t epoch)
{
    int64_t least = INT64_MAX;
    for (int64_t op = record->samples[epoch - 1].ops; op < record->samples[epoch].ops; op++)
        least = sawtooth_blocks((uint64_t)op) < least ? sawtooth_blocks((uint64_t)op) : least;
    return least;
}

/* What is alive at the checkpoint, without the runner's control. */
static hg_record_live alive(const hg_record *record, uint32_t epoch)
{
    hg_record_live sum = {0};
    for (uint32_t context = 0; context < hg_record_contexts(record); context++)
        for (uint32_t birth = 0; birth <= epoch && context != record->header->control_context; birth++) {
            sum.blocks += hg_record_live_row(record, context, epoch)[birth].blocks;
            sum.bytes += hg_record_live_row(record, context, epoch)[birth].bytes;
        }
    return sum;
}

Test(probe_low_water, is_the_bottom_of_every_tooth_where_each_op_is_sampled)
{
    enum { OPS = 250 };
    hg_record record = run(OPS, "1");
    int64_t first_blocks, first_bytes;
    cr_assert(hg_record_low_water(&record, 1, &first_blocks, &first_bytes));
    for (uint32_t epoch = 2; epoch < EPOCHS; epoch++) {
        int64_t blocks, bytes;
        int64_t expected = trough(&record, epoch) - trough(&record, 1);
        cr_assert(hg_record_low_water(&record, epoch, &blocks, &bytes));
        cr_assert(eq(i64, blocks - first_blocks, expected), "epoch %u", epoch);
        cr_assert(eq(i64, bytes - first_bytes, expected * SAWTOOTH_BYTES), "epoch %u", epoch);
        cr_assert(ge(i64, record.samples[epoch].low_samples,
                     record.samples[epoch].ops - record.samples[epoch - 1].ops));
    }
    hg_record_close(&record);
}

Test(probe_low_water, counts_in_the_same_way_as_checkpoints_do)
{
    enum { OPS = 250 };
    hg_record record = run(OPS, "1");
    for (uint32_t epoch = 1; epoch < EPOCHS; epoch++) {
        int64_t blocks, bytes;
        int64_t above = sawtooth_blocks((uint64_t)record.samples[epoch].ops - 1) - trough(&record, epoch);
        hg_record_live end = alive(&record, epoch);
        cr_assert(hg_record_low_water(&record, epoch, &blocks, &bytes));
        cr_assert(eq(i64, end.blocks - blocks, above), "epoch %u", epoch);
        cr_assert(eq(i64, end.bytes - bytes, above * SAWTOOTH_BYTES), "epoch %u", epoch);
    }
    hg_record_close(&record);
}

Test(probe_low_water, is_near_the_bottom_in_long_rounds_for_any_seed_at_few_samples)
{
    enum { OPS = 25600, NEAR = SAWTOOTH_PERIOD / 10 };
    static const char *const seeds[] = {"1", "2", "77"};
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        hg_record record = run(OPS, seeds[i]);
        int64_t first, blocks, bytes;
        cr_assert(hg_record_low_water(&record, 1, &first, &bytes));
        for (uint32_t epoch = 2; epoch < EPOCHS; epoch++) {
            int64_t expected = trough(&record, epoch) - trough(&record, 1);
            cr_assert(hg_record_low_water(&record, epoch, &blocks, &bytes));
            /* The trough of a round is its first, and what was lost since then stands above it. */
            cr_assert(lt(i64, llabs(blocks - first - expected), NEAR + OPS / SAWTOOTH_LEAK_EVERY / 10),
                      "seed %s, epoch %u", seeds[i], epoch);
            cr_assert(lt(i64, 200, record.samples[epoch].low_samples));
            cr_assert(lt(i64, record.samples[epoch].low_samples, 320));
        }
        hg_record_close(&record);
    }
}
