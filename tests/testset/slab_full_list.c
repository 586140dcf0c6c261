/*
 * A slab allocator of one size class, with a list of partial slabs. The mistake: when an object is freed in a
 * slab that was full, the slab is not linked back into the partial list, so that it is never used or released
 * again. The healthy one links it back and releases a slab when it is empty. The live objects swing between
 * 200 and 1,800.
 */
#include "pair.h"

enum { OBJECT = 96, PER_SLAB = 42, MAX_LIVE = 1800 };
struct slab {
    struct slab *prev, *next;
    uint64_t bitmap; /* bit set: object in use */
    unsigned used;
    unsigned char object[PER_SLAB][OBJECT];
};
struct handle {
    struct slab *slab;
    unsigned index;
};
static struct slab *partial;
static struct handle held[MAX_LIVE + 1];
static unsigned live;

static void link_partial(struct slab *s)
{
    s->prev = NULL;
    s->next = partial;
    if (partial)
        partial->prev = s;
    partial = s;
}

static void unlink_partial(struct slab *s)
{
    if (s->prev)
        s->prev->next = s->next;
    else
        partial = s->next;
    if (s->next)
        s->next->prev = s->prev;
    s->prev = s->next = NULL;
}

static PAIR_NOINLINE struct slab *slab_grow(void)
{
    struct slab *s = malloc(sizeof *s);
    s->bitmap = 0;
    s->used = 0;
    link_partial(s);
    return s;
}

static struct handle object_alloc(void)
{
    struct slab *s = partial ? partial : slab_grow();
    unsigned index = (unsigned)__builtin_ctzll(~s->bitmap);
    s->bitmap |= UINT64_C(1) << index;
    if (++s->used == PER_SLAB)
        unlink_partial(s);
    return (struct handle){s, index};
}

static void object_free(struct handle h)
{
    struct slab *s = h.slab;
    bool was_full = s->used == PER_SLAB;
    s->bitmap &= ~(UINT64_C(1) << h.index);
    s->used--;
    if (was_full && LEAKS)
        s->next = s->prev = NULL; /* to be linked in by whoever looks for a slab */
    else if (was_full)
        link_partial(s);
    if (s->used == 0 && (s->prev || s->next || partial == s)) {
        unlink_partial(s);
        free(s);
    }
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    unsigned target = i / 3000 % 2 ? MAX_LIVE : 200, turns = 1 + (unsigned)(r & 1);
    while (turns--) {
        if (live == 0 || (live < MAX_LIVE && (live < target ? r % 8 < 7 : r % 8 < 1))) {
            held[live++] = object_alloc();
        } else {
            unsigned k = (unsigned)((r >> 8) % live);
            object_free(held[k]);
            held[k] = held[--live];
        }
    }
    return 0;
}
