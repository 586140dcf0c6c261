#include "harness_histories.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

heap_history *history_new(uint32_t warmup, uint32_t rounds, uint64_t seed)
{
    heap_history *heap = calloc(1, sizeof *heap);
    cr_assert(ne(ptr, heap, NULL));
    cr_assert(warmup + rounds <= HISTORY_EPOCHS);
    heap->epochs = warmup + rounds;
    heap->warmup = warmup;
    for (uint32_t i = 0; i < heap->epochs; i++)
        heap->lengths[i] = HISTORY_OPS;
    heap->random =
        (seed + 1) * 0xd1342543de82ef95u; /* not the generator's own step: streams must not overlap */
    return heap;
}

void history_born(heap_history *heap, int64_t bytes)
{
    heap->live_blocks[heap->now]++;
    heap->live_bytes[heap->now] += bytes;
    heap->live += bytes;
}

void history_died(heap_history *heap, uint32_t epoch, int64_t bytes)
{
    heap->live_blocks[epoch]--;
    heap->live_bytes[epoch] -= bytes;
    heap->live -= bytes;
    if (heap->live < heap->low)
        heap->low = heap->live;
}

void history_mortal(heap_history *heap, double lifetime_ops)
{
    double left = history_chance(heap) * (double)heap->lengths[heap->now] + lifetime_ops;
    uint32_t end = heap->now;
    while (end < heap->epochs && left >= (double)heap->lengths[end])
        left -= (double)heap->lengths[end++];
    if (end == heap->now)
        return;
    history_born(heap, 32);
    if (end < heap->epochs)
        heap->ends[end][heap->now]++;
}

void history_bury(heap_history *heap)
{
    for (uint32_t epoch = 0; epoch < heap->now; epoch++)
        for (; heap->ends[heap->now][epoch] > 0; heap->ends[heap->now][epoch]--)
            history_died(heap, epoch, 32);
}

void history_checkpoint(heap_history *heap)
{
    const size_t row = (size_t)heap->now * heap->epochs;
    memcpy(heap->blocks + row, heap->live_blocks, heap->epochs * sizeof *heap->blocks);
    memcpy(heap->bytes + row, heap->live_bytes, heap->epochs * sizeof *heap->bytes);
    heap->ops[heap->now] = (int64_t)heap->lengths[heap->now] + (heap->now > 0 ? heap->ops[heap->now - 1] : 0);
    heap->low_water[heap->now++] = heap->low;
    heap->low = heap->live;
}

static hg_history as_history(const heap_history *heap)
{
    cr_assert(heap->now == heap->epochs, "the simulation stopped after %u of %u rounds", heap->now,
              heap->epochs);
    return (hg_history){
        .epochs = heap->epochs,
        .warmup = heap->warmup,
        .ops = heap->ops,
        .blocks = heap->blocks,
        .bytes = heap->bytes,
    };
}

uint32_t history_death_age(const heap_history *heap)
{
    hg_history history = as_history(heap);
    return hg_growth_death_age(&history);
}

hg_growth history_growth(const heap_history *heap)
{
    hg_history history = as_history(heap);
    uint32_t death_age = hg_growth_death_age(&history);
    hg_surroundings surroundings = {.sites = death_age > 0, .death_age = death_age};
    return hg_growth_of(&history, &surroundings);
}

hg_level history_level(const heap_history *heap)
{
    return hg_level_of(heap->low_water, heap->ops, heap->epochs, heap->warmup);
}

int64_t history_live(const heap_history *heap, uint32_t checkpoint)
{
    int64_t live = 0;
    for (uint32_t epoch = 0; epoch <= checkpoint; epoch++)
        live += heap->bytes[(size_t)checkpoint * heap->epochs + epoch];
    return live;
}

int64_t history_most_live(const heap_history *heap)
{
    int64_t most = 0;
    for (uint32_t t = heap->warmup; t < heap->epochs; t++)
        most = history_live(heap, t) > most ? history_live(heap, t) : most;
    return most;
}

hg_level history_total(const heap_history *heap)
{
    int64_t values[HG_MAX_ROUNDS];
    for (uint32_t t = 0; t < heap->epochs; t++)
        values[t] = history_live(heap, t);
    return hg_level_of(values, heap->ops, heap->epochs, heap->warmup);
}

/* SplitMix64 (Steele, Lea and Flood, 2014). */
double history_chance(heap_history *heap)
{
    uint64_t z = heap->random += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)((z ^ z >> 31) >> 11) / 9007199254740992.0;
}

typedef struct cache_entry {
    bool present;
    uint32_t born;
    uint32_t newer, older; /* neighbours by use; the key count is the list's head */
} cache_entry;

struct zipf_cache {
    uint32_t keys, bound, count;
    double *cumulative; /* probability that a key is this one or a more frequent one */
    cache_entry *entries;
};

zipf_cache *zipf_cache_new(uint32_t keys, uint32_t bound)
{
    zipf_cache *cache = calloc(1, sizeof *cache);
    cr_assert(ne(ptr, cache, NULL));
    cache->keys = keys;
    cache->bound = bound;
    cache->cumulative = calloc(keys, sizeof *cache->cumulative);
    cache->entries = calloc(keys + 1, sizeof *cache->entries);
    cr_assert(cache->cumulative && cache->entries);
    double sum = 0;
    for (uint32_t i = 0; i < keys; i++)
        cache->cumulative[i] = sum += 1.0 / (i + 1);
    for (uint32_t i = 0; i < keys; i++)
        cache->cumulative[i] /= sum;
    cache->entries[keys].newer = cache->entries[keys].older = keys;
    return cache;
}

void zipf_cache_free(zipf_cache *cache)
{
    free(cache->cumulative);
    free(cache->entries);
    free(cache);
}

static uint32_t draw_key(const zipf_cache *cache, heap_history *heap)
{
    double chance = history_chance(heap);
    uint32_t low = 0;
    uint32_t high = cache->keys - 1;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (cache->cumulative[middle] > chance)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void unlink_entry(zipf_cache *cache, uint32_t key)
{
    cache_entry *entry = &cache->entries[key];
    cache->entries[entry->newer].older = entry->older;
    cache->entries[entry->older].newer = entry->newer;
}

static void make_newest(zipf_cache *cache, uint32_t key)
{
    cache_entry *head = &cache->entries[cache->keys];
    cache->entries[key].newer = cache->keys;
    cache->entries[key].older = head->older;
    cache->entries[head->older].newer = key;
    head->older = key;
}

void zipf_cache_op(zipf_cache *cache, heap_history *heap, int64_t bytes)
{
    uint32_t key = draw_key(cache, heap);
    cache_entry *entry = &cache->entries[key];
    if (entry->present) {
        unlink_entry(cache, key);
        make_newest(cache, key);
        return;
    }
    if (cache->count == cache->bound) {
        uint32_t oldest = cache->entries[cache->keys].newer;
        unlink_entry(cache, oldest);
        cache->entries[oldest].present = false;
        history_died(heap, cache->entries[oldest].born, bytes);
        cache->count--;
    }
    entry->present = true;
    entry->born = heap->now;
    make_newest(cache, key);
    cache->count++;
    history_born(heap, bytes);
}

void block_ring_op(block_ring *ring, heap_history *heap, int64_t bytes)
{
    cr_assert(ring->bound <= sizeof ring->born / sizeof *ring->born);
    uint32_t *place = &ring->born[ring->used % ring->bound];
    if (ring->used >= ring->bound)
        history_died(heap, *place, bytes);
    *place = heap->now;
    ring->used++;
    history_born(heap, bytes);
}

void one_block_need(one_block *container, heap_history *heap, int64_t needed, double factor)
{
    if (needed <= container->capacity)
        return;
    int64_t capacity = container->capacity ? container->capacity : 16;
    while (capacity < needed)
        capacity = (int64_t)ceil((double)capacity * factor);
    if (container->capacity)
        history_died(heap, container->born, container->capacity);
    container->capacity = capacity;
    container->born = heap->now;
    history_born(heap, capacity);
}
