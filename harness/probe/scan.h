/*
 * Who holds the blocks of this process: at its last checkpoint, or on request, a copy of it is forked, which
 * looks for pointers in all its memory and writes what it finds into the scan file (record/scan_file.h). The
 * program itself goes on at once.
 *
 * In the process (scan.c): where its modules, thread-local blocks, threads and registers are. In the copy:
 *   scan_memory    what can be read of it, and reading words without crashing
 *   scan_roots     where pointers may lie that keep blocks alive
 *   scan_graph     the blocks by address, and from which root or block each was reached first
 *   scan_paths     the ways from root to block, with like ones taken together
 *   scan_retained  which of them only one root leads to
 *   scan_frames    which function a place on a stack belongs to
 *   scan_sizes     what a block takes of the heap
 *
 * The copy does only what is safe after fork in a process with threads: it takes no lock, and its memory is
 * mapped. A signal ends it when it takes too long; whatever becomes of it, the process is not concerned.
 */
#ifndef HG_PROBE_SCAN_H
#define HG_PROBE_SCAN_H

#include "probe/thread.h"
#include "record/scan_file.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whose a module is: the program's own, of a library that the system brings, or the C library or the linker.
 */
typedef enum hg_scan_owner { HG_OWNER_PROGRAM, HG_OWNER_LIBRARY, HG_OWNER_SYSTEM } hg_scan_owner;

/* Where pointers may lie that keep blocks alive. */
typedef struct hg_scan_root {
    uintptr_t begin, end;
    uint8_t step;    /* hg_step */
    uint8_t owner;   /* hg_scan_owner */
    bool keeps_free; /* of the allocator that keeps its state in front of blocks, see hg_graph_led_to */
    uint32_t thread, context;
    uint64_t at; /* of begin, as a path has it */
} hg_scan_root;

typedef struct hg_scan_tls {
    uint64_t at; /* module << 48 */
    size_t number, size;
    uintptr_t own;      /* of the thread that takes the snapshot; 0: not made yet, or at: */
    uintptr_t distance; /* static_tls.h */
    uint8_t owner;      /* hg_scan_owner */
} hg_scan_tls;

typedef struct hg_scan_stack {
    uintptr_t pointer; /* 0: not known */
    uintptr_t code;    /* where the thread is; 0: not known, or in the snapshot itself */
    uintptr_t registers[HG_SCAN_ALL_REGISTERS];
} hg_scan_stack;

enum { HG_SCAN_MOST_SEGMENTS = 8192, HG_SCAN_MOST_TLS = 4096 };
/* Of the C library: a control block of a thread, the values of pthread keys that lie in it, their bytes. */
enum { HG_SCAN_CONTROL_BYTES = 4096, HG_SCAN_INLINE_KEYS = 32, HG_SCAN_KEY_BYTES = 16 };

/* What the process knows of itself. Threads are those of the scan file; the first one takes the snapshot. */
typedef struct hg_snapshot {
    hg_scan_root segments[HG_SCAN_MOST_SEGMENTS];
    size_t segment_count;
    hg_scan_tls tls[HG_SCAN_MOST_TLS];
    size_t tls_count;
    hg_scan_stack stacks[HG_SCAN_MOST_THREADS];
    hg_stack_bounds known[HG_SCAN_MOST_THREADS]; /* stacks of threads that allocated, in no order */
    size_t known_count;
    uintptr_t self;   /* the thread's control block */
    size_t number_at; /* of a thread, in its control block; only where the block does not name itself */
    size_t keys;      /* of pthread keys, from a control block; 0: not known */
    hg_scan_file file;
} hg_snapshot;

/* Keeps an index of blocks from now on. Before the probe attaches. */
void hg_scan_start(const char *path);

/* The last checkpoint: takes a snapshot, unless they are taken on request only. Does nothing if no scan is
 * wanted. */
void hg_scan_take(void);

/*
 * Snapshots on request (hg_scan_request), of which each takes the place of the one before. A thread that
 * allocates answers a request, if there is one; one that ends the process takes a snapshot if none was asked
 * for that is still to be read. A process that waits, or allocates nothing, is stopped from outside, and
 * one of its threads made to call a function that takes it.
 */
void hg_scan_answer(void);
void hg_scan_at_end(void);
void hg_scan_at_end_of_child(void); /* nothing if this is the program itself */

/* Whether snapshots are taken on request. */
bool hg_scan_on_request(void);

/*
 * In a child that begins to count: it has a scan file of its own, or none; then it keeps no index. One that
 * was forked has the blocks and mappings of its parent, which lead to its own, but are not counted.
 */
void hg_scan_take_over(const hg_scan_file *given, bool is_forked);

/* Whether this process has them. */
bool hg_scan_inherits(void);

/*
 * How many blocks of each context nothing leads to, and how many there are: in a copy of this process that is
 * made for it, while this one waits. The counts are in memory that copies share, zeroed. False if it is not
 * to be found out. The probe is busy on this thread (hg_counting_enter).
 */
typedef struct hg_scan_tally {
    uint32_t lost, held;
} hg_scan_tally;
bool hg_scan_count_lost(hg_scan_tally *counts, uint32_t contexts);

/* In the copy. */
void hg_scan_run(const hg_snapshot *snapshot);

#endif
