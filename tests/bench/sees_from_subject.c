/*
 * A healthy workload that can be told to leak, for ./dev bench sees-from. SEES_FROM_BASE names the workload
 * (small, mixed, sawtooth, random), SEES_FROM_LEAK the way in which it leaks (ops, batch, rare, totals), and
 * SEES_FROM_RATE how many bytes per op. A leak is a free that does not happen, so what grows has the same
 * call path as what does not; only totals has a container beside it.
 */
#include <heapgate/workload.h>
#include <stdbool.h>
#include <string.h>

enum { SLOTS = 2000, BATCH = 999, CLASSES = 13, SMALLEST = 16 };

typedef struct block {
    size_t size;
} block;

static enum { SMALL, MIXED, SAWTOOTH, RANDOM } base;
static enum { NONE, OPS, BATCHES, RARE, TOTALS } leak;
static const char *const base_names[] = {"small", "mixed", "sawtooth", "random"};
static const char *const leak_names[] = {"none", "ops", "batch", "rare", "totals"};
static const size_t largest[] = {64, SMALLEST << (CLASSES - 1), 64, 1024};

static double rate;
static double owed; /* bytes that should have been lost by now, and are not */
static bool flushing;
static block *slots[SLOTS];
static char *total;
static size_t total_capacity;

static uint64_t random_of(uint64_t i)
{
    uint64_t x = (i + 1) * UINT64_C(0x9e3779b97f4a7c15) + heapgate_seed() * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* The number of this name; -1 where there is none. */
static int find(const char *const *names, size_t count, const char *variable)
{
    const char *name = getenv(variable);
    for (size_t i = 0; i < count; i++)
        if (strcmp(name ? name : names[0], names[i]) == 0)
            return (int)i;
    return -1;
}

int heapgate_setup(void)
{
    int chosen_base = find(base_names, sizeof base_names / sizeof *base_names, "SEES_FROM_BASE");
    int chosen_leak = find(leak_names, sizeof leak_names / sizeof *leak_names, "SEES_FROM_LEAK");
    const char *text = getenv("SEES_FROM_RATE");
    if (chosen_base < 0 || chosen_leak < 0)
        return 1;
    base = (unsigned)chosen_base;
    leak = (unsigned)chosen_leak;
    rate = text ? strtod(text, NULL) : 0;
    return 0;
}

static bool is_lost(const block *b)
{
    bool may = leak == OPS || (leak == BATCHES && flushing) || (leak == RARE && b->size == largest[base]);
    if (!may || owed < (double)b->size)
        return false;
    owed -= (double)b->size;
    return true;
}

static void drop(size_t slot)
{
    if (slots[slot] && !is_lost(slots[slot]))
        free(slots[slot]);
    slots[slot] = NULL;
}

static bool fill(size_t slot, size_t size)
{
    drop(slot);
    slots[slot] = malloc(size);
    if (slots[slot])
        slots[slot]->size = size;
    return slots[slot] != NULL;
}

/* Adds what is owed to a container that doubles. */
static bool add_to_total(void)
{
    static size_t used;
    used += (size_t)owed;
    owed -= (double)(size_t)owed;
    if (used <= total_capacity)
        return true;
    size_t capacity = total_capacity ? total_capacity : 64;
    while (capacity < used)
        capacity *= 2;
    char *grown = realloc(total, capacity);
    if (grown) {
        total = grown;
        total_capacity = capacity;
    }
    return grown != NULL;
}

static bool run_base(uint64_t i)
{
    uint64_t r = random_of(i);
    size_t slot = (r >> 32) % SLOTS;
    switch (base) {
    case SMALL:
        return fill(i % 256, SMALLEST * (1 + r % 4));
    case MIXED:
        return fill(slot % 256, (size_t)SMALLEST << r % CLASSES);
    case SAWTOOTH:
        for (size_t k = 0; flushing && k < BATCH; k++)
            drop(k);
        return fill(i % BATCH, 64);
    case RANDOM: /* half of the slots are full */
        if (!slots[slot])
            return fill(slot, SMALLEST * (1 + r % 64));
        drop(slot);
        return true;
    }
    return false;
}

int heapgate_iterate(uint64_t i)
{
    owed += rate;
    /* A flush lasts until what is owed is lost. */
    if (i % BATCH == 0)
        flushing = true;
    bool good = run_base(i) && (leak != TOTALS || add_to_total());
    if (base == SAWTOOTH || owed < SMALLEST)
        flushing = false;
    return good ? 0 : 1;
}

void heapgate_teardown(void)
{
    for (size_t slot = 0; slot < SLOTS; slot++)
        free(slots[slot]);
    free(total);
}
