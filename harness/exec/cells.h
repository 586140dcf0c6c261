/*
 * From a session to the cells of the run model: one for the program, one for each child that had enough
 * rounds. A session that goes on is judged as if it ended now.
 */
#ifndef HG_EXEC_CELLS_H
#define HG_EXEC_CELLS_H

#include "exec/session.h"
#include "model/model.h"
#include "symbols/symbols.h"
#include "verdict/sites.h"

/*
 * Told of a cell that was judged, with the snapshots of its process and the record that it was judged by:
 * finds out who holds its blocks. False when memory ran out.
 */
typedef bool (*hg_cells_hold)(const hg_scanned *scanned, const hg_record *record,
                              const hg_module_owners *owners, hg_cell *cell);

typedef struct hg_cells_plan {
    const hg_session_plan *plan;
    const char *allocator; /* its name */
    const char *command;   /* that makes this run again */
    hg_expect expect;
    bool paced;             /* it was asked for what ends a round */
    uint64_t warmup_rounds; /* as asked for; 0: a fifth of the rounds */
    double max_bytes_per_op;
    int exit_status;    /* that the program is expected to exit with */
    hg_cells_hold hold; /* NULL: nobody asks who holds the blocks */
} hg_cells_plan;

/* What one op is: "second" and the like; and how many a round has that is as long as asked for. */
const char *hg_cells_unit(const hg_session_plan *plan);
uint64_t hg_cells_ops(const hg_session_plan *plan);

/* One clause on how the program ended: "the program exited with status 0". */
void hg_cells_ending(const hg_session *session, char *ret_text, size_t size);

/* Appends the cells to the run, and freezes the records of the session for that. False when memory
 * ran out. */
bool hg_cells_add(hg_session *session, const hg_cells_plan *how, hg_run *run);

#endif
