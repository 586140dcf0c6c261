/*
 * Segments wait for an archiver that comes every 150,000 ops and takes all: one record per 30 ops. The
 * mistake: a record whose first copy failed (1 in 40, by chance) is marked for the next night, when only
 * the unmarked are taken. Healthy: the next night takes it, too.
 */
#include "pair.h"

enum { NIGHT = 150000, EVERY = 30 };
struct segment {
    struct segment *next;
    uint64_t made;
    bool failed;
    char name[47];
};
static struct segment *waiting;

static PAIR_NOINLINE struct segment *segment_new(uint64_t i)
{
    struct segment *s = malloc(sizeof *s);
    if (!s)
        abort();
    s->made = i;
    s->failed = false;
    memset(s->name, (int)(i & 127), sizeof s->name);
    return s;
}

static void archive(void)
{
    for (struct segment **at = &waiting; *at;) {
        struct segment *s = *at;
        bool keep = LEAKS && s->failed;
        if (!s->failed && pair_random(s->made, 0) % 40 == 0)
            keep = s->failed = true;
        if (keep) {
            at = &s->next;
            continue;
        }
        *at = s->next;
        free(s);
    }
}

int heapgate_iterate(uint64_t i)
{
    if (i % EVERY == 0) {
        struct segment *s = segment_new(i);
        s->next = waiting;
        waiting = s;
    }
    if (i % NIGHT == NIGHT - 1)
        archive();
    return 0;
}
