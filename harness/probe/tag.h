/*
 * The tail tag: what the probe knows about a live block, kept in the last eight bytes of the block itself.
 *
 * The probe asks the allocator for HG_TAG_BYTES more than the program asked for and writes the tag at the
 * very end of the usable block. Freeing a block thus tells its context, epoch and size from the block alone:
 * no table, no growth with the heap, alignment untouched.
 *
 *     |<------------- usable size, as the real allocator says ------------->|
 *     |<--- requested size --->|<----------- slack ----------->|<--- tag --->|
 *
 * The slack is what the allocator rounded up. Up to 254 bytes it is part of the tag; where it is more, there
 * is room for a whole word in the slack itself, right before the tag, which then holds the requested size.
 * The limit lies where few blocks cross it, so that the processor foresees which way it goes.
 *
 * A block that the probe did not hand out has no tag. The check value (30 bits, of the address, a secret of
 * the process and the other fields) tells: a stranger passes for ours once in a billion. A tag is wiped when
 * its block is freed, so that a stale one is never met again.
 */
#ifndef HG_PROBE_TAG_H
#define HG_PROBE_TAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HG_TAG_BYTES 8u

enum { HG_TAG_CONTEXT_BITS = 18, HG_TAG_EPOCH_BITS = 8, HG_TAG_SLACK_BITS = 8, HG_TAG_CHECK_BITS = 30 };
enum { HG_TAG_SLACK_IN_WORD = 255 };

typedef struct hg_tag {
    uint32_t context;
    uint32_t epoch;
    size_t requested; /* bytes */
} hg_tag;

static inline uint64_t hg_tag_check(uintptr_t block, uint64_t payload, uint64_t secret)
{
    return ((block + payload) ^ secret) * 0x9e3779b97f4a7c15u >> (64 - HG_TAG_CHECK_BITS);
}

/* usable must be at least tag.requested + HG_TAG_BYTES. */
static inline void hg_tag_write(void *block, size_t usable, hg_tag tag, uint64_t secret)
{
    char *end = (char *)block + usable - HG_TAG_BYTES;
    uint64_t slack = usable - HG_TAG_BYTES - tag.requested;
    if (slack >= HG_TAG_SLACK_IN_WORD) {
        uint64_t requested = tag.requested;
        memcpy(end - sizeof requested, &requested, sizeof requested);
        slack = HG_TAG_SLACK_IN_WORD;
    }
    uint64_t payload = tag.context;
    payload = payload << HG_TAG_EPOCH_BITS | tag.epoch;
    payload = payload << HG_TAG_SLACK_BITS | slack;
    uint64_t word = payload << HG_TAG_CHECK_BITS | hg_tag_check((uintptr_t)block, payload, secret);
    memcpy(end, &word, sizeof word);
}

/* False when the block carries no valid tag; ret_tag is untouched then. */
static inline bool hg_tag_read(const void *block, size_t usable, hg_tag *ret_tag, uint64_t secret)
{
    if (usable < HG_TAG_BYTES)
        return false;
    const char *end = (const char *)block + usable - HG_TAG_BYTES;
    uint64_t word;
    memcpy(&word, end, sizeof word);
    uint64_t payload = word >> HG_TAG_CHECK_BITS;
    if ((word & ((1u << HG_TAG_CHECK_BITS) - 1)) != hg_tag_check((uintptr_t)block, payload, secret))
        return false;
    size_t room = usable - HG_TAG_BYTES;
    size_t slack = payload & ((1u << HG_TAG_SLACK_BITS) - 1);
    uint64_t requested = room - slack;
    if (slack == HG_TAG_SLACK_IN_WORD) {
        if (room < sizeof requested)
            return false;
        memcpy(&requested, end - sizeof requested, sizeof requested);
    }
    if (slack > HG_TAG_SLACK_IN_WORD || requested > room)
        return false;
    ret_tag->requested = requested;
    ret_tag->epoch = payload >> HG_TAG_SLACK_BITS & ((1u << HG_TAG_EPOCH_BITS) - 1);
    ret_tag->context = (uint32_t)(payload >> (HG_TAG_SLACK_BITS + HG_TAG_EPOCH_BITS));
    return true;
}

static inline void hg_tag_wipe(void *block, size_t usable)
{
    memset((char *)block + usable - HG_TAG_BYTES, 0, HG_TAG_BYTES);
}

/* The bytes that the program may use of a tagged block: everything before the probe's own words. */
static inline size_t hg_tag_usable(size_t usable, const hg_tag *tag)
{
    size_t room = usable - HG_TAG_BYTES;
    return room - tag->requested >= HG_TAG_SLACK_IN_WORD ? room - sizeof(uint64_t) : room;
}

#endif
