#include "watch/tallies.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Neighbours that are looked at together, and how many such parts a row has at most. */
#define PART  128u
#define PARTS (HG_MAX_CONTEXTS / PART)

struct hg_tallies_part {
    bool changed[PARTS];
    hg_record_live alive[PART][HG_WATCHED_ROUNDS];
    int64_t bytes[PART];
};

bool hg_tallies_init(int record_fd, hg_tallies *ret_tallies)
{
    /* Of sizes that take no memory before they are used. */
    *ret_tallies = (hg_tallies){
        .record_fd = record_fd,
        .seen = calloc((size_t)HG_SHARD_CLASSES * HG_MAX_SHARDS * HG_MAX_EPOCHS, sizeof *ret_tallies->seen),
        .part = calloc(1, sizeof *ret_tallies->part),
    };
    return ret_tallies->seen && ret_tallies->part;
}

void hg_tallies_free(hg_tallies *tallies)
{
    size_t rows = tallies->seen ? (size_t)HG_SHARD_CLASSES * HG_MAX_SHARDS * HG_MAX_EPOCHS : 0;
    for (size_t i = 0; i < rows; i++)
        free(tallies->seen[i]);
    free(tallies->seen);
    free(tallies->part);
    *tallies = (hg_tallies){0};
}

static uint64_t load(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static uint64_t sum_of(const hg_record_tally *part)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < PART; i++)
        sum += load(&part[i].allocated_blocks) + load(&part[i].allocated_bytes) +
               load(&part[i].freed_blocks) + load(&part[i].freed_bytes);
    return sum;
}

static uint32_t parts_of(const hg_record_row *row)
{
    return (row->contexts + PART - 1) / PART;
}

/* Some neighbouring parts of a row, from the first on up to the end. */
typedef struct extent {
    uint32_t begin, end;
} extent;

/*
 * The next parts, from this one on, of which the file has a page. What no page was ever needed for is zero,
 * and to read it would make one.
 */
static extent next_extent(int record_fd, const hg_record *record, const hg_record_row *row, uint32_t from)
{
    enum { BYTES = PART * sizeof(hg_record_tally) };
    off_t begin = (const char *)row->tallies - (const char *)record->header;
    uint32_t parts = parts_of(row);
    off_t data = lseek(record_fd, begin + (off_t)from * BYTES, SEEK_DATA);
    off_t hole = data < 0 ? -1 : lseek(record_fd, data, SEEK_HOLE);
    if (hole < 0)
        return (extent){data < 0 && errno == ENXIO ? parts : from, parts};
    uint64_t first = data > begin ? (uint64_t)(data - begin) / BYTES : 0;
    uint64_t end = hole > begin ? ((uint64_t)(hole - begin) + BYTES - 1) / BYTES : 0;
    first = first > from ? first : from;
    return (extent){first < parts ? (uint32_t)first : parts, end < parts ? (uint32_t)end : parts};
}

hg_tally_sums hg_tallies_sums(const hg_tallies *tallies, const hg_record *record, uint32_t epoch)
{
    hg_tally_sums sums = {0};
    hg_record_cursor cursor = {0};
    hg_record_row row;
    while (hg_record_next_row(record, epoch, &cursor, &row)) {
        uint64_t before = sums.blocks;
        for (extent next = {0}; next.end < parts_of(&row);) {
            next = next_extent(tallies->record_fd, record, &row, next.end);
            for (uint32_t i = next.begin * PART; i < next.end * PART && i < row.contexts; i++) {
                uint64_t blocks = load(&row.tallies[i].allocated_blocks);
                uint64_t bytes = load(&row.tallies[i].allocated_bytes);
                if (blocks == 0 || hg_record_is_descriptor(record, i))
                    continue;
                uint32_t stands_for = hg_record_stands_for(record, i, epoch);
                sums.blocks += stands_for * blocks;
                sums.bytes += stands_for * bytes;
                if (!(record->contexts[i].flags & HG_CONTEXT_MAPPING))
                    sums.largest_block = fmax(sums.largest_block, (double)bytes / (double)blocks);
            }
        }
        sums.own_blocks += row.common ? 0 : sums.blocks - before;
    }
    return sums;
}

/* The cursor has just passed the row. Without memory for its sums, all of it has changed. */
static void note_changes(hg_tallies *tallies, const hg_record *record, uint32_t epoch,
                         const hg_record_cursor *cursor, const hg_record_row *row)
{
    size_t shard = (size_t)cursor->shard_class * HG_MAX_SHARDS + cursor->shard - 1;
    uint64_t **seen = &tallies->seen[shard * HG_MAX_EPOCHS + epoch];
    if (!*seen)
        *seen = calloc(hg_shard_contexts(cursor->shard_class) / PART, sizeof **seen);
    for (extent next = {0}; next.end < parts_of(row);) {
        next = next_extent(tallies->record_fd, record, row, next.end);
        for (uint32_t i = next.begin; i < next.end; i++) {
            uint64_t sum = sum_of(row->tallies + (size_t)i * PART);
            if (*seen && (*seen)[i] == sum)
                continue;
            tallies->part->changed[i] = true;
            if (*seen)
                (*seen)[i] = sum;
        }
    }
}

/* The row of a part, in which blocks were born in an epoch. */
typedef struct born {
    const hg_record *record;
    uint32_t epoch, first_context;
} born;

/* left_out: a context of the part, or PART. */
static void add_row(struct hg_tallies_part *part, const hg_record_tally *row, const born *what, bool counts,
                    uint32_t round, uint32_t left_out)
{
    for (uint32_t i = 0; i < PART; i++) {
        if (i == left_out)
            continue;
        uint64_t allocated = load(&row[i].allocated_blocks);
        uint64_t freed = load(&row[i].freed_blocks);
        int64_t bytes = (int64_t)(load(&row[i].allocated_bytes) - load(&row[i].freed_bytes));
        if (allocated == freed && bytes == 0)
            continue;
        uint32_t stands_for = hg_record_stands_for(what->record, what->first_context + i, what->epoch);
        bytes = hg_count_times(bytes, stands_for);
        part->bytes[i] = hg_count_sum(part->bytes[i], bytes);
        if (!counts)
            continue;
        hg_record_live *live = &part->alive[i][round];
        live->blocks = hg_count_sum(live->blocks, hg_count_times((int64_t)(allocated - freed), stands_for));
        live->bytes = hg_count_sum(live->bytes, bytes);
    }
}

static void add_part(hg_tallies *tallies, const hg_record *record, uint32_t epoch, uint32_t number,
                     hg_rounds *rounds)
{
    static const hg_record_live nothing[HG_WATCHED_ROUNDS];
    struct hg_tallies_part *part = tallies->part;
    memset(part->alive, 0, sizeof part->alive);
    memset(part->bytes, 0, sizeof part->bytes);
    /* A block that was reallocated since the epoch was closed is in the next one already. It is taken for one
     * of this epoch until the next checkpoint, which finds all of that epoch anew. Not so the control. */
    uint32_t control = record->header->control_context;
    uint32_t left_out = control / PART == number ? control % PART : PART;
    for (uint32_t birth = 0; birth <= epoch + 1 && birth < record->epochs; birth++) {
        hg_record_cursor cursor = {0};
        hg_record_row row;
        uint32_t known = birth <= epoch ? birth : epoch;
        const born what = {record, birth, number * PART};
        while (hg_record_next_row(record, birth, &cursor, &row))
            if (number < parts_of(&row))
                add_row(part, row.tallies + (size_t)number * PART, &what, known >= rounds->first_epoch,
                        rounds->round_of[known], birth <= epoch ? PART : left_out);
    }
    for (uint32_t i = 0; i < PART; i++) {
        uint32_t context = number * PART + i;
        if (memcmp(part->alive[i], nothing, sizeof nothing) != 0)
            atomic_fetch_or_explicit(&record->contexts[context].flags, HG_CONTEXT_LIVE, memory_order_relaxed);
        hg_rounds_count_bytes(rounds, record, context, part->bytes[i]);
        hg_rounds_count(rounds, context, part->alive[i]);
    }
}

void hg_tallies_add(hg_tallies *tallies, const hg_record *record, uint32_t epoch, hg_rounds *rounds)
{
    uint32_t contexts = hg_record_contexts(record);
    if (contexts > rounds->contexts)
        rounds->contexts = contexts;
    memset(tallies->part->changed, 0, sizeof tallies->part->changed);
    for (uint32_t birth = 0; birth <= epoch; birth++) {
        hg_record_cursor cursor = {0};
        hg_record_row row;
        while (hg_record_next_row(record, birth, &cursor, &row))
            note_changes(tallies, record, birth, &cursor, &row);
    }
    for (uint32_t number = 0; number < PARTS; number++)
        if (tallies->part->changed[number])
            add_part(tallies, record, epoch, number, rounds);
    hg_rounds_sum(rounds);
}

static void add_totals(const hg_record *record, uint32_t epoch, const hg_record_row *row, extent part,
                       uint32_t contexts, hg_tally_totals totals[])
{
    for (uint32_t i = part.begin * PART; i < part.end * PART && i < row->contexts && i < contexts; i++) {
        const hg_record_tally *tally = &row->tallies[i];
        uint64_t stands_for = hg_record_stands_for(record, i, epoch);
        totals[i].freed_blocks += stands_for * load(&tally->freed_blocks);
        totals[i].freed_bytes += stands_for * load(&tally->freed_bytes);
        totals[i].allocated_blocks += stands_for * load(&tally->allocated_blocks);
        totals[i].allocated_bytes += stands_for * load(&tally->allocated_bytes);
    }
}

void hg_tallies_totals(int record_fd, const hg_record *record, uint32_t contexts,
                       hg_tally_totals ret_totals[])
{
    memset(ret_totals, 0, contexts * sizeof *ret_totals);
    for (uint32_t epoch = 0; epoch < record->epochs; epoch++) {
        hg_record_cursor cursor = {0};
        hg_record_row row;
        while (hg_record_next_row(record, epoch, &cursor, &row))
            for (extent next = {0}; next.end < parts_of(&row);) {
                next = next_extent(record_fd, record, &row, next.end);
                add_totals(record, epoch, &row, next, contexts, ret_totals);
            }
    }
    for (uint32_t i = 0; i < HG_SHARD_CLASSES; i++)
        madvise(record->shards[i], hg_record_shards(record, i) * record->shard_bytes[i], MADV_DONTNEED);
}
