/* A write-ahead log in memory mapped segments of 64 KiB, a new one every 500 records. The mistake: a
 * segment that ended in a torn record is replaced without munmap, one in three. Healthy: two segments are
 * mapped at most. */
#include "pair.h"
#include <sys/mman.h>

enum { SEGMENT = 65536, RECORDS = 500, RECORD = 128 };

static uint8_t *segment;
static unsigned used;
static unsigned segments;

PAIR_NOINLINE static uint8_t *segment_map(void)
{
    void *at = mmap(NULL, SEGMENT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

static void segment_end(bool torn)
{
    if (torn) {
        memset(segment + SEGMENT - RECORD, 0, RECORD);
        if (LEAKS)
            return;
    }
    munmap(segment, SEGMENT);
}

int heapgate_iterate(uint64_t i)
{
    if (segment && used == RECORDS) {
        segment_end(++segments % 3 == 0);
        segment = NULL;
    }
    if (!segment) {
        segment = segment_map();
        used = 0;
        if (!segment)
            return 1;
    }
    memset(segment + (size_t)used++ * RECORD, (int)(i & 255), RECORD);
    return 0;
}

void heapgate_teardown(void)
{
    if (segment)
        munmap(segment, SEGMENT);
    segment = NULL;
}
