/* A workload whose every op makes a block of 96 bytes: in lists of a hash table, and across them. */
#include <heapgate/workload.h>
#include <stdlib.h>

enum { BUCKETS = 1 << 16 };

struct entry {
    struct entry *next;
    struct entry *other; /* anywhere */
    char room[80];
};

static struct entry **buckets;
static struct entry *last;

int heapgate_iterate(uint64_t i)
{
    uint64_t hash = (i + 1) * 0x9e3779b97f4a7c15u >> 48;
    struct entry *made = calloc(1, sizeof *made);
    if (!buckets)
        buckets = calloc(BUCKETS, sizeof *buckets);
    if (!made || !buckets)
        return -1;
    made->other = last;
    made->next = buckets[hash];
    buckets[hash] = made;
    if (i % 3 == 0)
        last = made;
    return 0;
}
