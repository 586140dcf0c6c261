/*
 * What is said of a cell of exec beside its verdict, and what that changes: how the program ended, which
 * children were not measured, whether it tidied up, how much a leak rests on. Each adds to the cell's reason;
 * false when memory ran out.
 */
#ifndef HG_EXEC_NOTES_H
#define HG_EXEC_NOTES_H

#include "exec/cells.h"

/* Of a program that has ended: whether it did so as it should. */
bool hg_note_ended_well(const hg_session *session, const hg_cells_plan *how);
/* By exit, and not because somebody stopped it. */
bool hg_note_ended_by_itself(const hg_session *session, const hg_watched *watched);

/* What was seen counts only if the program ended as it should. */
bool hg_note_ending(const hg_session *session, const hg_cells_plan *how, const hg_watched *watched,
                    hg_cell *cell);

/* A crash in heapgate's own probe is none of the program's. */
bool hg_note_own_crash(const hg_session *session, const hg_cells_plan *how, const hg_watched *watched,
                       hg_symbols *symbols, hg_cell *cell);

/* Children of the program, as far as they were counted or seen. */
uint32_t hg_note_children_started(const hg_session *session);

/* Which process a child is; and what of the program lives on, which is never clean. */
bool hg_note_process(const hg_session *session, const hg_cells_plan *how, const hg_watched *watched,
                     hg_cell *cell);

/* What of the program's children was not measured: it is never clean. */
bool hg_note_children(const hg_session *session, const hg_cells_plan *how, const hg_watched *watched,
                      hg_cell *cell);

/*
 * The cell was judged up to the peak of live memory. A server that grows to its end leaks, even if it tidies
 * up; a program that builds something, uses it and frees it does not. The rounds do not tell which it is.
 */
bool hg_note_teardown(hg_cell *cell);

/*
 * How much a leak rests on, where that is little; and which files grow. Whoever asks for short rounds means
 * them; of a program that was just started, what grows in its first moments may be what it builds up once. A
 * sum that grows though no call path does is what a compiler shows, too, until it ends by itself; and a few
 * files or threads more are what a program may keep ready. Growth that slows down by the clock alone, because
 * the program does, is told as that.
 */
bool hg_note_evidence(const hg_session *session, const hg_cells_plan *how, const hg_watched *watched,
                      hg_cell *cell);

/* Allocations that failed may have failed for the room that the probe takes. */
bool hg_note_refusals(const hg_watched *watched, hg_cell *cell);

#endif
