/*
 * What the workloads of a run allocated, by call stack, and which modules their processes had loaded: kept
 * from each record before it is gone.
 *
 * One thread.
 */
#ifndef HG_COVERAGE_REACHED_H
#define HG_COVERAGE_REACHED_H

#include "base/intern.h"
#include "process/plan.h"
#include "record/record.h"

/* What a module is to the workload that loaded it; of several workloads, the greatest. */
typedef enum hg_loaded_as {
    HG_LOADED_PROBE,  /* between whoever opens a file and the C library */
    HG_LOADED_OWN,    /* heapgate's */
    HG_LOADED_BESIDE, /* the system's, or beside the subject's folder */
    HG_LOADED_WORKLOAD,
    HG_LOADED_SUBJECT, /* in the subject's folder; without a folder, any library that is not the system's */
} hg_loaded_as;

typedef struct hg_reached_module {
    char path[HG_MODULE_PATH];
    uint8_t build_id[HG_BUILD_ID];
    uint32_t build_id_size;
    hg_loaded_as as;
} hg_reached_module;

/* Of one workload on one subject. */
typedef struct hg_reached_count {
    uint64_t allocated_blocks, freed_blocks;
    uint64_t after_faults; /* how many faults of a torture led there */
} hg_reached_count;

typedef struct hg_reached {
    hg_reached_module *modules;
    size_t module_count, module_room;
    hg_intern uses;           /* of workload and subject, as two strings with their NULs */
    hg_intern stacks;         /* the number of the use, then the frames: a number of modules << 48 | offset */
    hg_reached_count *counts; /* by stack */
    size_t count_room;
    hg_intern frees; /* the number of the stack whose blocks are freed, then the frames that free them */
    uint64_t without_stack; /* allocations */
    bool failed;            /* memory ran out */
} hg_reached;

/* A stack: innermost frame first. */
typedef struct hg_reached_stack {
    size_t use;
    const char *frames; /* their bytes: see hg_reached_frame */
    size_t frame_count;
    hg_reached_count count;
} hg_reached_stack;

/* A hg_note_record (process/plan.h) of an hg_reached. */
void hg_reached_note(void *reached, const hg_cell_plan *plan, const hg_record *record);

/* A hg_note_after of an hg_reached. */
void hg_reached_note_after(void *reached, const hg_cell_plan *plan, const hg_record_frame *frames,
                           uint32_t count, const hg_record_module *modules);

size_t hg_reached_stacks(const hg_reached *reached);
hg_reached_stack hg_reached_at(const hg_reached *reached, size_t number);

/* Who frees: the frames of one way in which blocks of a stack are freed; the count is nothing. */
size_t hg_reached_frees(const hg_reached *reached);
hg_reached_stack hg_reached_free_at(const hg_reached *reached, size_t number, size_t *ret_stack);

/* The module of a frame and the offset in it; SIZE_MAX: not known. */
size_t hg_reached_frame(const hg_reached_stack *stack, size_t frame, uint64_t *ret_offset);

/* The strings live until the next use is added. */
void hg_reached_use(const hg_reached *reached, size_t use, const char **ret_workload,
                    const char **ret_subject);

void hg_reached_clear(hg_reached *reached);

#endif
