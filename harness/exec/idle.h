/*
 * What is said of a process that allocated nothing in its measured rounds: whether it worked, and whether
 * heapgate would have seen what it allocates.
 */
#ifndef HG_EXEC_IDLE_H
#define HG_EXEC_IDLE_H

#include "model/model.h"
#include "watch/watched.h"

/* Less processor time than this, in all measured rounds, is no work. */
#define HG_IDLE_NS        INT64_C(2000000)
#define HG_IDLE_PARENT_NS INT64_C(20000000) /* of one that starts children */

typedef struct hg_idle {
    hg_verdict verdict;
    char text[256];
} hg_idle;

/*
 * warmup: rounds, at least one, and fewer than the process has. company: other processes of the session did
 * work that was measured, so that this one may have had nothing to do. paced: the program itself ended the
 * rounds, by lines or marks, and so worked. parent: it started children that were not judged, whatever others
 * did.
 */
hg_idle hg_idle_tell(const hg_watched *watched, uint32_t warmup, bool company, bool paced, bool parent);

/* Whether a process allocated in its measured rounds, of which there is one at least. */
bool hg_idle_has_allocated(const hg_watched *watched, uint32_t warmup);

/* Whether a process allocated or used the processor in its measured rounds. */
bool hg_idle_has_worked(const hg_watched *watched, uint32_t warmup);

#endif
