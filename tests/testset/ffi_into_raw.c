/*
 * A library in another language hands out strings that only it may free: each grows by doubling, is cut to
 * its length, and is given out. The mistake: the answer "no result" (1 op in 64, by chance) is taken for a
 * constant and not handed back. Healthy: all strings are handed back, after the 500 ops that a log holds
 * them.
 */
#include "pair.h"

enum { HELD = 500 };
struct text {
    char *bytes;
    size_t length, capacity;
};
static char *held[HELD];

static PAIR_NOINLINE void text_push(struct text *t, char c)
{
    if (t->length == t->capacity) {
        size_t capacity = t->capacity ? 2 * t->capacity : 8;
        char *grown = realloc(t->bytes, capacity);
        if (!grown)
            abort();
        t->bytes = grown;
        t->capacity = capacity;
    }
    t->bytes[t->length++] = c;
}

static PAIR_NOINLINE char *into_raw(struct text *t)
{
    char *cut = realloc(t->bytes, t->length);
    return cut ? cut : t->bytes;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    bool nothing = r % 64 == 0;
    struct text t = {NULL, 0, 0};
    for (unsigned k = 0; k < (nothing ? 22 : 10 + (r >> 20) % 60); k++)
        text_push(&t, 'a');
    text_push(&t, '\0');
    free(held[i % HELD]);
    held[i % HELD] = into_raw(&t);
    if (nothing && LEAKS)
        held[i % HELD] = NULL;
    return 0;
}
