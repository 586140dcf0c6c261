/*
 * A soak: one cell in real time, for as long as was asked for, in constant space.
 *
 * The runner does ops at a pace and closes rounds that double in length (hg_epoch_length); this process folds
 * them into a fixed number (watch/rounds.h), takes samples in between, and judges all there is whenever a
 * round has come: the same analysis as everywhere, over the whole time so far. When a leak is sure (alert.h)
 * the soak raises its alert.
 *
 * One thread. Nothing here prints or writes reports; the caller looks at the run whenever it likes.
 */
#ifndef HG_SOAK_SOAK_H
#define HG_SOAK_SOAK_H

#include "process/plan.h"
#include "process/process.h"
#include "soak/alert.h"
#include "soak/samples.h"
#include "symbols/symbols.h"
#include "watch/watched.h"

typedef struct hg_soak_plan {
    const hg_cell_plan *cell; /* borrowed. memory_limit_bytes holds; time limit and budget do not */
    double seconds;           /* from the end of the warm-up on */
    double ops_per_hour;      /* 0: as fast as it goes */
    double sample_seconds;    /* between samples; more where taking one is dear */
    double patience_seconds; /* so long an op may take, setting up or tearing down; then the workload hangs */
} hg_soak_plan;

/* Why it ended, or ends. */
typedef enum hg_soak_end {
    HG_SOAK_GOES_ON,
    HG_SOAK_TIME_IS_UP,
    HG_SOAK_STOPPED,         /* somebody wanted it to end */
    HG_SOAK_HANGS,           /* also where it was to end */
    HG_SOAK_ENDED_BY_ITSELF, /* crashed, failed, or was stopped at its memory limit */
} hg_soak_end;

typedef struct hg_soak {
    hg_soak_plan plan;
    hg_run_plan pace;
    hg_run *run; /* with one cell, always judged as far as it got; the caller's, once it is over */
    hg_process process;
    hg_watched watched;
    hg_symbols *symbols;
    hg_soak_samples samples;
    hg_soak_sample latest;
    hg_soak_alert alert;
    hg_soak_end end;
    bool over;
    double started, begun; /* seconds, monotonic; begun: when the warm-up was over, 0: not yet */
    int64_t begun_ops;     /* done by then */
    double told_at;        /* when it was told to end */
    double next_sample, next_judgement;
    uint32_t judged;         /* rounds' epochs that are in the judgement */
    int64_t progress_ops;    /* when the workload was last seen to move */
    uint32_t progress_phase; /* hg_phase */
    double progress_at, looked_at;
    double longest_op;   /* seconds, the wait for the next included */
    double hung_seconds; /* for which it did nothing, HG_SOAK_HANGS */
} hg_soak;

/* What a step brought. */
enum {
    HG_SOAK_SAMPLED = 1u,
    HG_SOAK_JUDGED = 2u,
    HG_SOAK_ALERT = 4u,      /* just raised */
    HG_SOAK_ALERT_GONE = 8u, /* the leak was none, or has ended */
    HG_SOAK_OVER = 16u,
};

/* How rounds and ops are laid out for a soak of that length. */
hg_run_plan hg_soak_pace_of(const hg_soak_plan *plan);

/*
 * Fills ret_soak and labels the run's cell; starts nothing yet. run: empty, borrowed. False when memory ran
 * out. hg_soak_free frees either way. The struct must not be moved afterwards.
 */
bool hg_soak_init(const hg_soak_plan *plan, hg_run *run, hg_soak *ret_soak);

/* Starts the workload. 0 or a negative errno. */
int hg_soak_start(hg_soak *soak);

/* Does what there is to do, without blocking; gives HG_SOAK_ flags. After HG_SOAK_OVER it is not called
 * again. */
unsigned hg_soak_step(hg_soak *soak);

/* Milliseconds until the next step has something to do, unless one of the descriptors becomes readable. */
int hg_soak_wait_ms(const hg_soak *soak);
void hg_soak_descriptors(const hg_soak *soak, int ret_fds[2]);

/* Lets it end as if its time were up. */
void hg_soak_stop(hg_soak *soak);

/* Seconds since the start. */
double hg_soak_seconds(const hg_soak *soak);

/* Ops a second of real time, over about the last tenth of the samples kept, or without two since the warm-up;
 * 0 where that is not over, either. */
double hg_soak_ops_per_second(const hg_soak *soak);

void hg_soak_free(hg_soak *soak);

#endif
