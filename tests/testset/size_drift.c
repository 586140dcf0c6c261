/*
 * A message broker whose messages change their size: every 6,000 ops another of seven sizes between 40
 * bytes and 3 KiB prevails, and one message in 16 outlives the change by 20,000 ops. So the heap is full of
 * holes, but the live memory is bounded. The mistake: a message that is acknowledged after it was nacked (1
 * in 700, by chance) leaves its receipt of 100 bytes.
 */
#include "pair.h"

enum { PHASE = 6000, SHORT = 900, LONG = 20000, WHEEL = 32768 };
struct message {
    struct message *next;
    char body[];
};
static struct message *ends[WHEEL];
static void *receipts_head;

static PAIR_NOINLINE struct message *message_new(size_t size)
{
    struct message *m = malloc(sizeof *m + size);
    if (!m)
        abort();
    memset(m->body, 3, 32);
    return m;
}

static PAIR_NOINLINE void *receipt_new(void *next)
{
    void **receipt = malloc(100);
    if (!receipt)
        abort();
    *receipt = next;
    return receipt;
}

int heapgate_iterate(uint64_t i)
{
    static const uint16_t sizes[] = {40, 3000, 200, 1100, 72, 2060, 520};
    uint64_t r = pair_random(i, 0);
    while (ends[i % WHEEL]) {
        struct message *m = ends[i % WHEEL];
        ends[i % WHEEL] = m->next;
        free(m);
    }
    struct message *m = message_new(sizes[i / PHASE % 7] + r % 32);
    struct message **slot = &ends[(i + ((r >> 10) % 16 == 0 ? LONG : SHORT)) % WHEEL];
    m->next = *slot;
    *slot = m;
    if ((r >> 20) % 700 == 0) {
        void *receipt = receipt_new(receipts_head);
        if (LEAKS)
            receipts_head = receipt;
        else
            free(receipt);
    }
    return 0;
}
