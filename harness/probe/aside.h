/*
 * Tags of blocks whose pages the program may rule, kept aside of the blocks.
 *
 * A program may decommit, protect or map over the pages of its own block, as long as no other block has a
 * part in them. A block that contains a whole page can have such pages, and some programs round up to the end
 * of the last one. So the probe writes nothing into such a block and asks for no byte more than the program
 * did: the tag is in a table, by the block's address.
 *
 * The table. Levels of buckets, each level twice as large as the one before. A block may be in one bucket of
 * each level; all places of a bucket are looked at, so that a place that falls free leaves no trace. A new
 * level is made when all buckets of a block are full. Nothing moves or goes away: blocks that come and go
 * need no more memory than the most that were alive at a time.
 *
 * Concurrency. Any thread and signal handlers; no lock, no allocation; the one system call is the mmap of a
 * new level. Only whoever has a block puts or takes it, so no two calls are about the same block at a time.
 */
#ifndef HG_PROBE_ASIDE_H
#define HG_PROBE_ASIDE_H

#include "probe/tag.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HG_ASIDE_PAGE 4096u

/* Any block of this size contains a whole page. */
#define HG_ASIDE_BYTES (2 * HG_ASIDE_PAGE - 1)

/* Whether the block's tag is kept aside; as long as its usable size stays the same, so does the answer. */
static inline bool hg_aside_has(const void *block, size_t usable)
{
    if (__builtin_expect(usable < HG_ASIDE_PAGE, true))
        return false;
    size_t before_page = -(uintptr_t)block % HG_ASIDE_PAGE;
    return usable - HG_ASIDE_PAGE >= before_page;
}

/*
 * What to ask the allocator for: room for a tail tag, unless the tag will be aside wherever the block lies.
 */
static inline size_t hg_aside_request(size_t size, size_t alignment)
{
    bool is_aside = size >= HG_ASIDE_BYTES || (alignment >= HG_ASIDE_PAGE && size >= HG_ASIDE_PAGE);
    return is_aside ? size : size + HG_TAG_BYTES;
}

/* False, and nothing kept, if there is no memory. The block is not in the table. */
bool hg_aside_put(const void *block, hg_tag tag);

/* False if the block is not in the table; ret_tag is untouched then. */
bool hg_aside_find(const void *block, hg_tag *ret_tag);

/* The same, and the block is in the table no longer. */
bool hg_aside_take(const void *block, hg_tag *ret_tag);

/*
 * Takes all that lie from begin to last; each of them is told of. Of blocks in there no other call is made
 * meanwhile.
 */
void hg_aside_take_between(uintptr_t begin, uintptr_t last, void (*tell)(hg_tag tag));

/* Forgets all, in a forked child; no other thread runs. */
void hg_aside_reset(void);

#endif
