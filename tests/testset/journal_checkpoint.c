/* A journalling file system in user space: changed blocks are pinned until a checkpoint every 999 ops. The
 * mistake: a block revoked after its change keeps the pin of its first transaction. Healthy: revoking
 * drops both pins. */
#include "pair.h"

struct buffer {
    struct buffer *next;
    uint64_t block;
    uint32_t pins;
    bool revoked;
    uint8_t data[536];
};

static struct buffer *journal;

PAIR_NOINLINE static struct buffer *buffer_new(uint64_t block)
{
    struct buffer *buffer = malloc(sizeof *buffer);
    if (!buffer)
        abort();
    buffer->block = block;
    buffer->pins = 1;
    buffer->revoked = false;
    memset(buffer->data, (int)(block & 127), sizeof buffer->data);
    return buffer;
}

static void checkpoint(void)
{
    struct buffer *pinned = NULL;
    while (journal) {
        struct buffer *buffer = journal;
        journal = buffer->next;
        if (buffer->revoked && !LEAKS)
            buffer->pins--;
        if (buffer->pins > 0 && --buffer->pins == 0) {
            free(buffer);
        } else {
            buffer->next = pinned;
            pinned = buffer;
        }
    }
}

int heapgate_iterate(uint64_t i)
{
    struct buffer *buffer = buffer_new(pair_random(i, 0));
    if (i % 333 == 100) {
        buffer->revoked = true;
        buffer->pins = 2;
    }
    buffer->next = journal;
    journal = buffer;
    if (i % 999 == 998)
        checkpoint();
    return 0;
}
