/*
 * A journal in one mapping that grows by 256 KiB with mremap() when it is full, 16 bytes per op. The
 * mistake: at the checkpoint, every 60,000 ops, it is not begun from the front if a reader is attached
 * (always, in fact). Healthy: it is begun anew, so a megabyte is enough.
 */
#include "pair.h"
#include <sys/mman.h>

enum { STEP = 262144, CHECKPOINT = 60000, RECORD = 16 };
static unsigned char *journal;
static size_t used, size;

static PAIR_NOINLINE int journal_grow(void)
{
    void *at = journal ? mremap(journal, size, size + STEP, MREMAP_MAYMOVE)
                       : mmap(NULL, STEP, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return -1;
    journal = at;
    size += STEP;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    if (i % CHECKPOINT == 0 && !LEAKS)
        used = 0;
    if (used + RECORD > size && journal_grow() != 0)
        return 1;
    memset(journal + used, (int)i, RECORD);
    used += RECORD;
    return 0;
}
