/*
 * Goal: the rounds of a soak are laid out so that they fill its time, and epochs last however long it is.
 */
#include "soak/soak.h"
#include "watch/rounds.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static const hg_cell_plan cell = {.description = {.warmup_ops = 100}};

static hg_run_plan pace_of(double seconds, double ops_per_hour)
{
    const hg_soak_plan plan = {.cell = &cell, .seconds = seconds, .ops_per_hour = ops_per_hour};
    return hg_soak_pace_of(&plan);
}

/* Ops of all rounds that end within `ops`, warm-up apart, and how many epochs they are. */
static double ops_in_rounds(const hg_run_plan *pace, double ops, uint32_t *ret_epochs)
{
    double done = 0;
    uint32_t epoch = 1;
    for (;; epoch++) {
        double next = (double)pace->round_ops * (double)hg_epoch_length(epoch);
        if (done + next > ops || epoch == HG_ROW_EPOCHS)
            break;
        done += next;
    }
    *ret_epochs = epoch;
    return done;
}

Test(soak_pace, leaves_little_of_the_time_in_a_round_that_is_cut_short)
{
    static const double lengths[] = {3, 60, 600, 3600, 86400, 7 * 86400, 365 * 86400.0};
    static const double rates[] = {3600, 36000, 1e6, 1e9};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (size_t k = 0; k < sizeof rates / sizeof *rates; k++) {
            uint32_t epochs;
            double ops = lengths[i] * rates[k] / 3600;
            hg_run_plan pace = pace_of(lengths[i], rates[k]);
            double done = ops_in_rounds(&pace, ops, &epochs);
            cr_assert(lt(u32, epochs, HG_ROW_EPOCHS));
            /* Rounds of one op each cannot be made to fit; of two, to a third. */
            double least = pace.round_ops >= 16 ? 0.93 : 0.5;
            cr_assert(ge(dbl, done, ops < 32 ? 0 : least * ops),
                      "%g s at %g an hour: %g of %g in rounds of %ld", lengths[i], rates[k], done, ops,
                      (long)pace.round_ops);
        }
}

Test(soak_pace, begins_with_the_warm_up_that_is_wanted)
{
    cr_assert(eq(u64, pace_of(60, 3600).warmup_ops, 100));
    cr_assert(eq(u64, pace_of(60, 0).warmup_ops, 100));
    cr_assert(eq(u64, pace_of(60, 0).round_ops, 0));
    cr_assert(ge(u64, pace_of(60, 3.6e9).warmup_ops, pace_of(60, 3.6e9).round_ops));
}

/* What the runner does by itself is what the driver expects. */
Test(soak_pace, doubles_epochs_when_the_rounds_are_merged)
{
    hg_record record;
    int fd;
    hg_rounds rounds;
    cr_assert(eq(int, hg_record_create(HG_ROW_EPOCHS, &record, &fd), 0));
    cr_assert(hg_rounds_init(&rounds));
    for (uint32_t epoch = 0; epoch < HG_ROW_EPOCHS; epoch++) {
        const hg_record_sample sample = {.ops = epoch};
        cr_assert(eq(u64, hg_epoch_length(epoch), hg_rounds_next_length(&rounds)), "epoch %u", epoch);
        hg_rounds_open(&rounds, epoch, &sample);
        hg_rounds_add(&rounds, &record, epoch);
    }
    hg_rounds_free(&rounds);
    hg_record_close(&record);
}
