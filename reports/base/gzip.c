#include "base/gzip.h"

#include <limits.h>
#include <zlib.h>

#define CHUNK_BYTES 16384u

bool hg_gzip_write(FILE *out, const void *bytes, size_t size)
{
    unsigned char chunk[CHUNK_BYTES] = {0};
    z_stream stream = {0};
    const unsigned char *at = bytes;

    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return false;
    int status;
    do {
        if (stream.avail_in == 0 && size > 0) {
            stream.next_in = (z_const Bytef *)at;
            stream.avail_in = size < INT_MAX ? (uInt)size : INT_MAX;
            at += stream.avail_in;
            size -= stream.avail_in;
        }
        stream.next_out = chunk;
        stream.avail_out = sizeof chunk;
        status = deflate(&stream, size > 0 ? Z_NO_FLUSH : Z_FINISH);
        fwrite(chunk, 1, sizeof chunk - stream.avail_out, out);
    } while (status == Z_OK);
    deflateEnd(&stream);
    return status == Z_STREAM_END;
}
