/* A mapping with a page in front for its header; leaking, one in eight is given back without that page. */
#include "control.h"

#include <sys/mman.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.default_ops = 2000};

enum { PAGE = 4096, BODY_BYTES = 3 * PAGE, LOST_EVERY = 8 };

/* Gives the body; the header lies before it. */
static char *buffer_map(void)
{
    char *header = mmap(NULL, PAGE + BODY_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return header == MAP_FAILED ? NULL : header + PAGE;
}

int heapgate_iterate(uint64_t i)
{
    char *body = buffer_map();
    if (!body)
        return 1;
    body[0] = 1;
    if (LEAKS && i % LOST_EVERY == 0)
        return munmap(body, BODY_BYTES);
    return munmap(body - PAGE, PAGE + BODY_BYTES);
}
