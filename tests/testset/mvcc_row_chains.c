/*
 * Row versions of a transactional store: an update prepends a version, and vacuum cuts each chain behind the
 * oldest snapshot. The mistake: a transaction that aborts (one in 600) leaves its snapshot registered, so
 * that the horizon stands still and nothing is cut any more. The healthy one releases the snapshot, and
 * chains stay short.
 */
#include "pair.h"

enum { ROWS = 512, SNAPSHOTS = 8 };
struct version {
    struct version *older;
    uint64_t txn;
    unsigned char payload[40];
};
static struct version *row[ROWS];
static uint64_t snapshot[SNAPSHOTS];

static PAIR_NOINLINE struct version *version_new(uint64_t txn, struct version *older)
{
    struct version *v = malloc(sizeof *v);
    memset(v->payload, (int)txn, sizeof v->payload);
    v->txn = txn;
    v->older = older;
    return v;
}

static uint64_t horizon(uint64_t now)
{
    for (int s = 0; s < SNAPSHOTS; s++)
        if (snapshot[s] && snapshot[s] < now)
            now = snapshot[s];
    return now;
}

static void prune(struct version *v, uint64_t limit)
{
    struct version *dead;
    int steps = 0;
    while (v && v->txn > limit && steps++ < 32)
        v = v->older;
    if (!v || v->txn > limit)
        return;
    dead = v->older; /* v is what the oldest snapshot sees */
    v->older = NULL;
    while (dead) {
        v = dead->older;
        free(dead);
        dead = v;
    }
}

int heapgate_iterate(uint64_t i)
{
    uint64_t txn = i + 1, r = pair_random(i, 0);
    unsigned key = (unsigned)(r >> 40 & 1 ? r % ROWS : r % 16), slot = (unsigned)(i % SNAPSHOTS);
    bool aborted = r % 600 == 599;

    if (LEAKS && snapshot[slot])
        slot = (slot + 1) % SNAPSHOTS;
    if (!snapshot[slot])
        snapshot[slot] = txn;
    row[key] = version_new(txn, row[key]);
    if (!aborted && snapshot[slot] == txn)
        snapshot[slot] = 0;
    if (aborted && !LEAKS)
        snapshot[slot] = 0;
    prune(row[key], horizon(txn));
    return 0;
}
