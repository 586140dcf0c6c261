/* A transcoder takes in a chunk per op and finishes 98 of 100, so its queue falls behind by 2 %. The
 * mistake: the queue has no limit. Healthy: beyond 4,000 waiting chunks the oldest is dropped, which begins
 * at about op 200,000. */
#include "control.h"
#include "random.h"

enum { LIMIT = 4000 };
struct chunk {
    struct chunk *next;
    uint64_t pts;
    uint32_t stream, size;
    unsigned char header[24];
};
static struct chunk *first, **last = &first;
static uint32_t waiting;
static uint64_t checksum;

__attribute__((noinline)) static struct chunk *chunk_new(uint64_t i, uint64_t r)
{
    struct chunk *chunk = malloc(sizeof *chunk);
    chunk->next = NULL;
    chunk->pts = i;
    chunk->stream = r % 8;
    memset(chunk->header, (int)r, sizeof chunk->header);
    return chunk;
}

static void chunk_finish(void)
{
    struct chunk *chunk = first;
    if (!chunk)
        return;
    first = chunk->next;
    if (!first)
        last = &first;
    waiting--;
    checksum += chunk->header[3];
    free(chunk);
}

int heapgate_iterate(uint64_t i)
{
    struct chunk *chunk = chunk_new(i, random_mix(random_mix(heapgate_seed() + 0) ^ i));
    *last = chunk;
    last = &chunk->next;
    waiting++;
    if (!LEAKS && waiting > LIMIT)
        chunk_finish();
    if (i % 50 != 49)
        chunk_finish();
    return 0;
}
