#include "watch/rounds.h"

#include "record/checkpoint.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS HG_WATCHED_ROUNDS

/* Less, in bytes, is no peak. */
enum { LEAST_RISE = 4096 };

bool hg_rounds_init(hg_rounds *ret_rounds)
{
    *ret_rounds = (hg_rounds){.length = 1};
    /* Of a size that takes no memory before it is used. */
    ret_rounds->changes = calloc(HG_MAX_CONTEXTS, sizeof *ret_rounds->changes);
    ret_rounds->bytes = calloc(HG_MAX_CONTEXTS, sizeof *ret_rounds->bytes);
    return ret_rounds->changes && ret_rounds->bytes;
}

void hg_rounds_free(hg_rounds *rounds)
{
    for (uint32_t context = 0; context < rounds->contexts; context++)
        hg_changes_clear(&rounds->changes[context]);
    free(rounds->changes);
    free(rounds->bytes);
    *rounds = (hg_rounds){0};
}

uint64_t hg_rounds_next_length(const hg_rounds *rounds)
{
    return rounds->count == ROUNDS ? 2 * rounds->length : rounds->length;
}

static void merge(hg_rounds *rounds)
{
    for (uint32_t context = 0; context < rounds->contexts; context++)
        hg_changes_merge(&rounds->changes[context]);
    for (size_t round = 0; round < ROUNDS / 2; round++) {
        hg_record_sample earlier = rounds->samples[2 * round];
        hg_record_sample merged = rounds->samples[2 * round + 1];
        merged.wall_ns += earlier.wall_ns;
        merged.cpu_ns += earlier.cpu_ns;
        hg_record_join_low_water(&earlier, &merged);
        rounds->samples[round] = merged;
        double largest_before = rounds->alive[2 * round].largest_block;
        rounds->alive[round] = rounds->alive[2 * round + 1];
        rounds->alive[round].largest_block = fmax(rounds->alive[round].largest_block, largest_before);
    }
    for (uint32_t epoch = 0; epoch < HG_MAX_EPOCHS; epoch++)
        rounds->round_of[epoch] /= 2;
    rounds->count = ROUNDS / 2;
    rounds->length *= 2;
}

/* What is alive of a context, by round of birth; and the bytes of all births. */
static int64_t add_up(const hg_rounds *rounds, const hg_record *record, uint32_t context, uint32_t epoch,
                      hg_record_live *ret_alive)
{
    int64_t bytes = 0;
    memset(ret_alive, 0, ROUNDS * sizeof *ret_alive);
    if ((record->contexts[context].flags & HG_CONTEXT_LIVE) == 0)
        return 0;
    const hg_record_live *row = hg_record_live_row(record, context, epoch);
    for (uint32_t birth = 0; birth <= epoch; birth++)
        bytes = hg_count_sum(bytes, row[birth].bytes);
    for (uint32_t birth = rounds->first_epoch; birth <= epoch; birth++) {
        hg_record_live *sum = &ret_alive[rounds->round_of[birth]];
        sum->blocks = hg_count_sum(sum->blocks, row[birth].blocks);
        sum->bytes = hg_count_sum(sum->bytes, row[birth].bytes);
    }
    return bytes;
}

void hg_rounds_open(hg_rounds *rounds, uint32_t epoch, const hg_record_sample *sample)
{
    if (rounds->count == ROUNDS)
        merge(rounds);
    uint32_t now = rounds->count++;
    rounds->round_of[epoch] = (uint8_t)now;
    rounds->samples[now] = *sample;
    rounds->alive[now] = (hg_rounds_alive){0};
}

void hg_rounds_count(hg_rounds *rounds, uint32_t context, const hg_record_live alive[HG_WATCHED_ROUNDS])
{
    if (context >= rounds->contexts)
        rounds->contexts = context + 1;
    if (!hg_changes_add(&rounds->changes[context], rounds->count - 1, alive))
        rounds->incomplete = true;
}

void hg_rounds_count_bytes(hg_rounds *rounds, const hg_record *record, uint32_t context, int64_t bytes)
{
    uint32_t flags = atomic_load_explicit(&record->contexts[context].flags, memory_order_relaxed);
    bool is_control = context != HG_CONTEXT_NONE && context == record->header->control_context;
    int64_t now = is_control ? 0 : bytes;
    int64_t *all = flags & HG_CONTEXT_MAPPING ? &rounds->mapped_bytes : &rounds->block_bytes;
    *all = hg_count_sum(*all, now - rounds->bytes[context]);
    rounds->bytes[context] = now;
}

void hg_rounds_sum(hg_rounds *rounds)
{
    hg_rounds_alive *alive = &rounds->alive[rounds->count - 1];
    alive->block_bytes = rounds->block_bytes;
    alive->mapped_bytes = rounds->mapped_bytes;
}

void hg_rounds_add(hg_rounds *rounds, const hg_record *record, uint32_t epoch)
{
    uint32_t contexts = hg_record_contexts(record);
    if (contexts > rounds->contexts)
        rounds->contexts = contexts;
    for (uint32_t context = 0; context < contexts; context++) {
        hg_record_live alive[ROUNDS];
        if (!hg_record_has_row(record, context, epoch))
            continue;
        hg_rounds_count_bytes(rounds, record, context, add_up(rounds, record, context, epoch, alive));
        if (rounds->count > 0)
            hg_rounds_count(rounds, context, alive);
    }
    if (rounds->count > 0)
        hg_rounds_sum(rounds);
}

void hg_rounds_add_control(hg_rounds *rounds, uint32_t epoch)
{
    bool is_earlier = epoch < rounds->first_epoch;
    rounds->control_before += is_earlier;
    for (uint32_t round = is_earlier ? 0 : rounds->round_of[epoch]; round < rounds->count; round++)
        rounds->samples[round].control_blocks++;
}

static void forget_from(hg_rounds *rounds, uint32_t checkpoint)
{
    for (uint32_t context = 0; context < rounds->contexts; context++)
        hg_changes_forget_from(&rounds->changes[context], checkpoint);
    rounds->count = checkpoint;
}

void hg_rounds_restart(hg_rounds *rounds, uint32_t first_epoch, int64_t control_blocks)
{
    forget_from(rounds, 0);
    rounds->incomplete = false;
    rounds->first_epoch = first_epoch;
    rounds->control_before = control_blocks;
}

void hg_rounds_drop_last(hg_rounds *rounds)
{
    if (rounds->count > 0)
        forget_from(rounds, rounds->count - 1);
}

void hg_rounds_drop_falls(hg_rounds *rounds)
{
    enum { MOST = 2 };
    uint32_t last = rounds->count;
    for (int i = 0; i < MOST && last > 1; i++, last--)
        if (rounds->alive[last - 1].block_bytes >= rounds->alive[last - 2].block_bytes)
            break;
    if (last < rounds->count)
        forget_from(rounds, last);
}

/* The last round of the peak, and how far live memory rose to it; 0 where it fell before, too. */
static uint32_t find_peak(const hg_rounds *rounds, int64_t *ret_rise)
{
    int64_t base = rounds->alive[0].block_bytes;
    int64_t top = base;
    int64_t fall = 0;
    uint32_t peak = 0;
    for (uint32_t i = 1; i < rounds->count; i++)
        top = rounds->alive[i].block_bytes > top ? rounds->alive[i].block_bytes : top;
    for (uint32_t i = 1; i < rounds->count; i++)
        if (rounds->alive[i].block_bytes - base >= (top - base) / 10 * 9)
            peak = i;
    while (peak > 0 && rounds->alive[peak - 1].block_bytes > rounds->alive[peak].block_bytes)
        peak--;
    int64_t before = base;
    for (uint32_t i = 1; i <= peak; i++) {
        int64_t now = rounds->alive[i].block_bytes;
        before = now > before ? now : before;
        fall = before - now > fall ? before - now : fall;
    }
    bool rose_once = top - base >= LEAST_RISE && top - base >= top / 4 && fall <= (top - base) / 4;
    *ret_rise = rose_once ? top - base : 0;
    return peak;
}

/*
 * Whether the program went on with its work once it had given back: for three rounds or more it held about as
 * little as in the last one, and it allocated at least a quarter as often as up to the peak.
 */
static bool went_on(const hg_rounds *rounds, uint32_t peak, int64_t rise)
{
    enum { FEWEST = 3, PART = 4 };
    const uint32_t last = rounds->count - 1;
    uint32_t low = peak + 1;
    while (low < last && rounds->alive[low].block_bytes > rounds->alive[last].block_bytes + rise / 10)
        low++;
    if (low + FEWEST > last)
        return false;
    int64_t until = rounds->samples[peak].allocations - rounds->samples[0].allocations;
    int64_t since = rounds->samples[last].allocations - rounds->samples[low].allocations;
    return PART * since * (int64_t)peak >= until * (int64_t)(last - low);
}

bool hg_rounds_drop_teardown(hg_rounds *rounds, int64_t end_bytes)
{
    int64_t rise;
    uint32_t count = rounds->count;
    uint32_t peak = count > 0 ? find_peak(rounds, &rise) : 0;
    /* A program that mostly shrinks is not one that grew and tidied up. */
    if (count == 0 || rise == 0 || peak + 1 < count / 2)
        return false;
    const hg_rounds_alive *last = &rounds->alive[count - 1];
    int64_t at_last = hg_count_sum(last->block_bytes, last->mapped_bytes);
    int64_t fell_at_end = end_bytes < at_last ? at_last - end_bytes : 0;
    if (rounds->alive[peak].block_bytes - last->block_bytes + fell_at_end < rise / 2 ||
        went_on(rounds, peak, rise))
        return false;
    forget_from(rounds, peak + 1);
    return true;
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
static hg_record_live control_at(const hg_rounds *rounds, uint32_t checkpoint, uint32_t birth,
                                 hg_record_live found)
{
    enum { CONTROL_WEIGHT = 16 };
    int64_t made = control_made(rounds, birth);
    if (birth > checkpoint)
        return (hg_record_live){0};
    /* Where nothing was allocated there was nothing to miss. */
    if (made <= 0)
        return (hg_record_live){CONTROL_WEIGHT, HG_CONTROL_BYTES};
    return (hg_record_live){CONTROL_WEIGHT * found.blocks / made, found.bytes / made};
}

/*
 * Of the counts of a context's births in one round, one in so many, by whatever of an epoch was followed.
 * What was counted of one in so many comes out as it was counted. What was counted more closely is thinned to
 * the same: so a count is never surer than the least sure of them. Deaths stay deaths, and the sum is right
 * in the mean, as the remainder begins anywhere.
 */
static void thin(const hg_record *made, uint32_t context, uint32_t birth, uint32_t one_in)
{
    uint64_t hash = ((uint64_t)context << 8 | birth) * 0x9e3779b97f4a7c15u;
    int64_t remainder = (int64_t)((hash ^ hash >> 32) * 0xbf58476d1ce4e5b9u >> 33) % one_in;
    for (uint32_t checkpoint = birth; checkpoint < made->epochs; checkpoint++) {
        hg_record_live *live = &made->live[(size_t)checkpoint * made->epochs + birth];
        int64_t blocks = live->blocks > 0 ? (live->blocks + remainder) / one_in : 0;
        double size = live->blocks > 0 ? (double)live->bytes / (double)live->blocks : 0;
        *live = (hg_record_live){blocks, llround(size * (double)blocks)};
    }
}

/* What the made record asks for when a context's counts are read. */
static void unpack(const hg_record *made, uint32_t context)
{
    const hg_rounds *rounds = made->packed;
    uint32_t one_in = hg_record_one_in(made, 0);
    hg_changes_unpack(&rounds->changes[context], made->epochs, made->live);
    for (uint32_t birth = 0; birth < made->epochs && one_in > 1 && !hg_record_counts_all(made, context);
         birth++)
        thin(made, context, birth, one_in);
    if (context == HG_CONTEXT_NONE || context != made->header->control_context)
        return;
    for (uint32_t checkpoint = 0; checkpoint < made->epochs; checkpoint++)
        for (uint32_t birth = 0; birth < made->epochs; birth++) {
            hg_record_live *found = &made->live[(size_t)checkpoint * made->epochs + birth];
            *found = control_at(rounds, checkpoint, birth, *found);
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

/* The least that was followed of an epoch that counts. */
static uint32_t least_followed(const hg_rounds *rounds, const hg_record *record)
{
    uint32_t one_in = 1;
    uint32_t closed = atomic_load(&record->header->closed);
    for (uint32_t epoch = rounds->first_epoch; epoch < closed && epoch < record->epochs; epoch++)
        one_in = hg_record_one_in(record, epoch) > one_in ? hg_record_one_in(record, epoch) : one_in;
    return one_in;
}

bool hg_rounds_as_record(const hg_rounds *rounds, const hg_record *record, hg_record *ret_record)
{
    size_t epochs = rounds->count;
    hg_record made = {.modules = record->modules,
                      .scripts = record->scripts,
                      .script_text = record->script_text,
                      .frames = record->frames,
                      .contexts = record->contexts,
                      .epochs = rounds->count,
                      .packed = rounds,
                      .unpack = unpack};
    made.header = malloc(sizeof *made.header);
    made.samples = calloc(epochs + 1, sizeof *made.samples);
    made.live = calloc(epochs * epochs + 1, sizeof *made.live);
    if (rounds->incomplete || !made.header || !made.samples || !made.live) {
        hg_rounds_release(&made);
        return false;
    }
    *made.header = *record->header;
    /* The process may have become another program since, which has a control of its own. */
    if (rounds->control_context != HG_CONTEXT_NONE)
        made.header->control_context = rounds->control_context;
    made.header->epochs = rounds->count;
    uint32_t one_in = least_followed(rounds, record);
    for (uint32_t epoch = 0; epoch < HG_MAX_EPOCHS; epoch++)
        atomic_store(&made.header->one_in[epoch], one_in);
    if (atomic_load(&made.header->contexts) > rounds->contexts)
        atomic_store(&made.header->contexts, rounds->contexts);
    fill_samples(rounds, made.samples);
    *ret_record = made;
    return true;
}

void hg_rounds_release(hg_record *made)
{
    free(made->live);
    free(made->samples);
    free(made->header);
    *made = (hg_record){0};
}
