/* A tracing library that collects spans and exports them all every 4,099 ops. The mistake: a span whose
 * parent was exported in an earlier batch is moved to an orphan list that nothing empties. Healthy: it is
 * exported as a root. */
#include "pair.h"

enum { PERIOD = 4099 };

struct span {
    struct span *next;
    uint64_t id;
    uint64_t parent;
    uint64_t begin, end;
    char name[216];
};

static struct span *batch;
static struct span *orphans;
static uint64_t exported;

PAIR_NOINLINE static struct span *span_new(uint64_t id, uint64_t parent)
{
    struct span *span = malloc(sizeof *span);
    if (!span)
        abort();
    span->id = id;
    span->parent = parent;
    span->begin = id * 10;
    span->end = span->begin + 7;
    memset(span->name, 'a' + (int)(id % 26), sizeof span->name);
    return span;
}

static void export_batch(uint64_t first)
{
    while (batch) {
        struct span *span = batch;
        batch = span->next;
        if (LEAKS && span->parent < first && span->id % 1009 == 0) {
            span->next = orphans;
            orphans = span;
            continue;
        }
        exported += span->end - span->begin;
        free(span);
    }
}

int heapgate_iterate(uint64_t i)
{
    struct span *span = span_new(i, i % 1009 == 0 ? 0 : i);
    span->next = batch;
    batch = span;
    if (i % PERIOD == PERIOD - 1)
        export_batch(i - PERIOD + 2);
    return 0;
}

void heapgate_teardown(void)
{
    export_batch(0);
}
