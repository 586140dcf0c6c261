/*
 * Imitates a file indexer that walks trees with openat(): 1 op in 40 opens a directory, the others look at
 * names.
 * The mistake: a directory on another file system (1 of 60 by chance) is skipped before its descriptor is
 * closed. No heap is lost.
 * The healthy twin has one descriptor at most, and a list of 400 names: steady after op 2,000.
 */
#include <fcntl.h>
#include <heapgate/workload.h>
#include <stdio.h>
#include <unistd.h>

static uint64_t seed, state;

/* The next number that this op draws (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

enum { NAMES = 400 };

static char *names[NAMES];

__attribute__((noinline)) static char *name_new(uint64_t id)
{
    size_t length = 24 + draw() % 32;
    char *name = malloc(length);
    if (name != NULL) {
        snprintf(name, length, "file-%lu.txt", (unsigned long)(id % 100000));
    }
    return name;
}

static int directory_visit(void)
{
    int directory = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        return 1;
    }
    int other_device = draw() % 60 == 0;
    if (LEAKS && other_device) {
        return 0;
    }
    return close(directory);
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    char **name = &names[draw() % NAMES];
    free(*name);
    if ((*name = name_new(i)) == NULL) {
        return 1;
    }
    return draw() % 40 == 0 ? directory_visit() : 0;
}

void heapgate_teardown(void)
{
    for (int n = 0; n < NAMES; n++) {
        free(names[n]);
    }
}
