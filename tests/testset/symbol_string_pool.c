/*
 * A JIT's pool of symbol names with reference counts. Names without a reference stay until the dead ones are
 * cleared, after 16,384 modules. The mistake: a symbol that is compiled lazily (1 in 150, by chance) takes a
 * second reference for its stub, which nobody gives back. Healthy: a sawtooth of some 1.3 MB.
 */
#include "pair.h"
#include <stdio.h>

enum { BUCKETS = 16384, CLEARED_AFTER = 16384 };
struct symbol {
    struct symbol *next;
    unsigned references;
    char name[];
};
static struct symbol *bucket[BUCKETS];

static PAIR_NOINLINE struct symbol *symbol_new(const char *name)
{
    struct symbol *s = malloc(sizeof *s + strlen(name) + 1);
    if (!s)
        abort();
    s->references = 0;
    strcpy(s->name, name);
    return s;
}

static void clear_dead(void)
{
    for (unsigned k = 0; k < BUCKETS; k++) {
        struct symbol **at = &bucket[k];
        while (*at) {
            struct symbol *s = *at;
            if (s->references > 0) {
                at = &s->next;
                continue;
            }
            *at = s->next;
            free(s);
        }
    }
}

int heapgate_iterate(uint64_t i)
{
    char name[64];
    uint64_t r = pair_random(i, 0);
    snprintf(name, sizeof name, "_ZN6module%09u4initEv$%04x", (unsigned)i, (unsigned)(r & 0xffff));
    struct symbol *s = symbol_new(name);
    s->next = bucket[i % BUCKETS];
    bucket[i % BUCKETS] = s;
    s->references++;
    bool lazy = (r >> 20) % 150 == 0;
    if (lazy)
        s->references++;
    if (lazy && !LEAKS)
        s->references--;
    s->references--;
    if (i % CLEARED_AFTER == CLEARED_AFTER - 1)
        clear_dead();
    return 0;
}
