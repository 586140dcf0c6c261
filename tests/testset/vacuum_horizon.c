/*
 * Old versions of rows stay until no snapshot needs them: a report takes a snapshot at chance times, 1 op
 * in 45,000, and holds it for 30,000 ops; otherwise they go after 500 ops. The mistake: a version of an
 * aborted subtransaction (1 in 900, by chance) is skipped by the vacuum, which looks at committed ones.
 * Healthy: aborted ones go, too.
 */
#include "pair.h"

enum { SHORT = 500, REPORT = 30000, VACUUM = 1000 };
struct version {
    struct version *next;
    uint64_t made;
    bool aborted;
    char row[63];
};
static struct version *oldest, *newest, *skipped;
static uint64_t snapshot, snapshot_ends;

static PAIR_NOINLINE struct version *version_new(uint64_t i)
{
    struct version *v = malloc(sizeof *v);
    if (!v)
        abort();
    v->next = NULL;
    v->made = i;
    memset(v->row, 1, sizeof v->row);
    return v;
}

static void vacuum(uint64_t i)
{
    uint64_t horizon = i < snapshot_ends ? snapshot : i;
    while (oldest && oldest->made + SHORT < horizon) {
        struct version *v = oldest;
        oldest = v->next;
        if (!oldest)
            newest = NULL;
        if (v->aborted && LEAKS) {
            v->next = skipped;
            skipped = v;
        } else {
            free(v);
        }
    }
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct version *v = version_new(i);
    v->aborted = r % 900 == 0;
    *(newest ? &newest->next : &oldest) = v;
    newest = v;
    if ((r >> 20) % 45000 == 0 && i >= snapshot_ends) {
        snapshot = i;
        snapshot_ends = i + REPORT;
    }
    if (i % VACUUM == VACUUM - 1)
        vacuum(i);
    return 0;
}
