/*
 * A stream whose text is kept in memory, as by open_memstream(), which does not tell when memory ran out: its
 * fclose() then answers 0, with a text that is cut or NULL.
 *
 *     hg_memory_stream stream;
 *     FILE *out = hg_memory_stream_begin(&stream);
 *     if (out)
 *         fprintf(out, ...);
 *     char *text = hg_memory_stream_end(&stream, &size);
 */
#ifndef HG_BASE_MEMORY_STREAM_H
#define HG_BASE_MEMORY_STREAM_H

#include "base/buffer.h"

#include <stdio.h>

typedef struct hg_memory_stream {
    FILE *out;
    hg_buffer buffer;
} hg_memory_stream;

/* NULL when memory ran out. The struct stays where it is until the end. */
FILE *hg_memory_stream_begin(hg_memory_stream *stream);

/* How much has been written so far. */
size_t hg_memory_stream_size(hg_memory_stream *stream);

/* Closes the stream, if it was opened. Gives the text, terminated by a NUL beyond its size, which the caller
 * frees; NULL when memory ran out at any time. ret_size: NULL where nobody wants to know. */
char *hg_memory_stream_end(hg_memory_stream *stream, size_t *ret_size);

#endif
