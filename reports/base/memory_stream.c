#define _GNU_SOURCE /* fopencookie */
#include "base/memory_stream.h"

#include <stdlib.h>
#include <sys/types.h>

static ssize_t add(void *cookie, const char *bytes, size_t size)
{
    hg_buffer *buffer = cookie;

    hg_buffer_add(buffer, bytes, size);
    return buffer->failed ? 0 : (ssize_t)size;
}

FILE *hg_memory_stream_begin(hg_memory_stream *stream)
{
    *stream = (hg_memory_stream){0};
    stream->out = fopencookie(&stream->buffer, "w", (cookie_io_functions_t){.write = add});
    return stream->out;
}

size_t hg_memory_stream_size(hg_memory_stream *stream)
{
    fflush(stream->out);
    return stream->buffer.size;
}

char *hg_memory_stream_end(hg_memory_stream *stream, size_t *ret_size)
{
    bool whole = stream->out && !ferror(stream->out);

    if (stream->out && fclose(stream->out) != 0)
        whole = false;
    stream->out = NULL;
    hg_buffer_add(&stream->buffer, "", 1);
    if (!whole || stream->buffer.failed) {
        hg_buffer_free(&stream->buffer);
        return NULL;
    }
    if (ret_size)
        *ret_size = stream->buffer.size - 1;
    return stream->buffer.bytes;
}
