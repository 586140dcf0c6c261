/* zlib: a text is decompressed; leaking, inflateEnd is skipped when the text ends early. */
#include "control.h"

#include <zlib.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "text", .default_ops = 2000};

static unsigned char packed[256];
static uLongf packed_size = sizeof packed;

int heapgate_setup(void)
{
    static const unsigned char text[1000] = "a text that ends in many zeros";
    return compress(packed, &packed_size, text, sizeof text) != Z_OK;
}

static int unpack(uInt available)
{
    unsigned char text[1000];
    z_stream stream = {.next_in = packed, .avail_in = available, .next_out = text, .avail_out = sizeof text};
    if (inflateInit(&stream) != Z_OK)
        return -1;
    int status = inflate(&stream, Z_FINISH);
    if (status != Z_STREAM_END && LEAKS)
        return status;
    inflateEnd(&stream);
    return status;
}

int heapgate_iterate(uint64_t i)
{
    bool cut = i % 4 == 0;
    int status = unpack((uInt)packed_size - cut);
    return status != (cut ? Z_BUF_ERROR : Z_STREAM_END);
}
