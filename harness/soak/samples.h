/*
 * The samples of a soak: the curve of its figures over time, in fixed space, and on disk as it comes.
 *
 * The file has room for HG_SOAK_SAMPLES samples from the start, a line each; `sort -n` puts them in order.
 * When it is full, every second sample gives its place to a new one, from the oldest on, and only every
 * second new one is kept; when none is left to give way, every fourth, and so on. So any length fits, and old
 * times are told as finely as new ones, to within a factor of two.
 *
 * A line is written in one piece and has a checksum: whatever ends the writer at whatever moment, a reader
 * finds all samples but, at worst, the one that was being written. While a soak runs its file is locked.
 *
 * One thread.
 */
#ifndef HG_SOAK_SAMPLES_H
#define HG_SOAK_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HG_SOAK_SAMPLES 4096u

/* X(name, meaning); -1 is unknown. */
#define HG_SOAK_SAMPLE_FIELDS(X)                                                                             \
    X(number, "counts all that were taken, from 0")                                                          \
    X(elapsed_ms, "since the start of the process")                                                          \
    X(ops, "done since the start, warm-up included")                                                         \
    X(live_bytes, "requested bytes of blocks alive, the control excluded")                                   \
    X(live_blocks, "blocks alive, the control excluded")                                                     \
    X(allocations, "calls since the start")                                                                  \
    X(resident_bytes, "resident memory of the process")                                                      \
    X(allocated_bytes, "handed out, by the allocator's own count")                                           \
    X(mapped_bytes, "held from the system by the allocator")                                                 \
    X(open_files, "open file descriptors")                                                                   \
    X(threads, "threads")

typedef struct hg_soak_sample {
#define HG_SOAK_SAMPLE_MEMBER(name, meaning) int64_t name;
    HG_SOAK_SAMPLE_FIELDS(HG_SOAK_SAMPLE_MEMBER)
#undef HG_SOAK_SAMPLE_MEMBER
} hg_soak_sample;

typedef struct hg_soak_samples {
    int64_t taken;                  /* the number of the next */
    int64_t stride;                 /* numbers that are no multiple of it are not kept any more */
    uint32_t used;                  /* slots */
    uint32_t cursor;                /* slots before this one have given way, or need not */
    int file;                       /* -1: in memory only */
    bool behind;                    /* the file lacks something */
    int64_t planned_ms, started_ms; /* length of the soak; wall clock since 1970 */
    hg_soak_sample slots[HG_SOAK_SAMPLES];
} hg_soak_samples;

/* In memory only. */
void hg_soak_samples_init(hg_soak_samples *ret_samples, int64_t planned_ms, int64_t started_ms);

/*
 * Makes the file, with all the room it will ever need. 0 or a negative errno: -EWOULDBLOCK where another soak
 * writes it, -ENOSPC and the like where it can be tried again with hg_soak_samples_sync.
 */
int hg_soak_samples_open(hg_soak_samples *samples, const char *path);

/* Numbers the sample and keeps it, if it is its turn. 0 or a negative errno of the file, in memory it is. */
int hg_soak_samples_add(hg_soak_samples *samples, const hg_soak_sample *sample);

/* Brings the file up to date where a write failed. 0 or a negative errno. */
int hg_soak_samples_sync(hg_soak_samples *samples);

/* Reads a file. 0 or a negative errno; -EPROTO: it is none. ret_running: somebody still writes it. */
int hg_soak_samples_read(const char *path, hg_soak_samples *ret_samples, bool *ret_running);

/* The slots in the order of time: ret_order has room for HG_SOAK_SAMPLES indices. */
void hg_soak_samples_sort(const hg_soak_samples *samples, uint16_t *ret_order);

/* The newest kept; NULL: there is none. */
const hg_soak_sample *hg_soak_samples_last(const hg_soak_samples *samples);

void hg_soak_samples_close(hg_soak_samples *samples);

#endif
