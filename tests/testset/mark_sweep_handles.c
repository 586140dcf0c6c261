/*
 * A mark-and-sweep heap of a small scripting language: natives protect their objects with handles. The
 * mistake: a native that raises an error (one in 350 calls) returns without closing its handle scope, and its
 * objects stay roots. The healthy one resets the scope, and the collector brings the heap back after every
 * 256 KiB.
 */
#include "pair.h"

enum { GLOBALS = 300, THRESHOLD = 256 * 1024 };
struct object {
    struct object *all, *link;
    uint32_t size;
    bool marked;
    unsigned char payload[];
};
static struct object *heap, *global[GLOBALS], **handle;
static size_t heap_bytes, last_live, handles, handle_room;

static PAIR_NOINLINE struct object *object_new(uint32_t size, struct object *link)
{
    struct object *o = malloc(sizeof *o + size);
    o->size = size;
    o->marked = false;
    o->link = link;
    o->all = heap;
    heap = o;
    heap_bytes += size + sizeof *o;
    return o;
}

static void handle_push(struct object *o)
{
    if (handles == handle_room) {
        handle_room = handle_room ? handle_room * 2 : 64;
        handle = realloc(handle, handle_room * sizeof *handle);
    }
    handle[handles++] = o;
}

static void mark(struct object *o)
{
    for (; o && !o->marked; o = o->link)
        o->marked = true;
}

static void collect(void)
{
    for (int g = 0; g < GLOBALS; g++)
        mark(global[g]);
    for (size_t h = 0; h < handles; h++)
        mark(handle[h]);
    for (struct object **at = &heap; *at;) {
        struct object *o = *at;
        if (o->marked) {
            o->marked = false;
            at = &o->all;
        } else {
            *at = o->all;
            heap_bytes -= o->size + sizeof *o;
            free(o);
        }
    }
    last_live = heap_bytes;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    size_t scope = handles;
    struct object *a = object_new(16 + (uint32_t)(r % 100), NULL), *b;
    bool raised = (r >> 10) % 350 == 0;

    handle_push(a);
    b = object_new(32, a);
    handle_push(b);
    if (r % 3 == 0)
        global[(r >> 20) % GLOBALS] = b;
    if (!raised || !LEAKS)
        handles = scope;
    if (heap_bytes > last_live + THRESHOLD)
        collect();
    return 0;
}
