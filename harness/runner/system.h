/*
 * What the runner reads about its own process at a checkpoint. None of it allocates. Linux only.
 */
#ifndef HG_RUNNER_SYSTEM_H
#define HG_RUNNER_SYSTEM_H

#include <stddef.h>
#include <stdint.h>

typedef struct hg_clock {
    int64_t wall_ns; /* monotonic */
    int64_t cpu_ns;  /* processor time of all threads of the process */
} hg_clock;

hg_clock hg_system_clock(void);
/* wall_ns alone. */
int64_t hg_system_now_ns(void);

/* How long the calling thread has waited for a processor since it began; 0 if unknown. */
int64_t hg_system_delay_ns(void);

/*
 * Resident memory that is neither a file nor shared; -1 if unknown. The record is shared, so it is not in it.
 */
int64_t hg_system_anonymous_bytes(void);

/*
 * What its open files and its shared segments take in memory (record/memory_files.h), mapped or not.
 * ret_name: what the largest file is called, cut to fit; "" for none.
 */
int64_t hg_system_held_bytes(char *ret_name, size_t size);

/* How much of these addresses is resident. */
int64_t hg_system_resident_bytes(uint64_t begin, uint64_t bytes);

/* What the system lets the process have; INT64_MAX where there is no limit or it is not known. */
typedef struct hg_limits {
    int64_t files, mappings, segments, address_space_bytes; /* segments: of the whole system */
} hg_limits;

hg_limits hg_system_limits(void);

/* The number of memory mappings; -1 when unknown. */
int64_t hg_system_count_mappings(void);

/* The HG_LIMIT_ flags of what the process has come to the end of; files and mappings: how many, or -1. */
uint32_t hg_system_at_limit(const hg_limits *limits, int64_t files, int64_t mappings);

/* Entries of a directory, without . and .. and without the descriptor that reads it; -1 when unknown. */
int64_t hg_system_count_entries(const char *path);

/*
 * The number of threads; -1 if unknown. A thread that nobody joins needs a moment to end: if there are more
 * than `before`, this waits for them, and takes the time out of *patience_ms, which is all that the process
 * may wait.
 */
int64_t hg_system_settle_threads(int64_t before, uint32_t *patience_ms);

#endif
