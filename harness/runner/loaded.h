/*
 * A workload as the runner has loaded it.
 */
#ifndef HG_RUNNER_LOADED_H
#define HG_RUNNER_LOADED_H

#include "runner/linkage.h"

typedef struct loaded_workload {
    const char *path;
    hg_linkage linkage;
    bool is_fuzz_target; /* iterate stands for LLVMFuzzerTestOneInput */
    int (*iterate)(uint64_t);
    /* Each of these may be NULL. */
    int (*setup)(void);
    void (*quiesce)(void);
    void (*teardown)(void);
    uint64_t (*result)(void);
} loaded_workload;

#endif
