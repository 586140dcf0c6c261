/* The C library: files are looked for; leaking, globfree is forgotten. */
#include "control.h"

#include <glob.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.default_ops = 2000};

static int count_devices(void)
{
    glob_t found;
    int status = glob("/dev/[nz]*[lo]", GLOB_NOSORT, NULL, &found);
    if (!LEAKS)
        globfree(&found);
    return status;
}

int heapgate_iterate(uint64_t i)
{
    (void)i;
    return count_devices();
}
