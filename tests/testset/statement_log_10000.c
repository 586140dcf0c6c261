/*
 * Statistics of statements, of which 2,000 are collected and written out at each 10,000th op exactly, and the
 * text of the slowest 100 is kept until the next time. The mistake: at every fourth time, when the file is
 * rotated, the list of the kept ones is begun anew without freeing the old one. So 100 texts per 40,000 ops.
 */
#include "pair.h"

enum { COLLECTED = 2000, EVERY = 10000, SLOWEST = 100 };
static char *text[COLLECTED], *kept[SLOWEST];
static unsigned count, written;

static PAIR_NOINLINE char *text_new(uint64_t r)
{
    size_t length = 60 + r % 81;
    char *t = malloc(length);
    if (!t)
        abort();
    memset(t, 'x', length - 1);
    t[length - 1] = '\0';
    return t;
}

static void write_out(void)
{
    bool rotated = ++written % 4 == 0;
    for (unsigned k = 0; k < SLOWEST; k++) {
        if (!rotated || !LEAKS)
            free(kept[k]);
        kept[k] = text[k * (COLLECTED / SLOWEST)];
        text[k * (COLLECTED / SLOWEST)] = NULL;
    }
    for (unsigned k = 0; k < COLLECTED; k++) {
        free(text[k]);
        text[k] = NULL;
    }
    count = 0;
}

int heapgate_iterate(uint64_t i)
{
    if (i % 5 == 0 && count < COLLECTED)
        text[count++] = text_new(pair_random(i, 0));
    if (i % EVERY == EVERY - 1)
        write_out();
    return 0;
}
