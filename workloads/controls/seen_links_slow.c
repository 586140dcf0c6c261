/*
 * A crawler remembers links, in a set with a bound of 100,000, which takes one link per 12 ops and so is
 * full at op 1,200,000; then the oldest goes for each that comes. The mistake: the bound is compared with
 * the number of hosts, of which there are 5,000. Healthy: 100,000 links of 40 to 103 bytes.
 */
#include "control.h"
#include "random.h"

enum { BOUND = 100000, EVERY = 12, HOSTS = 5000 };
struct link {
    struct link *next;
    uint64_t hash;
    char path[];
};
static struct link *oldest, *newest;
static unsigned links, hosts;
static bool host_seen[HOSTS];

__attribute__((noinline)) static struct link *link_new(uint64_t r)
{
    size_t length = 24 + r % 64;
    struct link *l = malloc(sizeof *l + length);
    if (!l)
        abort();
    l->next = NULL;
    l->hash = r;
    memset(l->path, '/', length);
    return l;
}

int heapgate_iterate(uint64_t i)
{
    if (i % EVERY != 0)
        return 0;
    struct random random = random_for_op(heapgate_seed(), i);
    uint64_t r = random_next(&random);
    bool *seen = &host_seen[(r >> 20) % HOSTS];
    hosts += !*seen;
    *seen = true;
    struct link *l = link_new(r);
    *(newest ? &newest->next : &oldest) = l;
    newest = l;
    links++;
    if ((LEAKS ? hosts : links) > BOUND) {
        struct link *gone = oldest;
        oldest = gone->next;
        free(gone);
        links--;
    }
    return 0;
}
