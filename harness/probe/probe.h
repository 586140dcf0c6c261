/*
 * The probe's core: the real allocator, instrumented. preload.c exports it under the allocator's names; tests
 * link it and call it directly.
 *
 * States. Until a record is attached, and again in a forked child, the functions pass straight through to the
 * real allocator. Attached, every block gets a tail tag (tag.h) and is counted under its context (context.h)
 * and epoch. A block allocated while the probe itself is at work on this thread, or before it was attached,
 * has no tag and is not counted; freeing it is fine.
 */
#ifndef HG_PROBE_PROBE_H
#define HG_PROBE_PROBE_H

#include "probe/tag.h"
#include "probe/walk.h"
#include "record/record.h"
#include <stdbool.h>
#include <stddef.h>

/*
 * Attaches to the record at the path, or where another process has that, to one of its own if
 * children_variable (the value of HG_ENV_CHILDREN) is not NULL. False, with the
 * reason in ret_message, when it cannot be. Called once.
 */
bool hg_probe_attach(const char *record_path, const char *children_variable, char *ret_message,
                     size_t message_size);

void *hg_probe_malloc(size_t size, hg_caller caller);
void *hg_probe_calloc(size_t count, size_t size, hg_caller caller);
void *hg_probe_realloc(void *block, size_t size, hg_caller caller);
void *hg_probe_aligned(void *(*allocate)(size_t, size_t), size_t alignment, size_t size, hg_caller caller);
int hg_probe_posix_memalign(void **ret_block, size_t alignment, size_t size, hg_caller caller);
void hg_probe_free(void *block);

/*
 * For functions that only one allocator has. adopt counts a block that it gave, with HG_TAG_BYTES more than
 * was requested. release takes the count back, before the allocator frees or resizes the block: it is a
 * stranger then, its tail zeroed. restore undoes a release, where the allocator left the block alone.
 */
typedef struct hg_probe_released {
    bool counted;
    hg_tag tag;
} hg_probe_released;

void *hg_probe_adopt(void *block, size_t requested, hg_caller caller);
hg_probe_released hg_probe_release(void *block);
void hg_probe_restore(void *block, hg_probe_released released);

size_t hg_probe_usable_size(void *block);
void *hg_probe_mmap(void *wanted, size_t size, int protection, int flags, int file, int64_t offset,
                    hg_caller caller);
int hg_probe_munmap(void *place, size_t size);
void *hg_probe_mremap(void *old, size_t old_size, size_t size, int flags, void *wanted, hg_caller caller);
/* Before they are counted. False when memory is not to be had. */
bool hg_probe_start_mappings(void);
/* The calling thread gets what the probe keeps for it now, and not in the midst of its first allocation. */
void hg_probe_prepare_thread(void);

/* Code may have been unloaded by the call that just returned. Any thread. */
void hg_probe_code_unloaded(void);

/*
 * What the runner calls, by these names, found with dlsym. One thread, nothing in flight.
 */

/* Closes the current epoch: writes its row of the record's live counts and gives the number of allocations so
 * far. */
__attribute__((visibility("default"))) int64_t heapgate_probe_checkpoint(void);
/* The same, for a program that marks its rounds: see heapgate/mark.h. */
__attribute__((visibility("default"))) void heapgate_probe_mark(void);
/* The context that a block of ours was allocated from, HG_CONTEXT_NONE for a stranger. */
__attribute__((visibility("default"))) uint32_t heapgate_probe_context(void *block);
/* Whether allocations are being counted into the record. */
__attribute__((visibility("default"))) bool heapgate_probe_attached(void);

#endif
