/*
 * Makes a text that has the same XXH3 hash as another, in constant time.
 *
 * For 17 to 32 bytes XXH3 sums two products, one per 16 bytes: (low ^ secret) * (high ^ secret'), 128 bits
 * folded to
 * 64. Where low equals the secret but for its last bit, the product is the high half alone, which therefore
 * can be chosen to reach any sum; the final mixing is undone step by step. The constants are the ones of the
 * XXH3 specification, taken from its header.
 */
#ifndef STORE_FORGERY_H
#define STORE_FORGERY_H

#define XXH_INLINE_ALL
#include <string.h>
#include <xxhash.h>

enum { FORGED_BYTES = 32 };

static inline uint64_t forgery_inverse(uint64_t odd)
{
    uint64_t inverse = odd;

    for (int i = 0; i < 6; i++) /* Newton: each step doubles the number of right bits */
        inverse *= 2 - odd * inverse;
    return inverse;
}

static inline uint64_t forgery_undo_mixing(uint64_t hash)
{
    hash ^= hash >> 32;
    hash *= forgery_inverse(0x165667919E3779F9u);
    hash ^= hash >> 37;
    return hash;
}

static inline uint64_t forgery_secret(size_t offset)
{
    uint64_t secret;

    memcpy(&secret, XXH3_kSecret + offset, sizeof secret);
    return secret;
}

/* The first 16 bytes are free. */
static inline void forge(uint64_t hash, const char start[16], char forged[FORGED_BYTES])
{
    uint64_t low = forgery_secret(16) ^ 1, high = 0, first[2];
    uint64_t sum = FORGED_BYTES * XXH_PRIME64_1;

    memcpy(first, start, sizeof first);
    sum += XXH3_mul128_fold64(first[0] ^ forgery_secret(0), first[1] ^ forgery_secret(8));
    high = (forgery_undo_mixing(hash) - sum) ^ forgery_secret(24);
    memcpy(forged, start, 16);
    memcpy(forged + 16, &low, sizeof low);
    memcpy(forged + 24, &high, sizeof high);
}

#endif
