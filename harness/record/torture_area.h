/*
 * The torture area: a mapped file through which the driver, and the processes in which calls fail in turn,
 * work together.
 *
 * The driver creates it. It says what is to be done (hg_torture_task, the jobs and the targets); the probe
 * and the runner map it (HG_ENV_TORTURE) and leave there what happened.
 *
 *   first ops    of each context of the record, the op in which it made a call first,
 *   often        an op in which it made more than one, and how many, and
 *   calls        which calls; the learning run fills them
 *   jobs         what is to fail, by op: one call, by its number among those of a fault point or of the op,
 *                and a mode; the learning run leaves here how many calls each op made
 *   targets      the exact stacks of the fault points, by their hash
 *   reference    what is alive after the ops of a job without its fault, by stack
 *   slots        one for each process that runs at the same time: what became of a job
 *
 * A stack is known by the hash of its frames up to the first one of the runner: it is the same in every
 * process, where contexts have other numbers.
 *
 * The measured processes can write anywhere in it at any moment. The driver copies a slot before it believes
 * it, and believes only what hg_torture_slot_is_sound checks.
 */
#ifndef HG_RECORD_TORTURE_AREA_H
#define HG_RECORD_TORTURE_AREA_H

#include "record/calls.h"
#include "record/record.h"
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define HG_TORTURE_MAGIC "hgtor\0\4"

/* Environment of a measured process: the path of the area. */
#define HG_ENV_TORTURE "HEAPGATE_TORTURE"

/* The signal that asks a process that takes too long for its stack; then it ends. */
#define HG_TORTURE_ASK SIGXCPU

#define HG_TORTURE_MOST_JOBS   (1u << 20)
#define HG_TORTURE_ANY_POINT   UINT32_MAX
#define HG_TORTURE_MOST_CLEAN  10000u /* ops after a fault */
#define HG_TORTURE_SLOTS       64u
#define HG_TORTURE_DIFFERENCES 64u
#define HG_TORTURE_AFTER       64u
#define HG_TORTURE_FRAMES      8192u /* of all differences of a slot together */
#define HG_TORTURE_MODULES     64u
#define HG_TORTURE_OUTPUT      1024u

typedef enum hg_torture_role {
    HG_TORTURE_LEARN, /* run the ops once */
    HG_TORTURE_SERVE, /* do every job in a forked child, beginning with first_job */
    HG_TORTURE_ALONE, /* do one job, first_job, in this process, or its reference run */
} hg_torture_role;

typedef enum hg_torture_mode {
    HG_TORTURE_ONCE,         /* one call fails */
    HG_TORTURE_FROM_THEN_ON, /* and all after it, until the op ends */
} hg_torture_mode;

/* What a process does of a job. */
typedef enum hg_torture_kind {
    HG_TORTURE_FAULT,
    HG_TORTURE_REFERENCE, /* the same without the fault */
    HG_TORTURE_REPEAT,    /* the op twice, each time with the fault: does what stays grow? */
} hg_torture_kind;

/* How far a job got. */
typedef enum hg_torture_stage {
    HG_TORTURE_IN_FAULT_OP,
    HG_TORTURE_IN_CLEAN_OP,
    HG_TORTURE_IN_TEARDOWN,
    HG_TORTURE_COUNTING,
    HG_TORTURE_FINISHED,
} hg_torture_stage;

typedef struct hg_torture_job {
    uint64_t op;
    uint32_t point;          /* HG_TORTURE_ANY_POINT: calls count from wherever they come */
    uint32_t mode;           /* hg_torture_mode */
    _Atomic uint32_t number; /* of the call in its op, from 1 */
} hg_torture_job;

/* How often a context made calls in one op: the first in which these were two or more, or else its first. */
typedef struct hg_torture_often {
    _Atomic uint64_t op, now_op; /* from 1; now: the latest one */
    _Atomic uint32_t calls, now_calls;
} hg_torture_often;

typedef struct hg_torture_target {
    uint64_t stack; /* hg_torture_call_hash; ascending in the area */
    uint32_t point;
} hg_torture_target;

/* Blocks of one stack, or descriptors. */
typedef struct hg_torture_count {
    uint64_t stack;
    int64_t blocks, bytes;
} hg_torture_count;

/* Whether a debugger is to look at the first call that fails, and the process to wait for it there. */
enum { HG_DEBUGGER_NONE, HG_DEBUGGER_WANTED, HG_DEBUGGER_AWAITED, HG_DEBUGGER_ATTACHED };

/* What an op said of itself. */
typedef struct hg_torture_answer {
    int32_t status;
    uint64_t result; /* heapgate_result's */
} hg_torture_answer;

/* More (positive) or fewer blocks than without the fault. */
typedef struct hg_torture_difference {
    uint64_t stack;
    int64_t blocks, bytes;
    uint32_t lost, held; /* of the blocks that there are more of; both 0: not known */
    uint32_t is_descriptor;
    uint32_t first_frame, frame_count; /* in the slot */
} hg_torture_difference;

/* A stack that allocated first in the op with the fault. */
typedef struct hg_torture_after {
    uint64_t stack;
    uint32_t first_frame, frame_count; /* in the slot */
} hg_torture_after;

/* Of a slot. The process that waits takes free ones; the driver frees those that are done. */
enum { HG_TORTURE_FREE, HG_TORTURE_RUNNING, HG_TORTURE_DONE };

typedef struct hg_torture_slot {
    _Atomic uint32_t state;
    uint32_t job;
    uint32_t is_reference;            /* for the op of the job */
    uint32_t is_repeat;               /* see HG_TORTURE_REPEAT */
    uint32_t struck_again;            /* whether the fault happened in its second op, too */
    _Atomic uint32_t struck;          /* calls that were made to fail */
    uint32_t stage;                   /* hg_torture_stage */
    uint64_t op;                      /* that runs, or ran last */
    hg_torture_answer answer;         /* of the op with the fault */
    uint32_t has_failed, has_changed; /* a clean op failed; had another result than without the fault */
    uint64_t failed_op, changed_op;   /* the first of them */
    int32_t failed_status;

    /* What the process that waited saw. */
    int32_t wait_status; /* as by waitpid */
    uint32_t timed_out;
    double seconds;
    uint32_t output_size;
    char output[HG_TORTURE_OUTPUT]; /* the end of what it wrote */

    /* The first call that failed, of a job that has its number: which one, and where. */
    uint32_t fault_call; /* hg_call */
    uint32_t fault_frames;
    hg_record_frame fault[HG_MAX_DEPTH];

    /* Of a crash, as its signal handler saw it. */
    int32_t signal;
    uint64_t address;
    uint32_t crash_frames;
    hg_record_frame crash[HG_MAX_DEPTH];

    uint32_t afters; /* that are there: HG_TORTURE_AFTER at most, and no more than there is room for */
    hg_torture_after after[HG_TORTURE_AFTER];

    uint32_t counted;     /* the following is complete */
    uint32_t differences; /* that are there */
    uint32_t left_out;    /* for which there was no room */
    uint32_t frames_used, modules_used;
    hg_torture_difference difference[HG_TORTURE_DIFFERENCES];
    hg_record_frame frames[HG_TORTURE_FRAMES];
    hg_record_module modules[HG_TORTURE_MODULES]; /* module 0 is unknown */
} hg_torture_slot;

typedef struct hg_torture_header {
    char magic[8];
    /* The driver's. */
    uint32_t role;
    uint32_t jobs, targets;
    uint32_t first_job;
    uint32_t alone; /* hg_torture_kind: what ALONE is to do */
    uint64_t ops;   /* to learn; 0: the workload's own number */
    uint32_t calls; /* that are made to fail */
    uint32_t clean_ops, parallel;
    double limit_seconds; /* of a job */

    _Atomic uint32_t
        debugger; /* HG_DEBUGGER_; the process says that it waits, the driver that it may go on */

    /* The processes'. */
    _Atomic uint64_t op; /* that runs, from 1; 0: none */
    uint64_t learned_ops;
    _Atomic uint64_t allocations; /* or other calls that are made to fail, of the learned ops */
    _Atomic uint32_t has_threads; /* other threads ran where a child was to be forked */
    _Atomic uint32_t next_job;    /* the first that has not been begun */
    uint32_t has_result;          /* the workload exports heapgate_result */
    uint64_t reference_op;        /* of the reference, from 1 */
    uint32_t reference_count;
} hg_torture_header;

typedef struct hg_torture_area {
    hg_torture_header *header;
    _Atomic uint64_t *first_ops; /* [HG_MAX_CONTEXTS], from 1; 0: not in an op */
    hg_torture_often *often;     /* [HG_MAX_CONTEXTS] */
    _Atomic uint32_t *calls;     /* [HG_MAX_CONTEXTS], sets; one of two where a call goes by a pointer */
    hg_torture_job *jobs;
    hg_torture_target *targets;  /* [HG_MAX_CONTEXTS] */
    hg_torture_count *reference; /* [HG_MAX_CONTEXTS] */
    hg_torture_answer *answers;  /* [HG_TORTURE_MOST_CLEAN]: of the reference's clean ops */
    hg_torture_slot *slots;
} hg_torture_area;

/* Gives a close-on-exec descriptor, the caller's. 0, or a negative errno and nothing is left behind. */
int hg_torture_area_create(hg_torture_area *ret_area, int *ret_fd);
/* Of the process that is measured. 0 or a negative errno. */
int hg_torture_area_open(const char *path, hg_torture_area *ret_area);
void hg_torture_area_close(hg_torture_area *area); /* a zeroed one is fine */

/* Of a copy of a slot: whether all that it says leads to places inside it. */
bool hg_torture_slot_is_sound(const hg_torture_slot *slot);

/*
 * The hash of a stack: of its frames up to the first one of the program, which is module HG_TORTURE_PROGRAM
 * of every record. frames: packed as in the record; modules: those that they are packed with.
 */
#define HG_TORTURE_PROGRAM 1u
uint64_t hg_torture_hash(const hg_record_frame *frames, uint32_t count, const hg_record_module *modules);
/* The same for a call from there: calls by a pointer can be of several functions. */
uint64_t hg_torture_call_hash(uint64_t stack, hg_call call);
/* How many frames that are. */
uint32_t hg_torture_depth(const hg_record_frame *frames, uint32_t count);

#endif
