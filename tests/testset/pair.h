/*
 * The test set: pairs of workloads written from the documentation alone, by someone who has not read the
 * analysis. Each source is built twice, with LEAKS 1 and with LEAKS 0, which differ in one mistake. What is
 * true of each pair stands in pairs.tsv. Nobody tunes heapgate to them.
 */
#ifndef HEAPGATE_TESTSET_PAIR_H
#define HEAPGATE_TESTSET_PAIR_H

#include <heapgate/workload.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifndef LEAKS
#define LEAKS 0
#endif

#define PAIR_NOINLINE __attribute__((noinline))

/* The number `draw` of op i, uniform over 64 bits: splitmix64 of both and the run's seed. */
static inline uint64_t pair_random(uint64_t i, uint64_t draw)
{
    uint64_t x = heapgate_seed() * UINT64_C(0x9e3779b97f4a7c15) + i * UINT64_C(0xbf58476d1ce4e5b9) +
                 draw * UINT64_C(0x94d049bb133111eb);
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

#endif
