/*
 * A database driver's documents keep up to 120 bytes inside themselves, and longer ones in a block that
 * doubles. The mistake: a reply that says "not primary" is not destroyed before the command is sent again,
 * 1 op in 170 by chance; nothing is lost if that reply fits inside, as 2 of 3 do. Healthy: it is destroyed.
 */
#include "pair.h"

enum { INLINE = 120 };
struct document {
    size_t length, capacity;
    char *heap;
    char inside[INLINE];
};

static PAIR_NOINLINE char *document_grow(struct document *d, size_t capacity)
{
    char *grown = realloc(d->heap, capacity);
    if (!grown)
        abort();
    if (!d->heap)
        memcpy(grown, d->inside, d->length);
    return grown;
}

static void append(struct document *d, const char *bytes, size_t size)
{
    while (d->length + size > d->capacity) {
        d->heap = document_grow(d, 2 * d->capacity + 16);
        d->capacity = 2 * d->capacity + 16;
    }
    memcpy((d->heap ? d->heap : d->inside) + d->length, bytes, size);
    d->length += size;
}

static void read_reply(struct document *d, size_t length)
{
    static const char bytes[20] = "errmsg: not primary";
    *d = (struct document){.capacity = INLINE};
    while (d->length < length)
        append(d, bytes, sizeof bytes);
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct document reply;
    if (r % 170 == 0) {
        read_reply(&reply, (r >> 20) % 3 == 0 ? 420 : 100);
        if (!LEAKS)
            free(reply.heap);
    }
    read_reply(&reply, 60 + (r >> 30) % 200);
    free(reply.heap);
    return 0;
}
