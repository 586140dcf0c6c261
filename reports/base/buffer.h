/*
 * Bytes that grow at the end. A failed allocation is remembered and everything after it ignored, so that a
 * caller asks once, when it is done. A zeroed buffer is empty and valid.
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

/* Room for size more bytes at the end, to be filled and counted by the caller; NULL when memory ran out. */
char *hg_buffer_reserve(hg_buffer *buffer, size_t size);

/* Keeps the memory for what comes next. */
void hg_buffer_empty(hg_buffer *buffer);
void hg_buffer_free(hg_buffer *buffer);

#endif
