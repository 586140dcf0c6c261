/*
 * The scan file: who holds the blocks of a process, as a scan of its memory found.
 *
 * The driver creates the file; the probe maps it when the process starts (HG_ENV_SCAN). Of a child, the probe
 * creates it (HG_ENV_CHILDREN). A copy of the
 * process, forked at the last checkpoint or on request, fills it in and says how it ended. The measured
 * process can write over it, so the driver believes only what hg_scan_file_is_sound checks.
 *
 *   header   how the scan ended, and how many of each there are
 *   paths    from a root to a block, as a tree: each path is a step from its parent
 *   counts   how many blocks of one context end at a path, or are lost
 *   examples the way to the first block of each count, as far as there is room
 *   threads  names
 *   retained blocks by the first and the last place in roots that leads to them
 */
#ifndef HG_RECORD_SCAN_FILE_H
#define HG_RECORD_SCAN_FILE_H

#include "record/record.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Environment of a measured process: the path of the scan file. If it is set, blocks are indexed. */
#define HG_ENV_SCAN "HEAPGATE_SCAN"

/* What a copy of a process that is scanned is called (/proc/PID/comm). */
#define HG_SCAN_COPY_NAME "heapgate-scan"

#define HG_SCAN_MAGIC "hgscan4"

#define HG_SCAN_MOST_PATHS    (1u << 17)
#define HG_SCAN_MOST_COUNTS   (1u << 18)
#define HG_SCAN_MOST_THREADS  1024u
#define HG_SCAN_MOST_EXAMPLES (1u << 14)
#define HG_SCAN_EXAMPLE_STEPS 16u
#define HG_SCAN_MOST_RETAINED (1u << 16)
#define HG_SCAN_STEPS         4u /* different offsets that a path keeps */

typedef enum hg_scan_state {
    HG_SCAN_NONE,
    HG_SCAN_RUNNING,
    HG_SCAN_DONE,
    HG_SCAN_FAILED, /* the message says why */
} hg_scan_state;

/* What a path begins with, or HG_STEP_BLOCK: a step from a block to the next. */
typedef enum hg_step {
    HG_STEP_BLOCK,
    HG_STEP_GLOBAL, /* the roots, in the order of preference */
    HG_STEP_THREAD_LOCAL,
    HG_STEP_KEY,
    HG_STEP_STACK,
    HG_STEP_REGISTER,
    HG_STEP_MAPPING,
    HG_STEP_COUNT
} hg_step;

/*
 * One step. The pointer lies at `at`: in the block before, or in the root, as follows.
 *   GLOBAL        module << 48 | offset from the load address, as in a record's frame
 *   THREAD_LOCAL  module << 48 | offset in the module's thread-local block
 *   KEY           the number of the pthread key
 *   STACK         bytes above the stack pointer
 *   REGISTER      its number
 *   MAPPING       offset in the mapping
 */
typedef struct hg_scan_path {
    uint32_t parent;  /* 0: this is a root */
    uint8_t step;     /* hg_step */
    bool array;       /* pointers at many places of the block; `at` is that of the first */
    bool repeated;    /* once more from a block like the one where the parent ends, any number of times */
    uint8_t places;   /* of the last step, if it is repeated; HG_SCAN_STEPS at most */
    uint32_t back;    /* repeated: the path from which the last step leads back to the parent */
    uint32_t thread;  /* index; of the first one, for THREAD_LOCAL and KEY, */
    uint32_t threads; /* and of so many threads it leads to blocks, as far as is known */
    uint32_t context; /* MAPPING: who mapped it */
    uint64_t at;
    uint64_t into; /* where in the first block the pointer points */
    uint64_t size; /* of the first block, in bytes */
    /* What the word there points to, as in a record's frame: in a C++ object that is its table of virtual
     * functions; 0: none. */
    uint64_t table;
    uint64_t code; /* STACK: of the function that has the place, as in a record's frame; 0: not known */
    uint64_t place[HG_SCAN_STEPS]; /* repeated: where in a block the pointer to the next one lies */
} hg_scan_path;

/* hg_scan_count.path beyond those of paths. */
#define HG_SCAN_LOST        UINT32_MAX       /* nothing points to them */
#define HG_SCAN_LOST_INSIDE (UINT32_MAX - 1) /* only other lost blocks do */
#define HG_SCAN_UNSCANNED   (UINT32_MAX - 2) /* the scan ended before it could tell */

typedef struct hg_scan_count {
    uint32_t path, context;
    uint64_t blocks, bytes;
    uint64_t heap_bytes; /* that they take of the heap: what the allocator adds, too */
    uint64_t
        old_bytes; /* of those that came in the first half of the rounds, warm-up apart: not of a table that
                            is renewed, nor of what was there from the start */
} hg_scan_count;

/* The steps to one block, each with the block that it leads to. */
typedef struct hg_scan_example {
    uint32_t steps; /* 0: there is none */
    struct hg_scan_example_step {
        uint64_t at, into, size; /* as of a path */
        bool array;
    } step[HG_SCAN_EXAMPLE_STEPS];
} hg_scan_example;

/* Where in a root; as of a path that begins there. */
typedef struct hg_scan_place {
    uint8_t step;
    uint32_t thread, context;
    uint64_t at;
} hg_scan_place;

/* Blocks that can be reached from these places, and from none before the first and none after the last. */
typedef struct hg_scan_retained {
    hg_scan_place first, last;
    uint64_t blocks, bytes;
} hg_scan_retained;

typedef struct hg_scan_thread {
    int32_t number; /* as the kernel counts */
    char name[16];
} hg_scan_thread;

/*
 * Whether the process may be copied now. A process that may make few system calls any more (seccomp) cannot
 * find out by itself, for already the question can be one too many: it asks, by this word, and waits for the
 * answer without a system call.
 */
typedef enum hg_scan_leave { HG_SCAN_UNASKED, HG_SCAN_ASKING, HG_SCAN_GRANTED, HG_SCAN_DENIED } hg_scan_leave;

#if defined(__aarch64__)
enum { HG_SCAN_ALL_REGISTERS = 31 };
#else
enum { HG_SCAN_ALL_REGISTERS = 15 };
#endif

/* Where a thread was that is made to take the snapshot, wherever it happened to be. */
typedef struct hg_scan_stopped {
    uint64_t pointer, code; /* pointer 0: it came by itself */
    uint64_t registers[HG_SCAN_ALL_REGISTERS];
} hg_scan_stopped;

/* For processes that are scanned on request, not at their last checkpoint. */
typedef struct hg_scan_request {
    uint32_t wanted;         /* set before the process starts */
    _Atomic int32_t owner;   /* the process that keeps the index; 0: none yet */
    _Atomic uint32_t asked;  /* any thread is to take a snapshot; 0 again once one does so */
    _Atomic uint32_t leave;  /* hg_scan_leave */
    _Atomic uint32_t served; /* the function below has done what it could */
    uint64_t function; /* of the process: takes a snapshot where the thread was stopped, and then waits, */
    uint64_t stack;    /* on this stack, which grows down from here */
    hg_scan_stopped stopped;
} hg_scan_request;

typedef struct hg_scan_header {
    char magic[8];
    hg_scan_request request;
    _Atomic uint32_t state;          /* hg_scan_state */
    _Atomic int32_t process;         /* that scans */
    uint32_t paths, counts, threads; /* used; path 0 is none */
    uint32_t
        wants_retained; /* set before the process starts: the table of what roots retain is wanted, too */
    uint32_t retained;  /* used */
    uint32_t unknown_threads; /* whose stack could not be found */
    uint64_t blocks;          /* alive */
    uint64_t unread_bytes;    /* of live blocks and roots that could not be read */
    int64_t held_up_ns;       /* that the program waited, */
    int64_t fork_ns;          /* of them for the fork */
    int64_t scan_ns;          /* processor time of the copy, */
    int64_t scan_wall_ns;     /* and by the clock */
    char message[256];
} hg_scan_header;

typedef struct hg_scan_file {
    hg_scan_header *header; /* NULL: there is none */
    hg_scan_path *paths;
    hg_scan_count *counts;
    hg_scan_example *examples; /* of the first counts */
    hg_scan_thread *threads;
    hg_scan_retained *retained;
} hg_scan_file;

/* An anonymous file, mapped; the caller closes the descriptor. 0, or a negative errno with nothing left. */
int hg_scan_file_create(hg_scan_file *ret_file, int *ret_fd);

/* Maps an existing one, which nobody can cut; allocates nothing. 0 or a negative errno. */
int hg_scan_file_open(const char *path, hg_scan_file *ret_file);

/* Before another scan: forgets what was found by the one before. Nobody scans now. */
void hg_scan_file_reset(hg_scan_file *file);

/*
 * What was found, in a file of its own; contexts that are not among the first `contexts` become
 * HG_CONTEXT_NONE. False, with nothing left, when memory ran out.
 */
bool hg_scan_file_copy(const hg_scan_file *file, uint32_t contexts, hg_scan_file *ret_copy);

/* Unmaps it; a zeroed one is fine. */
void hg_scan_file_close(hg_scan_file *file);

/* Whether every number in it leads to a place inside it, or into the sound record of the same process. */
bool hg_scan_file_is_sound(const hg_scan_file *file, const hg_record *record);

#endif
