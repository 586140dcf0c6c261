/* A renderer maps staging memory of 64 to 256 KiB for uploads, every 250 ops. The mistake: after a lost
 * device (1 upload in 8) the upload is repeated with a fresh mapping and the old one stays. Healthy: two
 * mappings are in flight. */
#include "pair.h"
#include <sys/mman.h>

struct staging {
    unsigned char *map;
    size_t size;
};
static struct staging flight[2];

PAIR_NOINLINE static struct staging staging_map(uint64_t r)
{
    struct staging s = {NULL, 65536 * (1 + r % 4)};
    s.map = mmap(NULL, s.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (s.map != MAP_FAILED)
        memset(s.map, (int)r, 256);
    return s;
}

int heapgate_iterate(uint64_t i)
{
    if (i % 250 != 0)
        return 0;
    uint64_t r = pair_random(i, 0);
    struct staging *slot = &flight[i / 250 % 2];
    if (slot->map)
        munmap(slot->map, slot->size);
    *slot = staging_map(r);
    bool lost = i / 250 % 8 == 5;
    if (lost) {
        struct staging old = *slot;
        *slot = staging_map(~r);
        if (!LEAKS)
            munmap(old.map, old.size);
    }
    return slot->map == MAP_FAILED;
}
