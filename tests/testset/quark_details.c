/*
 * Names that get a number for ever, as GLib's quarks: node and text lie in blocks of 4 KiB that are never
 * freed. The mistake: a signal's detail holds the number of the row that changed, so 1 op in 30 makes a name
 * of its own. Healthy: the 6,000 names that the program has are drawn evenly, and all seen by op 80,000.
 */
#include "pair.h"
#include <stdio.h>

enum { NAMES = 6000, BUCKETS = 8192, BLOCK = 4080 };
struct quark {
    struct quark *next;
    uint32_t number;
    char text[];
};
static struct quark *bucket[BUCKETS], **tail[BUCKETS];
static char *block;
static size_t used;
static uint32_t count;

static PAIR_NOINLINE char *block_new(void)
{
    char *at = malloc(BLOCK);
    if (!at)
        abort();
    return at;
}

static void *carve(size_t size)
{
    size = (size + 7) & ~(size_t)7;
    if (!block || used + size > BLOCK) {
        block = block_new();
        used = 0;
    }
    used += size;
    return block + used - size;
}

static uint32_t quark_from_string(const char *text)
{
    uint32_t h = 5381;
    for (const char *c = text; *c; c++)
        h = h * 33 + (unsigned char)*c;
    h = (h ^ h >> 15) % BUCKETS;
    for (struct quark *q = bucket[h]; q; q = q->next)
        if (strcmp(q->text, text) == 0)
            return q->number;
    struct quark *q = carve(sizeof *q + strlen(text) + 1);
    q->next = NULL;
    q->number = ++count;
    strcpy(q->text, text);
    *(tail[h] ? tail[h] : &bucket[h]) = q;
    tail[h] = &q->next;
    return q->number;
}

int heapgate_iterate(uint64_t i)
{
    char name[48];
    uint64_t r = pair_random(i, 0);
    if (LEAKS && r % 30 == 0)
        snprintf(name, sizeof name, "row-changed::%09u", (unsigned)i);
    else
        snprintf(name, sizeof name, "notify::property-%04u", (unsigned)(r >> 20) % NAMES);
    return quark_from_string(name) == 0;
}
