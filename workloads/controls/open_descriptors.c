/* A device is opened each op; leaking, one op in eight returns before it is closed. */
#include "control.h"

#include <fcntl.h>
#include <unistd.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.default_ops = 4000};

int heapgate_iterate(uint64_t i)
{
    char *name = strdup("/dev/null");
    int descriptor = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    free(name);
    if (descriptor < 0)
        return 1;
    if (LEAKS && i % 8 == 0)
        return 0;
    return close(descriptor);
}
