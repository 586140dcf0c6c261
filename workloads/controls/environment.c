/* The environment: the C library never frees a value that was set. Healthy, four values take turns; leaking,
 * each is new. */
#include "control.h"

#include <inttypes.h>
#include <stdio.h>

int heapgate_iterate(uint64_t i)
{
    char value[64];
    void *scratch = malloc(24);
    free(scratch);
    snprintf(value, sizeof value, "trace-%020" PRIu64, LEAKS ? i : i % 4);
    return setenv("HEAPGATE_CONTROL_TRACE", value, 1);
}
