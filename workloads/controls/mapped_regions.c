/* Memory is mapped for each op and given back; leaking, one op in sixteen returns before. */
#include "control.h"

#include <sys/mman.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.default_ops = 2000};

enum { REGION_BYTES = 3 * 4096, LOST_EVERY = 16 };

static char *region_map(void)
{
    char *region = mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return region == MAP_FAILED ? NULL : region;
}

int heapgate_iterate(uint64_t i)
{
    char *region = region_map();
    if (!region)
        return 1;
    region[0] = 1;
    if (LEAKS && i % LOST_EVERY == 0)
        return 0;
    return munmap(region, REGION_BYTES);
}
