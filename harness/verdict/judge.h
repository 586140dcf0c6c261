/*
 * From a finished record to the cell's part of the run model: samples, sites, rates, verdict.
 */
#ifndef HG_VERDICT_JUDGE_H
#define HG_VERDICT_JUDGE_H

#include "process/plan.h"
#include "verdict/sentences.h"
#include "verdict/sites.h"

typedef struct hg_judge_input {
    const hg_record *record;
    hg_module_owners owners;
    uint32_t warmup_rounds;
    uint64_t ops_per_round; /* of the measured rounds */
    double max_bytes_per_op;
    hg_rounds_of rounds;
    const char *unit;           /* of a program: what an op is called */
    const char *when_idle;      /* of a program that allocated nothing in these rounds: what is said of it; */
    hg_verdict when_idle_found; /* and what it is */
} hg_judge_input;

/* At most this many sites are kept in a cell: all that grow, up to this number, then the largest. */
#define HG_MOST_SITES 100u

/* Which modules are whose in a cell of the plan; strings are the plan's. */
hg_module_owners hg_module_owners_of(const hg_cell_plan *plan);

/*
 * Fills the measured fields of cell, replacing what an earlier call put there. ret_thin: inconclusive, and a
 * longer run would tell. False when memory ran out.
 */
bool hg_judge_cell(const hg_judge_input *input, hg_symbols *symbols, hg_cell *cell, hg_thinness *ret_thin);

/* "open_request (src/a.c:12)": where the context opened descriptors. Leaves ret_text as it was where that is
 * not known. False when memory ran out. */
bool hg_judge_opener(const hg_judge_input *input, hg_symbols *symbols, uint32_t context, char *ret_text,
                     size_t size);

/* Of a run that cannot be judged: the sites that had something alive at the end, the largest first; they have
 * no rate. The record is sound. False when memory ran out. */
bool hg_judge_end(const hg_record *record, const hg_module_owners *owners, hg_symbols *symbols,
                  hg_cell *cell);

/*
 * Of a run that did not end well: the samples of its complete checkpoints, which count what those of a judged
 * run do, and no judgement. The record is sound. Without memory the cell has none.
 */
void hg_judge_remains(const hg_record *record, const hg_module_owners *owners, hg_symbols *symbols,
                      hg_cell *cell);

#endif
