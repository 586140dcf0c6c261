/* A libFuzzer target: the input's lines go through a queue. */
#include "queue.h"

#include <stdint.h>
#include <string.h>

__attribute__((visibility("default"))) int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct queue *queue = queue_new();
    if (!queue)
        return -1;
    const char *at = (const char *)data;
    for (size_t left = size; left > 0;) {
        const char *end = memchr(at, '\n', left);
        size_t length = end ? (size_t)(end - at) : left;
        queue_put(queue, at, length);
        left -= length + (end != NULL);
        at += length + (end != NULL);
    }
    queue_free(queue);
    return 0;
}
