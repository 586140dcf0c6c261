/*
 * A generational collector's write barrier: stores of young pointers into old objects are noted in the
 * remembered set, which a minor collection empties every 1,001 ops. The mistake: entries whose holder was
 * promoted meanwhile are kept "for the next round" and never leave. The healthy one empties the set; old
 * objects are a fixed table.
 */
#include "pair.h"

enum { OLD = 2000, NURSERY = 64 * 1024 };
struct old_object {
    uint32_t field[6], promoted_in;
};
static struct old_object *old;
static unsigned char *nursery;
static uint32_t nursery_top, cycle, *remembered;
static size_t entries, room;

static PAIR_NOINLINE void remember(uint32_t holder)
{
    if (entries == room) {
        room = room ? room * 2 : 256;
        remembered = realloc(remembered, room * sizeof *remembered);
    }
    remembered[entries++] = holder;
}

static void minor_collection(void)
{
    size_t kept = 0, from = entries > 2048 ? entries - 2048 : 0;
    cycle++;
    kept = from;
    for (size_t k = from; k < entries; k++) {
        struct old_object *o = &old[remembered[k]];
        o->field[k % 6] = 0;
        if (LEAKS && (o->promoted_in + remembered[k]) % 8 == 0)
            remembered[kept++] = remembered[k];
    }
    entries = LEAKS ? kept : 0;
    nursery_top = 0;
}

int heapgate_setup(void)
{
    old = calloc(OLD, sizeof *old);
    nursery = malloc(NURSERY);
    return !old || !nursery;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    uint32_t size = 16 + (uint32_t)(r % 4) * 16, holder = (uint32_t)((r >> 8) % OLD);

    if (nursery_top + size > NURSERY)
        nursery_top = 0;
    memset(nursery + nursery_top, 0, 16);
    if (r % 5 < 4) {
        old[holder].field[r % 6] = nursery_top;
        remember(holder);
    }
    nursery_top += size;
    if (i % 1001 == 1000)
        minor_collection();
    return 0;
}

void heapgate_teardown(void)
{
    free(old);
    free(nursery);
    free(remembered);
}
