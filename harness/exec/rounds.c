#include "rounds.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ROUNDS HG_WATCHED_ROUNDS

static const size_t live_bytes = (size_t)HG_MAX_CONTEXTS * ROUNDS * ROUNDS * sizeof(hg_record_live);

bool hg_rounds_init(hg_rounds *ret_rounds)
{
    *ret_rounds = (hg_rounds){.length = 1};
    /* Contexts that are never seen alive take no memory. */
    void *live =
        mmap(NULL, live_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (live == MAP_FAILED)
        return false;
    ret_rounds->live = live;
    ret_rounds->used = calloc(HG_MAX_CONTEXTS, 1);
    return ret_rounds->used != NULL;
}

void hg_rounds_free(hg_rounds *rounds)
{
    if (rounds->live)
        munmap(rounds->live, live_bytes);
    free(rounds->used);
    *rounds = (hg_rounds){0};
}

uint64_t hg_rounds_next_length(const hg_rounds *rounds)
{
    return rounds->count == ROUNDS ? 2 * rounds->length : rounds->length;
}

static hg_record_live *cell_at(const hg_rounds *rounds, uint32_t context, uint32_t checkpoint, uint32_t birth)
{
    return rounds->live + ((size_t)context * ROUNDS + checkpoint) * ROUNDS + birth;
}

/* In place: what is written lies before what is still to be read. */
static void merge_context(hg_rounds *rounds, uint32_t context)
{
    for (uint32_t checkpoint = 0; checkpoint < ROUNDS / 2; checkpoint++) {
        const hg_record_live *later = cell_at(rounds, context, 2 * checkpoint + 1, 0);
        hg_record_live *merged = cell_at(rounds, context, checkpoint, 0);
        for (size_t birth = 0; birth < ROUNDS / 2; birth++) {
            hg_record_live sum = {later[2 * birth].blocks + later[2 * birth + 1].blocks,
                                  later[2 * birth].bytes + later[2 * birth + 1].bytes};
            merged[birth] = sum;
        }
        memset(merged + ROUNDS / 2, 0, ROUNDS / 2 * sizeof *merged);
    }
    memset(cell_at(rounds, context, ROUNDS / 2, 0), 0, (size_t)ROUNDS / 2 * ROUNDS * sizeof(hg_record_live));
}

static bool is_empty(const hg_rounds *rounds, uint32_t context)
{
    const hg_record_live *cells = cell_at(rounds, context, 0, 0);
    for (size_t i = 0; i < (size_t)ROUNDS / 2 * ROUNDS; i++)
        if (cells[i].blocks != 0 || cells[i].bytes != 0)
            return false;
    return true;
}

/* Gives a context's memory back: blocks that lived at none of the checkpoints that are left. */
static void forget_context(hg_rounds *rounds, uint32_t context)
{
    madvise(cell_at(rounds, context, 0, 0), (size_t)ROUNDS * ROUNDS * sizeof(hg_record_live), MADV_DONTNEED);
    rounds->used[context] = 0;
}

static void merge(hg_rounds *rounds)
{
    for (uint32_t context = 0; context < HG_MAX_CONTEXTS; context++) {
        if (!rounds->used[context])
            continue;
        merge_context(rounds, context);
        if (is_empty(rounds, context))
            forget_context(rounds, context);
    }
    for (size_t round = 0; round < ROUNDS / 2; round++) {
        hg_record_sample earlier = rounds->samples[2 * round];
        hg_record_sample merged = rounds->samples[2 * round + 1];
        merged.wall_ns += earlier.wall_ns;
        merged.cpu_ns += earlier.cpu_ns;
        rounds->samples[round] = merged;
    }
    for (uint32_t epoch = 0; epoch < HG_MAX_EPOCHS; epoch++)
        rounds->round_of[epoch] /= 2;
    rounds->count = ROUNDS / 2;
    rounds->length *= 2;
}

void hg_rounds_add(hg_rounds *rounds, const hg_record *record, uint32_t epoch, const hg_record_sample *sample)
{
    if (rounds->count == ROUNDS)
        merge(rounds);
    uint32_t now = rounds->count++;
    rounds->round_of[epoch] = (uint8_t)now;
    rounds->samples[now] = *sample;
    uint32_t contexts = hg_record_contexts(record);
    for (uint32_t context = 0; context < contexts; context++) {
        if ((record->contexts[context].flags & HG_CONTEXT_LIVE) == 0)
            continue;
        const hg_record_live *row = hg_record_live_row(record, context, epoch);
        for (uint32_t birth = rounds->first_epoch; birth <= epoch; birth++) {
            if (row[birth].blocks == 0 && row[birth].bytes == 0)
                continue;
            hg_record_live *sum = cell_at(rounds, context, now, rounds->round_of[birth]);
            sum->blocks += row[birth].blocks;
            sum->bytes += row[birth].bytes;
            rounds->used[context] = 1;
        }
    }
}

static void forget_from(hg_rounds *rounds, uint32_t checkpoint)
{
    size_t cells = (size_t)(ROUNDS - checkpoint) * ROUNDS;
    for (uint32_t context = 0; context < HG_MAX_CONTEXTS; context++)
        if (rounds->used[context])
            memset(cell_at(rounds, context, checkpoint, 0), 0, cells * sizeof(hg_record_live));
    rounds->count = checkpoint;
}

void hg_rounds_restart(hg_rounds *rounds, uint32_t first_epoch, int64_t control_blocks)
{
    forget_from(rounds, 0);
    rounds->first_epoch = first_epoch;
    rounds->control_before = control_blocks;
}

void hg_rounds_drop_last(hg_rounds *rounds)
{
    if (rounds->count > 0)
        forget_from(rounds, rounds->count - 1);
}

static size_t made_bytes(const hg_record *made)
{
    size_t epochs = made->epochs;
    return (size_t)atomic_load(&made->header->contexts) * epochs * epochs * sizeof(hg_record_live);
}

/* How many control blocks the probe made in a round. */
static int64_t control_made(const hg_rounds *rounds, uint32_t round)
{
    int64_t before = round ? rounds->samples[round - 1].control_blocks : rounds->control_before;
    return rounds->samples[round].control_blocks - before;
}

/*
 * The control blocks of a round's epochs are scaled to one a round. It counts as CONTROL_WEIGHT blocks: the
 * judge has good reasons to doubt a handful of blocks, but what is asked of the control is whether it was
 * seen.
 */
static hg_record_live control_at(const hg_rounds *rounds, uint32_t context, uint32_t checkpoint,
                                 uint32_t birth)
{
    enum { CONTROL_WEIGHT = 16 };
    const hg_record_live *found = cell_at(rounds, context, checkpoint, birth);
    int64_t made = control_made(rounds, birth);
    if (birth > checkpoint)
        return (hg_record_live){0};
    /* Where nothing was allocated there was nothing to miss. */
    if (made <= 0)
        return (hg_record_live){CONTROL_WEIGHT, HG_CONTROL_BYTES};
    return (hg_record_live){CONTROL_WEIGHT * found->blocks / made, found->bytes / made};
}

static void fill_context(const hg_rounds *rounds, uint32_t context, bool control, const hg_record *made)
{
    for (uint32_t checkpoint = 0; checkpoint < made->epochs; checkpoint++) {
        hg_record_live *row = hg_record_live_row(made, context, checkpoint);
        for (uint32_t birth = 0; birth < made->epochs; birth++)
            row[birth] = control ? control_at(rounds, context, checkpoint, birth)
                                 : *cell_at(rounds, context, checkpoint, birth);
    }
}

/* The samples, with one control block a round. */
static void fill_samples(const hg_rounds *rounds, hg_record_sample *samples)
{
    for (uint32_t round = 0; round < rounds->count; round++) {
        const hg_record_sample *seen = &rounds->samples[round];
        int64_t blocks = (int64_t)round + 1;
        samples[round] = *seen;
        samples[round].allocations += blocks - (seen->control_blocks - rounds->control_before);
        samples[round].control_blocks = blocks;
        samples[round].control_bytes = blocks * HG_CONTROL_BYTES;
    }
}

bool hg_rounds_as_record(const hg_rounds *rounds, const hg_record *record, hg_record *ret_record)
{
    hg_record made = {.modules = record->modules,
                      .frames = record->frames,
                      .contexts = record->contexts,
                      .epochs = rounds->count};
    made.header = malloc(sizeof *made.header);
    made.samples = calloc(rounds->count + 1, sizeof *made.samples);
    if (!made.header || !made.samples) {
        free(made.header);
        free(made.samples);
        return false;
    }
    *made.header = *record->header;
    made.header->epochs = rounds->count;
    if (atomic_load(&made.header->contexts) > HG_MAX_CONTEXTS)
        atomic_store(&made.header->contexts, HG_MAX_CONTEXTS);
    void *live = mmap(NULL, made_bytes(&made), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (live == MAP_FAILED) {
        free(made.header);
        free(made.samples);
        return false;
    }
    made.live = live;
    uint32_t contexts = atomic_load(&made.header->contexts);
    for (uint32_t context = 0; context < contexts; context++) {
        bool control = context == made.header->control_context && context != HG_CONTEXT_NONE;
        if (control || rounds->used[context])
            fill_context(rounds, context, control, &made);
    }
    fill_samples(rounds, made.samples);
    *ret_record = made;
    return true;
}

void hg_rounds_release(hg_record *made)
{
    if (made->live)
        munmap(made->live, made_bytes(made));
    free(made->samples);
    free(made->header);
    *made = (hg_record){0};
}
