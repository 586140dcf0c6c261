/* One request in 2,500 takes a path that forgets its buffer. */
#include "control.h"

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "request", .default_ops = 100000};

enum { BYTES = 64, RARE = 2500 };

static void *request_new(uint64_t i)
{
    uint64_t *request = malloc(BYTES);
    if (request)
        request[0] = i;
    return request;
}

int heapgate_iterate(uint64_t i)
{
    void *request = request_new(i);
    if (!request)
        return 1;
    if (LEAKS && i % RARE == RARE / 2)
        return 0;
    free(request);
    return 0;
}
