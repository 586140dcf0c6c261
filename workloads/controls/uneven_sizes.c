/* Documents of very different sizes, 16 bytes to 16 KiB; leaking, one in sixteen stays. Its size, too, is any
 * of them. */
#include "control.h"
#include "random.h"

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "document", .default_ops = 40000};

static void *document_new(uint64_t i)
{
    /* Every size has its turn, in an order that looks like none. */
    size_t size = (size_t)16 << (random_mix(i / 176) + i / 16) % 11;
    return malloc(size);
}

int heapgate_iterate(uint64_t i)
{
    void *document = document_new(i);
    if (!document)
        return 1;
    if (!LEAKS || i % 16 != 0)
        free(document);
    return 0;
}
