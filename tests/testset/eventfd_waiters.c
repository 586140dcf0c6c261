/* A GPU driver's fences: each tenth op waits on an eventfd. The mistake: a wait that is cancelled (every
 * 1,200 ops) does not close its descriptor. Healthy: closed on both ways out. */
#include "pair.h"
#include <sys/eventfd.h>
#include <unistd.h>

enum { CANCELLED_EVERY = 1200 };
static uint64_t signalled;

PAIR_NOINLINE static int fence_wait(uint64_t value, bool cancelled)
{
    uint64_t got = 0;
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0)
        return 1;
    if (cancelled) {
        if (!LEAKS)
            close(fd);
        return 0;
    }
    if (write(fd, &value, sizeof value) != sizeof value || read(fd, &got, sizeof got) != sizeof got)
        return 1;
    signalled += got;
    return close(fd);
}

int heapgate_iterate(uint64_t i)
{
    return i % 10 == 0 ? fence_wait(i + 1, i % CANCELLED_EVERY == 600) : 0;
}
