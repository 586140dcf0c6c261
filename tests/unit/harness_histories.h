/*
 * Simulated heaps with known behaviour, for the analysis: each plays one call path that allocates, round by
 * round, and keeps the history that the probe would have recorded. All randomness comes from the seed.
 */
#ifndef HG_TESTS_HARNESS_HISTORIES_H
#define HG_TESTS_HARNESS_HISTORIES_H

#include "analysis/growth.h"
#include "analysis/level.h"

enum { HISTORY_EPOCHS = 64, HISTORY_OPS = 1000 /* a round */ };

typedef struct heap_history {
    uint32_t epochs, warmup;
    uint32_t now; /* the epoch that runs */
    uint64_t random;
    uint64_t lengths[HISTORY_EPOCHS]; /* of each round in ops: HISTORY_OPS, unless a test says more */
    int64_t ops[HISTORY_EPOCHS];
    int64_t live, low;                 /* bytes alive now, and the least of this round */
    int64_t low_water[HISTORY_EPOCHS]; /* the least of each round */
    int64_t live_blocks[HISTORY_EPOCHS], live_bytes[HISTORY_EPOCHS]; /* alive now, by epoch of birth */
    uint32_t ends[HISTORY_EPOCHS][HISTORY_EPOCHS]; /* mortal blocks, by the rounds of their death and birth */
    int64_t blocks[HISTORY_EPOCHS * HISTORY_EPOCHS], bytes[HISTORY_EPOCHS * HISTORY_EPOCHS];
} heap_history;

/* An empty history; epochs, warm-up included, at most HISTORY_EPOCHS. The caller frees it. */
heap_history *history_new(uint32_t warmup, uint32_t rounds, uint64_t seed);

void history_born(heap_history *heap, int64_t bytes);
void history_died(heap_history *heap, uint32_t epoch, int64_t bytes);
/* A block of 32 bytes born now, at any moment of the round, that lives for so many ops. */
void history_mortal(heap_history *heap, double lifetime_ops);
/* To be called at the beginning of a round: the mortal blocks die whose time it is. */
void history_bury(heap_history *heap);
/* Ends the round: writes the checkpoint. */
void history_checkpoint(heap_history *heap);
/* Judged as the only site of its cell. */
uint32_t history_death_age(const heap_history *heap);
hg_growth history_growth(const heap_history *heap);
/* Of the least live bytes of each round. */
hg_level history_level(const heap_history *heap);

/* Bytes alive at a checkpoint, and the most of those after the warm-up; and their level. */
int64_t history_live(const heap_history *heap, uint32_t checkpoint);
int64_t history_most_live(const heap_history *heap);
hg_level history_total(const heap_history *heap);

/* From 0 up to, without, 1. */
double history_chance(heap_history *heap);

/* A cache of at most `bound` equal blocks, least recently used goes first; keys are drawn by Zipf's law. */
typedef struct zipf_cache zipf_cache;
zipf_cache *zipf_cache_new(uint32_t keys, uint32_t bound);
void zipf_cache_free(zipf_cache *cache);
void zipf_cache_op(zipf_cache *cache, heap_history *heap, int64_t bytes);

/* A ring that keeps the last `bound` blocks: a cache under a stream of unique keys. */
typedef struct block_ring {
    uint32_t bound;
    uint64_t used;
    uint32_t born[8192];
} block_ring;
void block_ring_op(block_ring *ring, heap_history *heap, int64_t bytes);

/* A container of one block, which grows by `factor` when `needed` bytes do not fit. */
typedef struct one_block {
    int64_t capacity;
    uint32_t born;
} one_block;
void one_block_need(one_block *container, heap_history *heap, int64_t needed, double factor);

#endif
