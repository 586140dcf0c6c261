/*
 * The rounds of one watched process, in fixed space.
 *
 * A program may run for days, and nobody says beforehand how long. A record has HG_MAX_EPOCHS epochs, and
 * what is kept of them here is at most HG_WATCHED_ROUNDS rounds of equal length. When they are full, each two
 * become one: of the two checkpoints the later stays, and blocks of the two births are one. From then on a
 * round is twice as long. So the first HG_WATCHED_ROUNDS epochs are as long as was asked for, each
 * HG_WATCHED_ROUNDS / 2 that follow twice as long as those before, and HG_MAX_EPOCHS of one record last for
 * 2^27 rounds of the length asked for, HG_ROW_EPOCHS for 2^19.
 *
 * What comes out is a record again, with the merged rounds as its epochs, so that it is judged like any
 * other.
 *
 * Space: HG_WATCHED_ROUNDS^2 changes at most for a context that had blocks alive at a checkpoint that is
 * still among the rounds, a few for one that lost something once, else none. One thread.
 */
#ifndef HG_WATCH_ROUNDS_H
#define HG_WATCH_ROUNDS_H

#include "watch/changes.h"

/* Shared memory of a process, whoever mapped it, without the probe's record; bytes. held: of files in memory
 * that it has open and not mapped. segments: of System V, attached, or made by it and attached by nobody. */
typedef struct hg_rounds_shared {
    int64_t mapped, resident, held, segments;
} hg_rounds_shared;

/* What was alive at a checkpoint, whenever it was born; without the control. */
typedef struct hg_rounds_alive {
    int64_t block_bytes;  /* of blocks */
    int64_t mapped_bytes; /* of mappings that the program made itself */
    /* For the caller of hg_rounds_open to fill in: */
    hg_rounds_shared shared;
    uint64_t strangers;   /* that the probe never knew and that were freed, since the start */
    double largest_block; /* of those that came in this round: the mean size, in bytes, at one call path */
} hg_rounds_alive;

typedef struct hg_rounds {
    hg_changes *changes;                         /* [HG_MAX_CONTEXTS] */
    uint32_t contexts;                           /* that were ever in the record */
    bool incomplete;                             /* memory ran out, and a change is missing */
    uint32_t count;                              /* closed rounds, of equal length */
    uint64_t length;                             /* of each, in rounds as asked for; a power of two */
    uint32_t first_epoch;                        /* what was born earlier is not looked at */
    uint8_t round_of[HG_MAX_EPOCHS];             /* by epoch of birth */
    hg_record_sample samples[HG_WATCHED_ROUNDS]; /* control_blocks: that ought to be there, since the start */
    hg_rounds_alive alive[HG_WATCHED_ROUNDS];
    int64_t *bytes; /* [HG_MAX_CONTEXTS]: alive when it was last counted, whenever they were born */
    int64_t block_bytes, mapped_bytes; /* of all contexts, without the control */
    int64_t control_before;            /* of the control blocks, before the first epoch */
    uint32_t control_context;          /* at the last checkpoint; HG_CONTEXT_NONE: the record's */
} hg_rounds;

/* False when there is no memory; hg_rounds_free is fine either way, also of a zeroed one. */
bool hg_rounds_init(hg_rounds *ret_rounds);
void hg_rounds_free(hg_rounds *rounds);

/* How long the round that is running is to be, in rounds as asked for. */
uint64_t hg_rounds_next_length(const hg_rounds *rounds);

/* Opens the checkpoint that closed an epoch, the one after the last, without counts. */
void hg_rounds_open(hg_rounds *rounds, uint32_t epoch, const hg_record_sample *sample);

/* Counts a context in it. What is not counted is as it was at the checkpoint before. */
void hg_rounds_count(hg_rounds *rounds, uint32_t context, const hg_record_live alive[HG_WATCHED_ROUNDS]);

/* Counts the bytes of a context that are alive, whenever they were born; hg_rounds_sum gives the sums to the
 * checkpoint that was opened last. */
void hg_rounds_count_bytes(hg_rounds *rounds, const hg_record *record, uint32_t context, int64_t bytes);
void hg_rounds_sum(hg_rounds *rounds);

/* One control block more than its sample said ought to be there of an epoch that was added. */
void hg_rounds_add_control(hg_rounds *rounds, uint32_t epoch);

/* Forgets all rounds: the process replaced its program, and its heap with it. Epochs from this one on
 * count. */
void hg_rounds_restart(hg_rounds *rounds, uint32_t first_epoch, int64_t control_blocks);

/* Counts all contexts of which the record has a row of that checkpoint; after a restart, whose checkpoint is
 * none of the rounds, their bytes alone. */
void hg_rounds_add(hg_rounds *rounds, const hg_record *record, uint32_t epoch);

/* Takes the last round back, if there is one: the program may have been ending in it. */
void hg_rounds_drop_last(hg_rounds *rounds);

/* Takes back the last rounds, two at most, at whose ends less was alive than at the end of the one before. */
void hg_rounds_drop_falls(hg_rounds *rounds);

/*
 * A program that gives all back before it ends is judged by what it did until then: if the bytes of live
 * blocks rose to a peak once, and fell by half of the rise or more after it, in rounds that are fewer than
 * those before, or between the last of them and the end, takes those rounds back. end_bytes: alive at the
 * end, mappings included. False, and nothing done, if it did not, or went on with its work after the fall.
 */
bool hg_rounds_drop_teardown(hg_rounds *rounds, int64_t end_bytes);

/*
 * The rounds as a record with as many epochs, at least one; contexts, frames and modules are borrowed from
 * the record they came from. The control, one block for each epoch in which the program allocated at all,
 * becomes one block a round, whole only if every one of them was found. The rounds stay as they are as long
 * as it is in use. To be freed with hg_rounds_release. False when there is no memory, or was not enough for
 * the rounds. Where not all blocks were followed, all of its counts but those of hg_record_counts_all are of
 * one block in hg_record_one_in(ret_record, 0), as large as it was in any epoch that counts.
 */
bool hg_rounds_as_record(const hg_rounds *rounds, const hg_record *record, hg_record *ret_record);
void hg_rounds_release(hg_record *made);

#endif
