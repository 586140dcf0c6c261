/*
 * The probe's core: the real allocator, instrumented. preload.c exports it under the allocator's names; tests
 * link it and call it directly.
 *
 * States. Until a record is attached, and again in a forked child, the functions pass straight through to the
 * real allocator. Attached, every block gets a tail tag (tag.h) and is counted under its context (context.h)
 * and epoch. A block allocated while the probe itself is at work on this thread, or before it was attached,
 * has no tag and is not counted; freeing it is fine.
 *
 * Counting. Each thread adds to counters of its own (a shard); a checkpoint sums up. A shard outlives its
 * thread and is handed to the next new one. A thread past its end, or one for which no shard can be had, adds
 * atomically to a common one.
 */
#ifndef HG_PROBE_PROBE_H
#define HG_PROBE_PROBE_H

#include "../record/record.h"
#include "walk.h"
#include <stdbool.h>
#include <stddef.h>

/* Attaches to the record at the path. False, with the reason in ret_message, when it cannot be. Called once.
 */
bool hg_probe_attach(const char *record_path, char *ret_message, size_t message_size);

void *hg_probe_malloc(size_t size, hg_caller caller);
void *hg_probe_calloc(size_t count, size_t size, hg_caller caller);
void *hg_probe_realloc(void *block, size_t size, hg_caller caller);
void *hg_probe_aligned(void *(*allocate)(size_t, size_t), size_t alignment, size_t size, hg_caller caller);
int hg_probe_posix_memalign(void **ret_block, size_t alignment, size_t size, hg_caller caller);
void hg_probe_free(void *block);
size_t hg_probe_usable_size(void *block);
void hg_probe_code_unloaded(void);

/*
 * What the runner calls, by these names, found with dlsym. One thread, nothing in flight.
 */

/* Closes the current epoch: writes its row of the record's live counts and gives the number of allocations so
 * far. */
__attribute__((visibility("default"))) int64_t heapgate_probe_checkpoint(void);
/* The context that a block of ours was allocated from, HG_CONTEXT_NONE for a stranger. */
__attribute__((visibility("default"))) uint32_t heapgate_probe_context(void *block);
/* Whether allocations are being counted into the record. */
__attribute__((visibility("default"))) bool heapgate_probe_attached(void);

#endif
