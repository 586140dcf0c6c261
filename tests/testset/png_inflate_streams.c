/*
 * A PNG reader opens a zlib stream for each compressed text chunk. The mistake: a chunk with a bad check
 * value (one in eight) is reported without inflateEnd, and the stream's state stays. The healthy one ends the
 * stream on both ways; zlib allocates through the reader's own function.
 */
#include "pair.h"
#include <zlib.h>

static unsigned char packed[512];
static uLong packed_len;

static PAIR_NOINLINE void *chunk_zalloc(void *opaque, unsigned items, unsigned size)
{
    void *p = malloc((size_t)items * size);
    if (p)
        memset(p, 0, 16);
    (void)opaque;
    return p;
}

static void chunk_zfree(void *opaque, void *p)
{
    (void)opaque;
    free(p);
}

static int read_text_chunk(const unsigned char *data, uLong len, unsigned char *out, unsigned room)
{
    z_stream s;
    int rc;

    memset(&s, 0, sizeof s);
    s.zalloc = chunk_zalloc;
    s.zfree = chunk_zfree;
    s.next_in = (unsigned char *)(uintptr_t)data;
    s.avail_in = (unsigned)len;
    s.next_out = out;
    s.avail_out = room;
    if (inflateInit(&s) != Z_OK)
        return -1;
    rc = inflate(&s, Z_FINISH);
    if (rc != Z_STREAM_END) {
        if (!LEAKS)
            inflateEnd(&s);
        return -1;
    }
    return inflateEnd(&s);
}

int heapgate_setup(void)
{
    static const char text[] =
        "Software: written by a program which repeats itself, repeats itself, and again";
    packed_len = sizeof packed;
    return compress(packed, &packed_len, (const unsigned char *)text, sizeof text) != Z_OK;
}

int heapgate_iterate(uint64_t i)
{
    unsigned char copy[512], out[256];
    bool damaged = pair_random(i, 0) % 8 == 0;

    memcpy(copy, packed, packed_len);
    if (damaged)
        copy[packed_len - 1] ^= 0x55;
    return (read_text_chunk(copy, packed_len, out, sizeof out) != 0) != damaged;
}
