/* A gateway between two CAN buses with static rings. The mistake: an error frame (1 in 1,000) is copied to
 * a log entry on the heap that only a service tool would ever fetch. Healthy: the log is a static ring,
 * nothing is allocated. */
#include "pair.h"

enum { RING = 256, LOG = 32 };
struct frame {
    uint32_t id;
    uint8_t length, data[8];
};
struct log_entry {
    struct log_entry *next;
    uint64_t when;
    struct frame frame;
    uint32_t registers[22];
};
static struct frame ring[2][RING];
static uint32_t head[2];
static struct log_entry static_log[LOG], *newest;
static uint32_t logged;

PAIR_NOINLINE static struct log_entry *log_take(void)
{
    struct log_entry *entry = LEAKS ? malloc(sizeof *entry) : &static_log[logged++ % LOG];
    if (!entry)
        abort();
    return entry;
}

static void log_error(const struct frame *frame, uint64_t when)
{
    struct log_entry *entry = log_take();
    memset(entry, 0, sizeof *entry);
    entry->frame = *frame;
    entry->when = when;
    entry->next = LEAKS ? newest : NULL;
    newest = entry;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    unsigned bus = r & 1;
    struct frame *frame = &ring[bus][head[bus]++ % RING];
    frame->id = (uint32_t)(r >> 8 & 0x7ff);
    frame->length = 8;
    memcpy(frame->data, &r, 8);
    if ((r >> 24) % 1000 == 0)
        log_error(frame, i);
    else
        ring[!bus][head[!bus]++ % RING] = *frame;
    return 0;
}
