#include "uses.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static toka_use **uses_heap(toka_uses *uses)
{
    return uses->more ? uses->more : uses->first;
}

static void uses_put(toka_use **heap, size_t at, toka_use *use)
{
    heap[at] = use;
    use->at = at;
}

static void uses_move_up(toka_uses *uses, toka_use *use)
{
    toka_use **heap = uses_heap(uses);
    size_t at = use->at;

    while (at > 0 && heap[(at - 1) / 2]->known > use->known) {
        uses_put(heap, at, heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    uses_put(heap, at, use);
}

static void uses_move_down(toka_uses *uses, toka_use *use)
{
    toka_use **heap = uses_heap(uses);
    size_t at = use->at;

    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= uses->count)
            break;
        if (child + 1 < uses->count && heap[child + 1]->known < heap[child]->known)
            child++;
        if (heap[child]->known >= use->known)
            break;
        uses_put(heap, at, heap[child]);
        at = child;
    }
    uses_put(heap, at, use);
}

static size_t uses_room(const toka_uses *uses)
{
    return uses->more ? uses->room : TOKA_USES_FIRST_ROOM;
}

bool toka_uses_make_room(toka_uses *uses)
{
    size_t room = uses_room(uses);
    toka_use **more = NULL;

    if (uses->count < room)
        return true;
    more = realloc(uses->more, 2 * room * sizeof(toka_use *));
    if (!more)
        return false;
    if (!uses->more)
        memcpy(more, uses->first, sizeof uses->first);
    uses->more = more;
    uses->room = 2 * room;
    return true;
}

void toka_uses_add(toka_uses *uses, toka_use *use, unsigned place)
{
    assert(uses->count < uses_room(uses));
    use->known = toka_clock_ticks();
    atomic_init(&use->last, use->known);
    atomic_init(&use->by, place);
    atomic_init(&use->shared, false);
    uses_put(uses_heap(uses), uses->count++, use);
    uses_move_up(uses, use);
}

void toka_uses_remove(toka_uses *uses, toka_use *use)
{
    toka_use **heap = uses_heap(uses);
    toka_use *last = NULL;

    assert(use->at < uses->count && heap[use->at] == use);
    last = heap[--uses->count];
    if (last != use) {
        uses_put(heap, use->at, last);
        uses_move_up(uses, last);
        uses_move_down(uses, last);
    }
    if (uses->count == 0)
        toka_uses_clear(uses);
}

toka_use *toka_uses_oldest(toka_uses *uses)
{
    while (uses->count > 0) {
        toka_use *root = uses_heap(uses)[0];
        uint64_t last = atomic_load_explicit(&root->last, memory_order_relaxed);

        if (root->known == last)
            return root;
        root->known = last;
        uses_move_down(uses, root);
    }
    return NULL;
}

void toka_uses_clear(toka_uses *uses)
{
    free(uses->more);
    *uses = (toka_uses){0};
}
