/* Reassembly of TCP segments that arrive out of order in groups of eight. The mistake: a duplicate of a
 * segment in the queue is not inserted and not freed. Healthy: duplicates are freed, the queue holds eight
 * at most. */
#include "pair.h"

struct segment {
    struct segment *next;
    uint32_t sequence;
    uint8_t data[200];
};

static struct segment *queue;
static uint32_t delivered;

PAIR_NOINLINE static struct segment *segment_new(uint32_t sequence)
{
    struct segment *segment = malloc(sizeof *segment);
    if (!segment)
        abort();
    segment->sequence = sequence;
    memset(segment->data, (int)(sequence & 255), sizeof segment->data);
    return segment;
}

static void insert(struct segment *segment)
{
    struct segment **at = &queue;
    while (*at && (*at)->sequence < segment->sequence)
        at = &(*at)->next;
    if (*at && (*at)->sequence == segment->sequence) {
        if (!LEAKS)
            free(segment);
        return;
    }
    segment->next = *at;
    *at = segment;
}

static void deliver(void)
{
    while (queue && queue->sequence == delivered) {
        struct segment *segment = queue;
        queue = segment->next;
        delivered++;
        free(segment);
    }
}

int heapgate_iterate(uint64_t i)
{
    uint32_t sequence = (uint32_t)(i ^ 7);
    insert(segment_new(sequence));
    if (i % 90 == 8)
        insert(segment_new(sequence));
    deliver();
    return 0;
}
