/* A file is opened and read; leaking, one op in eight returns before fclose. */
#include "control.h"

#include <stdio.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.default_ops = 4000};

static int read_device(bool leaks)
{
    char byte;
    FILE *stream = fopen("/dev/zero", "re");
    if (!stream || fread(&byte, 1, 1, stream) != 1)
        return 1;
    return leaks ? 0 : fclose(stream);
}

int heapgate_iterate(uint64_t i)
{
    return read_device(LEAKS && i % 8 == 0);
}
