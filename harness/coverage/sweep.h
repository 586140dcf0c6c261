/*
 * One function, instruction by instruction: whom it calls or jumps to, and whether it writes to memory that
 * is not on its own stack. Disassembles with capstone. x86-64.
 *
 * What it does not understand counts as the worse case: a call of somebody unknown, a write elsewhere. Not
 * thread-safe.
 */
#ifndef HG_COVERAGE_SWEEP_H
#define HG_COVERAGE_SWEEP_H

#include "coverage/module_code.h"

typedef struct hg_sweep_call {
    uint64_t after; /* the return address; of a jump, the address behind it */
    hg_code_callee callee;
    bool jump;     /* out of the function */
    bool cold;     /* into a part of the function that the compiler put elsewhere */
    bool fixed[2]; /* the first two arguments are numbers that stand in the code */
    bool null[2];  /* and are 0 */
} hg_sweep_call;

typedef struct hg_swept {
    bool done;
    bool writes;         /* elsewhere than on its stack */
    bool returns;        /* it has an instruction that does */
    size_t first, count; /* its calls */
} hg_swept;

typedef struct hg_sweeper {
    size_t handle; /* capstone's */
    const hg_module_code *code;
    hg_swept *functions; /* by function */
    hg_sweep_call *calls;
    size_t call_count, call_room;
    bool failed; /* memory ran out */
} hg_sweeper;

/* False when memory ran out. */
bool hg_sweeper_start(const hg_module_code *code, hg_sweeper *ret_sweeper);
void hg_sweeper_stop(hg_sweeper *sweeper);

/* The answer for a function, by its number; valid until the next call, as its calls are. */
const hg_swept *hg_sweep(hg_sweeper *sweeper, size_t function);

#endif
