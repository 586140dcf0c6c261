/*
 * The tail tag: what the probe knows about a live block, kept in the last eight bytes of the block itself.
 *
 * The probe asks the allocator for HG_TAG_BYTES more than the program asked for and writes the tag at the
 * very end of the usable block. When a block is freed, the block itself tells its context, epoch and size:
 * there is no table, nothing grows with the heap, and alignment is untouched.
 *
 *     |<------------- usable size, as the real allocator says ------------->|
 *     |<--- requested size --->|<----------- slack ----------->|<--- tag --->|
 *
 * The slack is what the allocator rounded up. The tag stores a slack of up to 254 bytes. A larger slack has
 * room for a whole word of its own: the requested size then stands right before the tag. Few blocks have so
 * much slack, so the processor predicts the branch well.
 *
 * Blocks whose pages the program may rule have their tag elsewhere (aside.h).
 *
 * A block that the probe did not hand out has no tag. A tag is 35 bits of fields, scrambled with a key of the
 * process and the block's address. Unscrambled, its upper 29 bits must be 0; any other word passes for a tag
 * once in half a billion times. A tag is wiped when its block is freed. So where the allocator hands out a
 * block with a valid tag, the block that was there before was freed past the probe.
 */
#ifndef HG_PROBE_TAG_H
#define HG_PROBE_TAG_H

#include "record/assert.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HG_TAG_BYTES 8u

enum { HG_TAG_CONTEXT_BITS = 18, HG_TAG_EPOCH_BITS = 9, HG_TAG_SLACK_BITS = 8 };
enum { HG_TAG_SLACK_IN_WORD = 255 };

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

/* usable must be at least tag.requested + HG_TAG_BYTES. */
static inline void hg_tag_write(void *block, size_t usable, hg_tag tag, const hg_tag_key *key)
{
    HG_PROBE_ASSERT(tag.requested <= usable && usable - tag.requested >= HG_TAG_BYTES);
    HG_PROBE_ASSERT(tag.context >> HG_TAG_CONTEXT_BITS == 0 && tag.epoch >> HG_TAG_EPOCH_BITS == 0);
    char *end = (char *)block + usable - HG_TAG_BYTES;
    uint64_t slack = usable - HG_TAG_BYTES - tag.requested;
    if (slack >= HG_TAG_SLACK_IN_WORD) {
        uint64_t requested = tag.requested;
        memcpy(end - sizeof requested, &requested, sizeof requested);
        slack = HG_TAG_SLACK_IN_WORD;
    }
    uint64_t fields = tag.context;
    fields = fields << HG_TAG_EPOCH_BITS | tag.epoch;
    fields = fields << HG_TAG_SLACK_BITS | slack;
    uint64_t word = (fields * key->inverse ^ key->mask) - (uintptr_t)block;
    memcpy(end, &word, sizeof word);
}

/*
 * False when the block carries no valid tag of one of so many contexts, the first ones; ret_tag is untouched
 * then.
 */
static inline bool hg_tag_read_of(const void *block, size_t usable, hg_tag *ret_tag, const hg_tag_key *key,
                                  uint32_t contexts)
{
    if (usable < HG_TAG_BYTES)
        return false;
    const char *end = (const char *)block + usable - HG_TAG_BYTES;
    uint64_t word;
    memcpy(&word, end, sizeof word);
    uint64_t fields = ((word + (uintptr_t)block) ^ key->mask) * key->factor;
    if (fields >> (HG_TAG_SLACK_BITS + HG_TAG_EPOCH_BITS) >= contexts)
        return false;
    size_t room = usable - HG_TAG_BYTES;
    size_t slack = fields & ((1u << HG_TAG_SLACK_BITS) - 1);
    uint64_t requested = room - slack;
    if (slack == HG_TAG_SLACK_IN_WORD) {
        if (room < sizeof requested)
            return false;
        memcpy(&requested, end - sizeof requested, sizeof requested);
        if (requested > room)
            return false;
    }
    ret_tag->requested = requested;
    ret_tag->epoch = fields >> HG_TAG_SLACK_BITS & ((1u << HG_TAG_EPOCH_BITS) - 1);
    ret_tag->context = (uint32_t)(fields >> (HG_TAG_SLACK_BITS + HG_TAG_EPOCH_BITS));
    return true;
}

static inline bool hg_tag_read(const void *block, size_t usable, hg_tag *ret_tag, const hg_tag_key *key)
{
    return hg_tag_read_of(block, usable, ret_tag, key, 1u << HG_TAG_CONTEXT_BITS);
}

/* Whether there is anything where the tag will be: almost never in a block whose tag was wiped. */
static inline bool hg_tag_is_used(const void *block, size_t usable)
{
    HG_PROBE_ASSERT(usable >= HG_TAG_BYTES);
    uint64_t word;
    memcpy(&word, (const char *)block + usable - HG_TAG_BYTES, sizeof word);
    return word != 0;
}

/* The block has a tag. */
static inline void hg_tag_wipe(void *block, size_t usable)
{
    HG_PROBE_ASSERT(usable >= HG_TAG_BYTES);
    memset((char *)block + usable - HG_TAG_BYTES, 0, HG_TAG_BYTES);
}

/* The bytes that the program may use of a tagged block: everything before the probe's own words. */
static inline size_t hg_tag_usable(size_t usable, const hg_tag *tag)
{
    HG_PROBE_ASSERT(tag->requested <= usable && usable - tag->requested >= HG_TAG_BYTES);
    size_t room = usable - HG_TAG_BYTES;
    return room - tag->requested >= HG_TAG_SLACK_IN_WORD ? room - sizeof(uint64_t) : room;
}

#endif
