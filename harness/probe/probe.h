/*
 * The probe's core: the real allocator, instrumented. preload.c exports it under the allocator's names; tests
 * link it and call it directly.
 *
 * States. Until a record is attached, and again in a forked child, the functions pass straight through to the
 * real allocator. Once attached, they give every block a tail tag (tag.h) and count it under its context
 * (context.h) and epoch. A block that was allocated before that, or while the probe itself was at work on the
 * thread, has no tag and is not counted; freeing it is fine.
 */
#ifndef HG_PROBE_PROBE_H
#define HG_PROBE_PROBE_H

#include "probe/tag.h"
#include "probe/walk.h"
#include "record/calls.h"
#include "record/record.h"
#include <stdbool.h>
#include <stddef.h>

/*
 * Attaches to the record at the path. If another process writes that one, and children_variable (the value of
 * HG_ENV_CHILDREN) is not NULL, attaches to a record of its own. False, with the reason in ret_message, if
 * neither is possible. Called once.
 */
bool hg_probe_attach(const char *record_path, const char *children_variable, char *ret_message,
                     size_t message_size);

/* malloc is in quickly.h. */
void *hg_probe_calloc(size_t count, size_t size, hg_caller caller);
void *hg_probe_realloc(void *block, size_t size, hg_caller caller);
void *hg_probe_aligned(void *(*allocate)(size_t, size_t), size_t alignment, size_t size, hg_caller caller,
                       hg_call call);
int hg_probe_posix_memalign(void **ret_block, size_t alignment, size_t size, hg_caller caller);
void hg_probe_free(void *block);

/*
 * For functions that only one allocator has. adopt counts a block that the allocator made HG_TAG_BYTES larger
 * than requested. release takes the count back before the allocator frees or resizes the block: its tail is
 * zeroed, and the probe no longer knows it. restore undoes a release if the allocator left the block alone.
 */
typedef struct hg_probe_released {
    bool counted;
    hg_tag tag;
} hg_probe_released;

void *hg_probe_adopt(void *block, size_t requested, hg_caller caller);
hg_probe_released hg_probe_release(void *block);
void hg_probe_restore(void *block, hg_probe_released released);

/* False if the block has no tag. */
bool hg_probe_tag_of(void *block, hg_tag *ret_tag);

/* What the allocator gave for it, the tag included. */
size_t hg_probe_whole_size(void *block);
size_t hg_probe_usable_size(void *block);
void *hg_probe_mmap(void *wanted, size_t size, int protection, int flags, int file, int64_t offset,
                    hg_caller caller);
int hg_probe_munmap(void *place, size_t size);
void *hg_probe_mremap(void *old, size_t old_size, size_t size, int flags, void *wanted, hg_caller caller);
int hg_probe_mprotect(void *place, size_t size, int protection, hg_caller caller);
int hg_probe_madvise(void *place, size_t size, int advice, hg_caller caller);
/* The program has chosen a place to map to, which may lie in a block. No other mapping can. */
extern _Atomic bool hg_probe_maps_over;
/* What the program mapped over parts of a block goes back to the allocator with it. Whether there was any. */
bool hg_probe_forget_mappings(uintptr_t begin, uintptr_t end);
/* Called before mappings are counted. False if there is no memory. */
bool hg_probe_start_mappings(void);
/* Sets up what the probe keeps for the calling thread now, instead of in its first allocation. */
void hg_probe_prepare_thread(void);

/* Code may have been unloaded by the call that just returned. Any thread. */
void hg_probe_code_unloaded(void);

/*
 * The runner finds these functions by name, with dlsym. One thread calls them, between ops.
 */

/*
 * Closes the current epoch: writes its row of the record's live counts. Gives the number of allocations so
 * far.
 */
__attribute__((visibility("default"))) int64_t heapgate_probe_checkpoint(void);
/* Ends a round of a program that marks its rounds (heapgate/mark.h), or a part of one. One thread. */
__attribute__((visibility("default"))) void heapgate_probe_mark(void);
/* The context that a block of ours was allocated from, HG_CONTEXT_NONE for a stranger. */
__attribute__((visibility("default"))) uint32_t heapgate_probe_context(void *block);
/*
 * The blocks and bytes that are alive now, mappings included. Takes some ten instructions a thread, and no
 * lock.
 */
__attribute__((visibility("default"))) void heapgate_probe_live(int64_t *ret_blocks, int64_t *ret_bytes);
/* Whether allocations are being counted into the record. */
__attribute__((visibility("default"))) bool heapgate_probe_attached(void);

#endif
