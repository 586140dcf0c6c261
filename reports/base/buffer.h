/*
 * Bytes that grow at the end. After a failed allocation the buffer ignores everything, so a caller checks
 * once, at the end. A zeroed buffer is empty and valid.
 */
#ifndef HG_BASE_BUFFER_H
#define HG_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct hg_buffer {
    char *bytes; /* NULL while nothing was added */
    size_t size, room;
    bool failed; /* memory ran out */
} hg_buffer;

void hg_buffer_add(hg_buffer *buffer, const void *bytes, size_t size);

/* Room for size more bytes at the end, which the caller fills and counts; NULL when memory ran out. */
char *hg_buffer_reserve(hg_buffer *buffer, size_t size);

/* Empties the buffer and keeps its memory. */
void hg_buffer_empty(hg_buffer *buffer);
void hg_buffer_free(hg_buffer *buffer);

#endif
