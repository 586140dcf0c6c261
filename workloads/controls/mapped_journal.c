/* A journal in a mapping that is made a page longer every sixteen ops; healthy, it is cut back to one at 64
 * pages. */
#include "control.h"

#include <sys/mman.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.default_ops = 8000};

enum { PAGE = 4096, GROWS_EVERY = 16, MOST_BYTES = 64 * PAGE };

static char *journal;
static size_t size;

static bool journal_resize(size_t wanted)
{
    char *moved = journal ? mremap(journal, size, wanted, MREMAP_MAYMOVE)
                          : mmap(NULL, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (moved == MAP_FAILED)
        return false;
    journal = moved;
    size = wanted;
    return true;
}

int heapgate_iterate(uint64_t i)
{
    if (i % GROWS_EVERY == 0 && !journal_resize(!LEAKS && size == MOST_BYTES ? PAGE : size + PAGE))
        return 1;
    journal[size - 1] = (char)i;
    return 0;
}
