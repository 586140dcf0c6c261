/*
 * Imitates the realpath cache of a script server (PHP): 6,000 entries, and a path that is resolved when the
 * cache is full is not stored.
 * The mistake: the entry for such a path is not freed if it is a symbolic link (1 in 60 of them). So nothing
 * is lost until the cache is full, near op 20,000.
 * The healthy twin holds 6,000 entries, never evicts, and is steady after op 30,000; the paths follow a power
 * law over 20,000.
 */
#include <heapgate/workload.h>
#include <stdio.h>
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

enum { PATHS = 20000, MOST = 6000 };

struct entry {
    uint32_t path, length;
    int is_link;
    char text[];
};

static struct entry *cache[PATHS];
static unsigned stored;

__attribute__((noinline)) static struct entry *entry_new(uint32_t path, const char *text)
{
    size_t length = strlen(text) + 1;
    struct entry *entry = malloc(sizeof *entry + length);
    if (entry != NULL) {
        *entry = (struct entry){.path = path, .length = (uint32_t)length};
        memcpy(entry->text, text, length);
    }
    return entry;
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    double u = (double)(draw() >> 11) * 0x1p-53;
    uint32_t path = (uint32_t)(u * u * PATHS);
    if (cache[path] != NULL) {
        return cache[path]->path != path;
    }
    char text[96];
    snprintf(text, sizeof text, "/srv/www/site-%u/vendor/package-%u/src/Module%u.php", path % 7, path % 131,
             path);
    struct entry *entry = entry_new(path, text);
    if (entry == NULL) {
        return 1;
    }
    entry->is_link = draw() % 60 == 0;
    if (stored < MOST) {
        cache[path] = entry;
        stored++;
    } else if (!LEAKS || !entry->is_link) {
        free(entry);
    }
    return 0;
}

void heapgate_teardown(void)
{
    for (int n = 0; n < PATHS; n++) {
        free(cache[n]);
    }
}
