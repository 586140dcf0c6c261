/*
 * heapgate torture: every distinct call path of a workload that allocates, or makes another call that is to
 * fail, fails once, in a process of its own.
 *
 * A learning run finds the paths (points.h). Of a path that makes several such calls in an op, the last
 * one of these fails, too, in a process of its own: what a loop has made by then is to be undone. Then one
 * process runs the ops again and forks a child for each fault (runner/torture_server.h); where that has
 * threads, each fault has a process that is started for it. What the children leave is judged here
 * (fault_judge.h). Nothing that they do ends this process, and none of them outlives it.
 *
 * Blocks until it is done; not thread-safe.
 */
#ifndef HG_TORTURE_TORTURE_H
#define HG_TORTURE_TORTURE_H

#include "process/plan.h"
#include "record/calls.h"
#include <signal.h>

#define HG_TORTURE_CLEAN_OPS 20u
#define HG_TORTURE_SECONDS   10.0 /* for a fault, its clean ops and teardown */

typedef struct hg_torture_plan {
    const hg_cell_plan *cell;
    const char *workload, *subject; /* names */
    uint64_t ops;                   /* 0: as the workload says, 100 at most, or each input of a corpus once */
    uint32_t clean_ops;
    uint32_t depth; /* frames that make a path distinct; 0: all */
    bool once, from_then_on;
    uint32_t calls;          /* that fail; see record/calls.h */
    const char *const *only; /* modules; see points.h */
    size_t only_count;
    bool every_call;   /* each call of each op, not each path once; depth and only do not count */
    const char *fault; /* the id of one; NULL: all */
    /* A text in a finding's reason, log or functions that makes it accepted; NULL: none. */
    const char *accept;
    bool accepts_leaks;     /* the subject is expected to leak */
    uint32_t shard, shards; /* 1-based; shards 0: all */
    unsigned parallel;
    double limit_seconds;
    /*
     * Starts a debugger on a process that waits in the call that fails, which the function makes. Its process
     * id, or a negative errno. The pass ends with the debugger, and judges nothing. NULL: no debugger.
     */
    pid_t (*debug)(void *user_data, pid_t process, const char *function);
    const char *reproduce; /* the command, to which mode and fault are added */
    /* Called now and then; planned is 0 while it learns. False ends the pass. */
    bool (*progress)(void *user_data, const hg_torture_pass *pass);
    void *user_data;
} hg_torture_plan;

/*
 * Adds a pass and its faults. A pass that is not complete says why (message). False when memory ran out; what
 * was added stays.
 */
bool hg_torture_measure(const hg_torture_plan *plan, hg_run *run);

#endif
