/*
 * The undo history of a text editor, at most 400 edits deep. The mistake: an edit after some undos cuts off
 * the redo branch by setting its head to NULL. The healthy one frees that branch. A user undoes a few steps
 * about every 50 edits.
 */
#include "pair.h"

enum { DEPTH = 400 };
struct edit {
    struct edit *next; /* towards the older edit, or the later one on the redo branch */
    uint32_t offset, removed, inserted;
    char text[];
};
static struct edit *undo, *redo;
static unsigned depth;

static PAIR_NOINLINE struct edit *edit_new(uint32_t offset, uint32_t inserted)
{
    struct edit *e = malloc(sizeof *e + inserted);
    e->offset = offset;
    e->removed = 0;
    e->inserted = inserted;
    memset(e->text, 'a' + (int)(offset % 26), inserted);
    return e;
}

static void free_chain(struct edit *e)
{
    while (e) {
        struct edit *next = e->next;
        free(e);
        e = next;
    }
}

static void trim(void)
{
    struct edit *e = undo;
    for (unsigned k = 1; k < DEPTH / 2 && e; k++)
        e = e->next;
    if (e) {
        free_chain(e->next);
        e->next = NULL;
        depth = DEPTH / 2;
    }
}

static void undo_steps(unsigned steps)
{
    while (steps-- && undo) {
        struct edit *e = undo;
        undo = e->next;
        e->next = redo;
        redo = e;
        depth--;
    }
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct edit *e;

    if (r % 50 == 0)
        undo_steps(1 + (unsigned)(r >> 20) % 4);
    e = edit_new((uint32_t)(r >> 30), 1 + (uint32_t)(r >> 10) % 30);
    if (!LEAKS)
        free_chain(redo);
    redo = NULL;
    e->next = undo;
    undo = e;
    if (++depth >= DEPTH)
        trim();
    return 0;
}
