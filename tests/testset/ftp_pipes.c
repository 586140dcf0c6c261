/* A file server that moves data through a pipe every 17 requests. The mistake: an aborted transfer returns
 * before the ends of the pipe are closed. Healthy: both are closed in any case. */
#include "pair.h"
#include <unistd.h>

PAIR_NOINLINE static int transfer(uint64_t i, bool aborted)
{
    int ends[2];
    char block[128];
    if (pipe(ends) != 0)
        return 0;
    memset(block, (int)(i & 127), sizeof block);
    int failed = 0;
    if (write(ends[1], block, sizeof block) != (ssize_t)sizeof block)
        failed = 1;
    if (aborted && LEAKS)
        return failed;
    if (!aborted && read(ends[0], block, sizeof block) != (ssize_t)sizeof block)
        failed = 1;
    close(ends[0]);
    close(ends[1]);
    return failed;
}

int heapgate_iterate(uint64_t i)
{
    if (i % 2003 == 500)
        return transfer(i, true);
    return i % 17 == 0 ? transfer(i, false) : 0;
}
