/*
 * A compressed bitmap with array and bitmap containers: an array of 2,048 values turns into a bitmap. The
 * mistake: the conversion replaces the container without freeing the array. The healthy one frees it. The
 * bitmap collects row numbers of one segment at a time and is cleared when the segment is merged.
 */
#include "pair.h"

enum { CHUNKS = 8, ARRAY_MAX = 2048, MERGE_EVERY = 29989 };
struct container {
    bool is_bitmap;
    uint32_t count, room;
    void *data; /* uint16_t[] or uint64_t[1024] */
};
static struct container chunk[CHUNKS];

static PAIR_NOINLINE void array_grow(struct container *c)
{
    c->room = c->room ? c->room * 2 : 32;
    c->data = realloc(c->data, c->room * sizeof(uint16_t));
}

static PAIR_NOINLINE void to_bitmap(struct container *c)
{
    uint64_t *words = calloc(1024, sizeof *words);
    uint16_t *array = c->data;
    for (uint32_t k = 0; k < c->count; k++)
        words[array[k] / 64] |= UINT64_C(1) << array[k] % 64;
    if (!LEAKS)
        free(array);
    c->data = words;
    c->is_bitmap = true;
}

static void add(struct container *c, uint16_t value)
{
    if (c->is_bitmap) {
        ((uint64_t *)c->data)[value / 64] |= UINT64_C(1) << value % 64;
        return;
    }
    if (c->count == ARRAY_MAX) {
        to_bitmap(c);
        add(c, value);
        return;
    }
    if (c->count == c->room)
        array_grow(c);
    ((uint16_t *)c->data)[c->count++] = value;
}

static void clear(void)
{
    for (unsigned k = 0; k < CHUNKS; k++) {
        free(chunk[k].data);
        memset(&chunk[k], 0, sizeof chunk[k]);
    }
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    if (i % MERGE_EVERY == MERGE_EVERY - 1)
        clear();
    add(&chunk[r % CHUNKS], (uint16_t)(r >> 16));
    return 0;
}

void heapgate_teardown(void)
{
    clear();
}
