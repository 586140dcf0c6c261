/*
 * The snapshots of all processes of a session: of the program, and of each child that is watched. One thread.
 */
#ifndef HG_EXEC_SCANS_H
#define HG_EXEC_SCANS_H

#include "exec/session.h"

/* Asks all that live for a snapshot; as hg_scanned_ask. */
void hg_scans_ask(hg_session *session, bool at_end);

/* As hg_scanned_step, for all. */
void hg_scans_step(hg_session *session, const char *probe);

/* Whether one has still to be copied. */
bool hg_scans_are_due(const hg_session *session);

/* All have ended: waits for the scans that run. */
void hg_scans_finish(hg_session *session);

/* The child is taken out; it has not been yet, but is no longer counted. */
void hg_scans_forget(hg_session *session, uint32_t child);

/* The processes that scan children now, and their number. */
uint32_t hg_scans_scanners(const hg_session *session, pid_t ret_scanners[HG_MOST_CHILDREN]);

void hg_scans_free(hg_session *session);

#endif
