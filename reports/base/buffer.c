#include "base/buffer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

char *hg_buffer_reserve(hg_buffer *buffer, size_t size)
{
    if (buffer->failed || size > SIZE_MAX / 4 - buffer->size) {
        buffer->failed = true;
        return NULL;
    }
    if (size > buffer->room - buffer->size || !buffer->bytes) {
        size_t room = 2 * (buffer->size + size) + 64;
        char *bytes = realloc(buffer->bytes, room);
        if (!bytes) {
            buffer->failed = true;
            return NULL;
        }
        buffer->bytes = bytes;
        buffer->room = room;
    }
    return buffer->bytes + buffer->size;
}

void hg_buffer_add(hg_buffer *buffer, const void *bytes, size_t size)
{
    char *at = hg_buffer_reserve(buffer, size);

    if (!at || size == 0)
        return;
    memcpy(at, bytes, size);
    buffer->size += size;
}

void hg_buffer_empty(hg_buffer *buffer)
{
    buffer->size = 0;
}

void hg_buffer_free(hg_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (hg_buffer){0};
}
