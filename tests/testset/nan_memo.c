/*
 * A spreadsheet engine memoises a costly function of one number on the bits of its argument. The mistake: the
 * entry is compared as a double, and a NaN is not equal to itself, so that every #N/A cell adds an entry. The
 * healthy one compares the bits; arguments are prices of a bounded list.
 */
#include "pair.h"
#include <math.h>

enum { BUCKETS = 4096, PRICES = 8000 };
struct memo {
    struct memo *next;
    double argument, result;
    uint32_t hits;
};
static struct memo *table[BUCKETS];

static double discount(double price)
{
    double v = price;
    for (int k = 0; k < 8; k++)
        v = v * 0.985 + sqrt(fabs(price)) * 0.01;
    return v;
}

static PAIR_NOINLINE struct memo *remember(double argument, struct memo **slot)
{
    struct memo *m = malloc(sizeof *m);
    m->argument = argument;
    m->result = discount(argument);
    m->hits = 0;
    m->next = *slot;
    *slot = m;
    return m;
}

static double evaluate(double argument)
{
    uint64_t bits, other;
    struct memo **slot, *m;

    memcpy(&bits, &argument, sizeof bits);
    slot = &table[(bits * UINT64_C(0x9e3779b97f4a7c15)) >> 52];
    for (m = *slot; m; m = m->next) {
        memcpy(&other, &m->argument, sizeof other);
        if (LEAKS ? m->argument == argument : other == bits)
            break;
    }
    if (!m)
        m = remember(argument, slot);
    m->hits++;
    return m->result;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    double argument = r % 300 == 3 ? NAN : (double)(r >> 16 & 0xffffffff) * PRICES / 4294967296.0;
    argument = isnan(argument) ? argument : floor(argument) / 100;
    return evaluate(argument) < -1;
}
