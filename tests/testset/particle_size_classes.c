/*
 * Particle buffers of a game engine come from free lists by power of two. The mistake: a buffer is taken from
 * the class of its size rounded up and given back to the class of its size rounded down, so that odd sizes
 * are always made anew and the lists of the smaller classes grow. The healthy one gives back to the class it
 * came from, and effects change in a fixed order.
 */
#include "pair.h"

enum { CLASSES = 12, EMITTERS = 150 };
struct buffer {
    struct buffer *next;
    uint32_t capacity, wanted;
    unsigned char particles[];
};
static struct buffer *free_list[CLASSES], *emitter[EMITTERS];

static unsigned class_up(uint32_t n)
{
    return n <= 1 ? 0 : 32 - (unsigned)__builtin_clz(n - 1);
}

static unsigned class_down(uint32_t n)
{
    return 31 - (unsigned)__builtin_clz(n);
}

static PAIR_NOINLINE struct buffer *buffer_new(uint32_t capacity)
{
    struct buffer *b = malloc(sizeof *b + capacity);
    b->capacity = capacity;
    return b;
}

static struct buffer *buffer_take(uint32_t wanted)
{
    unsigned c = class_up(wanted);
    struct buffer *b = free_list[c];
    if (b)
        free_list[c] = b->next;
    else
        b = buffer_new(1u << c);
    b->wanted = wanted;
    b->next = NULL;
    return b;
}

static void buffer_give(struct buffer *b)
{
    unsigned c = LEAKS ? class_down(b->wanted) : class_up(b->capacity);
    b->next = free_list[c];
    free_list[c] = b;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t phase = i / 1500;
    unsigned e = (unsigned)(i % EMITTERS);
    bool pow2 = (e + phase) % 40 != 0; /* most effects are made with round counts */
    uint32_t shift = 4 + (uint32_t)(e * 7 + phase * 3) % 5;

    if (emitter[e])
        buffer_give(emitter[e]);
    emitter[e] = buffer_take(pow2 ? 1u << shift : (1u << shift) + 1 + (uint32_t)(pair_random(i, 0) % 15));
    memset(emitter[e]->particles, (int)i, emitter[e]->wanted > 16 ? 16 : emitter[e]->wanted);
    return 0;
}
