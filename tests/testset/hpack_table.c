/* The dynamic header table of HTTP/2, whose entries are evicted beyond 4,096 bytes. The mistake: an entry
 * larger than the whole table empties it, as it must, and is then not freed. Healthy: it is freed. */
#include "pair.h"

enum { TABLE_MAX = 4096, RING = 256 };

struct entry {
    size_t size;
    char text[];
};

static struct entry *ring[RING];
static size_t first, count, bytes;

PAIR_NOINLINE static struct entry *entry_new(uint64_t i, size_t length)
{
    struct entry *entry = malloc(sizeof *entry + length);
    if (!entry)
        abort();
    entry->size = length + 32;
    memset(entry->text, 'a' + (int)(i % 26), length);
    return entry;
}

static void evict(size_t room)
{
    while (count > 0 && bytes + room > TABLE_MAX) {
        struct entry *oldest = ring[first];
        first = (first + 1) % RING;
        count--;
        bytes -= oldest->size;
        free(oldest);
    }
}

static void insert(struct entry *entry)
{
    evict(entry->size);
    if (entry->size > TABLE_MAX) {
        if (!LEAKS)
            free(entry);
        return;
    }
    ring[(first + count++) % RING] = entry;
    bytes += entry->size;
}

int heapgate_iterate(uint64_t i)
{
    size_t length = i % 250 == 99 ? 5024 : 10 + pair_random(i, 0) % 120;
    insert(entry_new(i, length));
    return count > RING;
}
