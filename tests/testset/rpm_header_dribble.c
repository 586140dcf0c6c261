/*
 * Imitates the package headers of a package manager (RPM): most entries of a header point into one region,
 * and those that are added or changed later ("dribbles") have data of their own. Every 40 changes the header
 * is unloaded into a new region.
 * The mistake: at the unloading, data of a dribble of the type "string array" (1 change in 200 by chance) is
 * taken for a part of the old region and not freed.
 * The healthy twin has 50 headers of 16 entries: steady after op 4,000.
 */
#include <heapgate/workload.h>
#include <string.h>

static uint64_t seed, state;

/* The next number that this op draws (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

enum { HEADERS = 50, ENTRIES = 16, CHANGES = 40 };

struct entry {
    unsigned char *data;
    uint32_t length;
    int in_region, array;
};

struct header {
    struct entry entries[ENTRIES];
    unsigned char *region;
    unsigned changes;
};

static struct header headers[HEADERS];

static unsigned char *region_new(size_t length)
{
    return calloc(1, length);
}

__attribute__((noinline)) static unsigned char *dribble_new(uint32_t length)
{
    unsigned char *data = malloc(length);
    if (data != NULL) {
        memset(data, 'd', length);
    }
    return data;
}

static int header_unload(struct header *header)
{
    size_t total = 1, at = 0;
    for (int n = 0; n < ENTRIES; n++) {
        total += header->entries[n].length;
    }
    unsigned char *region = region_new(total);
    if (region == NULL) {
        return 1;
    }
    for (int n = 0; n < ENTRIES; n++) {
        struct entry *entry = &header->entries[n];
        if (entry->data == NULL) {
            continue;
        }
        memcpy(region + at, entry->data, entry->length);
        if (!entry->in_region && !(LEAKS && entry->array)) {
            free(entry->data);
        }
        *entry = (struct entry){region + at, entry->length, 1, 0};
        at += entry->length;
    }
    free(header->region);
    header->region = region;
    header->changes = 0;
    return 0;
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    struct header *header = &headers[draw() % HEADERS];
    struct entry *entry = &header->entries[draw() % ENTRIES];
    if (!entry->in_region) {
        free(entry->data);
    }
    uint32_t length = 8 + (uint32_t)(draw() % 57);
    *entry = (struct entry){dribble_new(length), length, 0, draw() % 200 == 0};
    if (entry->data == NULL) {
        return 1;
    }
    return ++header->changes == CHANGES ? header_unload(header) : 0;
}

void heapgate_teardown(void)
{
    for (int n = 0; n < HEADERS; n++) {
        for (int m = 0; m < ENTRIES; m++) {
            if (!headers[n].entries[m].in_region) {
                free(headers[n].entries[m].data);
            }
        }
        free(headers[n].region);
    }
}
