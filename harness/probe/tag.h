/*
 * The tail tag: what the probe knows about a live block, kept in the last eight bytes of the block itself.
 *
 * The probe asks the allocator for HG_TAG_BYTES more than the program asked for and writes the tag at the
 * very end of the usable block. When a block is freed, the block itself tells its context, epoch and size:
 * there is no table, nothing grows with the heap, and alignment is untouched.
 *
 *     |<------------- usable size, as the real allocator says ------------->|
 *     |<--- requested size --->|<------- what it rounded up ------->|<--- tag --->|
 *
 * Blocks whose pages the program may rule have their tag elsewhere (aside.h). So all others are small, and
 * the requested size fits into the tag.
 *
 * A block that the probe did not hand out has no tag. A tag is 40 bits of fields, scrambled with a key of the
 * process and the block's address. Unscrambled, it must name a context that exists: the upper 24 bits are 0,
 * and more of them in a process with fewer contexts. Of other words, one in 16 million passes for a tag, and
 * one in a billion where there are fewer than 4,096 contexts. A tag is wiped when its block is freed. So
 * where the allocator hands out a block with a valid tag, the block that was there before was freed past the
 * probe.
 */
#ifndef HG_PROBE_TAG_H
#define HG_PROBE_TAG_H

#include "record/assert.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HG_TAG_BYTES 8u

enum { HG_TAG_CONTEXT_BITS = 18, HG_TAG_EPOCH_BITS = 9, HG_TAG_SIZE_BITS = 13 };
enum { HG_TAG_CONTEXT_SHIFT = HG_TAG_SIZE_BITS + HG_TAG_EPOCH_BITS };

typedef struct hg_tag {
    uint32_t context;
    uint32_t epoch;
    size_t requested; /* bytes */
} hg_tag;

/* All zero, it reads nothing but tags of context 0 and epoch 0. */
typedef struct hg_tag_key {
    uint64_t mask, factor, inverse; /* factor is odd; factor * inverse is 1 */
} hg_tag_key;

/* From random words. */
static inline hg_tag_key hg_tag_make_key(uint64_t mask, uint64_t factor)
{
    hg_tag_key key = {.mask = mask, .factor = factor | 1, .inverse = factor | 1};
    /* Newton's iteration: an odd number is its own inverse in 3 bits, and each step doubles them. */
    for (int bits = 3; bits < 64; bits *= 2)
        key.inverse *= 2 - key.factor * key.inverse;
    return key;
}

/*
 * All of a tag but the block: for hg_tag_put. What a whole round has in common is worked out once.
 */
static inline uint64_t hg_tag_base(uint32_t context, uint32_t epoch, const hg_tag_key *key)
{
    HG_PROBE_ASSERT(context >> HG_TAG_CONTEXT_BITS == 0 && epoch >> HG_TAG_EPOCH_BITS == 0);
    return ((uint64_t)context << HG_TAG_CONTEXT_SHIFT | (uint64_t)epoch << HG_TAG_SIZE_BITS) + key->mask;
}

static inline void hg_tag_put(void *block, size_t usable, uint64_t base, size_t requested,
                              const hg_tag_key *key)
{
    HG_PROBE_ASSERT(requested <= usable && usable - requested >= HG_TAG_BYTES);
    HG_PROBE_ASSERT(requested >> HG_TAG_SIZE_BITS == 0);
    uint64_t word = (base + requested) * key->inverse - (uintptr_t)block;
    __builtin_memcpy((char *)block + usable - HG_TAG_BYTES, &word, sizeof word);
}

/* usable must be at least tag.requested + HG_TAG_BYTES. */
static inline void hg_tag_write(void *block, size_t usable, hg_tag tag, const hg_tag_key *key)
{
    hg_tag_put(block, usable, hg_tag_base(tag.context, tag.epoch, key), tag.requested, key);
}

/*
 * False when the block carries no valid tag of one of so many contexts, the first ones; ret_tag is untouched
 * then. usable is at least HG_TAG_BYTES. That the requested size fits into the block is left to the caller.
 */
static inline bool hg_tag_read_of(const void *block, size_t usable, hg_tag *ret_tag, const hg_tag_key *key,
                                  uint64_t contexts)
{
    uint64_t word;
    __builtin_memcpy(&word, (const char *)block + usable - HG_TAG_BYTES, sizeof word);
    uint64_t fields = (word + (uintptr_t)block) * key->factor - key->mask;
    if (fields >> HG_TAG_CONTEXT_SHIFT >= contexts)
        return false;
    ret_tag->requested = fields & ((1u << HG_TAG_SIZE_BITS) - 1);
    ret_tag->epoch = fields >> HG_TAG_SIZE_BITS & ((1u << HG_TAG_EPOCH_BITS) - 1);
    ret_tag->context = (uint32_t)(fields >> HG_TAG_CONTEXT_SHIFT);
    return true;
}

static inline bool hg_tag_read(const void *block, size_t usable, hg_tag *ret_tag, const hg_tag_key *key)
{
    hg_tag tag;
    if (usable < HG_TAG_BYTES || !hg_tag_read_of(block, usable, &tag, key, 1u << HG_TAG_CONTEXT_BITS) ||
        tag.requested > usable - HG_TAG_BYTES)
        return false;
    *ret_tag = tag;
    return true;
}

/* Whether there is anything where the tag will be: almost never in a block whose tag was wiped. */
static inline bool hg_tag_is_used(const void *block, size_t usable)
{
    HG_PROBE_ASSERT(usable >= HG_TAG_BYTES);
    uint64_t word;
    __builtin_memcpy(&word, (const char *)block + usable - HG_TAG_BYTES, sizeof word);
    return word != 0;
}

/* The block has a tag. */
static inline void hg_tag_wipe(void *block, size_t usable)
{
    HG_PROBE_ASSERT(usable >= HG_TAG_BYTES);
    __builtin_memset((char *)block + usable - HG_TAG_BYTES, 0, HG_TAG_BYTES);
}

#endif
