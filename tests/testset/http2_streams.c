/* HTTP/2 streams that end about 900 ops after they opened. The mistake: streams reset while half-closed
 * are kept for late frames without end. Healthy: the last 100 of them are kept. */
#include "pair.h"

enum { OPEN = 1024, LATE = 100 };

struct stream {
    struct stream *next;
    uint32_t id;
    int32_t window;
    uint8_t headers[56];
};

static struct stream *open_streams[OPEN];
static struct stream *late;
static struct stream **late_tail = &late;
static size_t late_count;

PAIR_NOINLINE static struct stream *stream_new(uint32_t id)
{
    struct stream *stream = malloc(sizeof *stream);
    if (!stream)
        abort();
    stream->next = NULL;
    stream->id = id;
    stream->window = 65535;
    memset(stream->headers, (int)(id & 127), sizeof stream->headers);
    return stream;
}

static void keep_late(struct stream *stream)
{
    *late_tail = stream;
    late_tail = &stream->next;
    late_count++;
    if (LEAKS || late_count <= LATE)
        return;
    struct stream *oldest = late;
    late = oldest->next;
    late_count--;
    free(oldest);
}

int heapgate_iterate(uint64_t i)
{
    struct stream **slot = &open_streams[pair_random(i, 0) % OPEN];
    if (*slot && (*slot)->id % 30 == 4)
        keep_late(*slot);
    else
        free(*slot);
    *slot = stream_new((uint32_t)i);
    return 0;
}
