/*
 * A write-ahead log in segments of 64 KiB: full segments wait for the checkpoint, which recycles up to four
 * of them and frees the others. The mistake: a checkpoint that falls into the first record of a segment takes
 * the segment before it for the current one and unlinks it without recycling or freeing it. The healthy one
 * keeps all segments in one list.
 */
#include "pair.h"

enum { SEGMENT = 65536, KEEP = 4, FULL = 32 };
struct segment {
    struct segment *next;
    uint64_t first_lsn;
    uint32_t used;
    unsigned char bytes[SEGMENT - 24];
};
static struct segment *current, *recycled, *full[FULL];
static unsigned recycled_count, full_count;
static uint64_t lsn;

static PAIR_NOINLINE struct segment *segment_open(void)
{
    struct segment *s = recycled;
    if (s) {
        recycled = s->next;
        recycled_count--;
    } else {
        s = malloc(sizeof *s);
    }
    s->next = NULL;
    s->used = 0;
    s->first_lsn = lsn;
    return s;
}

static void checkpoint(void)
{
    if (LEAKS && full_count && lsn - current->first_lsn < 3)
        full_count--; /* "the one being written" */
    while (full_count) {
        struct segment *s = full[--full_count];
        if (recycled_count < KEEP) {
            s->next = recycled;
            recycled = s;
            recycled_count++;
        } else {
            free(s);
        }
    }
}

int heapgate_setup(void)
{
    current = segment_open();
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    uint32_t len = 48 + (uint32_t)(r % 400);

    if (current->used + len > sizeof current->bytes) {
        full[full_count++] = current;
        current = segment_open();
    }
    memset(current->bytes + current->used, (int)r, len);
    current->used += len;
    lsn++;
    if (r >> 40 < (1u << 24) / 120)
        checkpoint();
    if (full_count == FULL)
        checkpoint();
    return 0;
}
