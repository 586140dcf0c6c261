/*
 * What becomes of a cell: whether its record can be believed, how its process ended, told in one sentence,
 * and what its record says beside the judgement. Every way to measure concludes its cells by this.
 */
#ifndef HG_VERDICT_CONCLUDE_H
#define HG_VERDICT_CONCLUDE_H

#include "process/process.h"
#include "verdict/judge.h"

/* "in op 12", or the phase that the process had come to: where it is, or ended. The record is sound. */
void hg_whereabouts(const hg_record *record, char *ret_text, size_t size);

/* A process of our runner that has ended. */
typedef struct hg_ended {
    const hg_process *process;
    const hg_record *record;
    const char *tool;       /* that it ran under; NULL: none */
    double stalled_seconds; /* that no op had ended for, when it was stopped for that; 0: it was not */
    double budget_seconds;  /* that was used up at its time limit; 0: the limit is the process's own */
    uint64_t warmup_ops;    /* that were asked for; 0: none */
} hg_ended;

#define HG_ENDING_BYTES (HG_MESSAGE + 256) /* room for one sentence on how a process ended */

/*
 * How it ended, in one sentence: "the workload crashed in op 12: signal 11 (Segmentation fault)". Empty where
 * it ended as it should, with a record that is sound.
 */
void hg_tell_ending(const hg_ended *ended, char *ret_text, size_t size);

/* The cell fails, and meets no expectation. Without memory it keeps the reason that it had. */
void hg_conclude_failed(hg_cell *cell, const char *reason);

/* It fails, for the record was written over by what was measured. */
void hg_conclude_damaged(hg_cell *cell, hg_rounds_of rounds);

/* It fails, until it is judged again. */
void hg_conclude_out_of_memory(hg_cell *cell);

/*
 * The cell's verdict from a sound record, as judge.h has it; fills met. ret_thin: inconclusive, and a longer
 * run would tell. Where memory runs out the cell fails, and the answer is false.
 */
bool hg_conclude_judged(const hg_judge_input *input, hg_symbols *symbols, hg_cell *cell,
                        hg_thinness *ret_thin);

/*
 * In verify mode the reason says how many stacks were verified; a single mistake makes every count doubtful,
 * and the cell fails. Part of hg_conclude_judged. False when memory ran out.
 */
bool hg_conclude_verification(const hg_record_header *header, hg_cell *cell);

#endif
