/*
 * The identifier table of an SQL front end, which folds names to lower case. The mistake: names are looked up
 * as they were written but stored folded, so that a name in mixed case is never found and stored again each
 * time. The healthy one folds before the look-up; the catalogue has 900 names of power-law use, and the table
 * stops when all were seen.
 */
#include "pair.h"
#include <math.h>
#include <stdio.h>

enum { NAMES = 900, BUCKETS = 1024 };
struct symbol {
    struct symbol *next;
    uint32_t hash, len;
    char text[];
};
static struct symbol *bucket[BUCKETS];

static uint32_t hash_of(const char *s)
{
    uint32_t h = 2166136261u;
    while (*s)
        h = (h ^ (unsigned char)(*s++ | 0x20)) * 16777619u;
    return h;
}

static void fold(char *s)
{
    for (; *s; s++)
        if (*s >= 'A' && *s <= 'Z')
            *s = (char)(*s | 0x20);
}

static PAIR_NOINLINE struct symbol *symbol_add(char *name, uint32_t hash)
{
    size_t len = strlen(name);
    struct symbol *s = malloc(sizeof *s + len + 1);
    s->hash = hash;
    s->len = (uint32_t)len;
    memcpy(s->text, name, len + 1);
    fold(s->text);
    s->next = bucket[hash % BUCKETS];
    bucket[hash % BUCKETS] = s;
    return s;
}

static struct symbol *intern(char *name)
{
    uint32_t hash = hash_of(name);
    if (!LEAKS)
        fold(name);
    for (struct symbol *s = bucket[hash % BUCKETS]; s; s = s->next)
        if (s->hash == hash && strcmp(s->text, name) == 0)
            return s;
    return symbol_add(name, hash);
}

int heapgate_iterate(uint64_t i)
{
    char name[48];
    uint64_t r = pair_random(i, 0);
    double u = (double)(r >> 11) / 9007199254740992.0;
    unsigned rank = (unsigned)(pow(NAMES + 1.0, u)) - 1; /* density about 1/rank */
    bool shouting = r % 90 == 0;

    snprintf(name, sizeof name, shouting ? "Order_Line_%u" : "order_line_%u", rank);
    return intern(name) == NULL;
}
