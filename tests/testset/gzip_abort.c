/* A web server that compresses a response now and then, with a small window. The mistake: when the client
 * goes away in the middle, deflateEnd() is not called. Healthy: each stream is ended. */
#include "pair.h"
#include <zlib.h>

static uint64_t sent;

PAIR_NOINLINE static int compress_begin(z_stream *stream)
{
    memset(stream, 0, sizeof *stream);
    int result = deflateInit2(stream, 1, Z_DEFLATED, 10 + 16, 1, Z_DEFAULT_STRATEGY);
    return result == Z_OK ? 0 : -1;
}

static int respond(uint64_t i, bool aborted)
{
    unsigned char page[256];
    unsigned char out[512];
    z_stream stream;
    if (compress_begin(&stream) != 0)
        return 1;
    memset(page, 'a' + (int)(i % 26), sizeof page);
    stream.next_in = page;
    stream.avail_in = sizeof page;
    stream.next_out = out;
    stream.avail_out = sizeof out;
    int result = deflate(&stream, aborted ? Z_NO_FLUSH : Z_FINISH);
    sent += stream.total_out;
    if (aborted && LEAKS)
        return result < 0;
    deflateEnd(&stream);
    return result < 0;
}

int heapgate_iterate(uint64_t i)
{
    if (i % 60 != 0)
        return 0;
    return respond(i, i / 60 % 40 == 9);
}
