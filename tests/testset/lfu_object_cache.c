/*
 * Imitates an in-memory store with approximated LFU eviction (Redis, maxmemory-policy allkeys-lfu): each
 * entry has a logarithmic counter of its uses that decays; a full store evicts the least used of five random
 * entries.
 * The mistake: a value that is embedded in its object and long (1 of 150 values) is given to the lazy
 * release, which frees the value's text only; the object, 40 bytes, stays.
 * The healthy twin holds 20,000 entries at most under a power law over 400,000 keys: steady after op 60,000.
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

enum { KEYS = 400000, ENTRIES = 20000 };

struct object {
    char *text;
    uint32_t key, length, uses;
    int lazy;
    uint64_t touched, version;
};

static struct object *entries[ENTRIES];
static uint32_t place_of[KEYS]; /* place in entries, and 1 more */
static uint32_t count;

static char *text_new(size_t length)
{
    char *text = malloc(length);
    if (text != NULL) {
        memset(text, 'v', length);
    }
    return text;
}

__attribute__((noinline)) static struct object *object_new(uint32_t key, uint64_t now)
{
    struct object *object = malloc(sizeof *object);
    if (object == NULL) {
        return NULL;
    }
    uint32_t length = 24 + (uint32_t)(draw() % 160);
    *object = (struct object){text_new(length), key, length, 5, draw() % 150 == 0, now, 0};
    return object;
}

static void object_free(struct object *object)
{
    free(object->text);
    if (!LEAKS || !object->lazy) {
        free(object);
    }
}

static uint32_t value_of(const struct object *object, uint64_t now)
{
    uint64_t idle = (now - object->touched) / 20000;
    return object->uses > idle ? object->uses - (uint32_t)idle : 0;
}

static uint32_t evict(uint64_t now)
{
    uint32_t worst = (uint32_t)(draw() % ENTRIES);
    for (int n = 0; n < 4; n++) {
        uint32_t other = (uint32_t)(draw() % ENTRIES);
        if (value_of(entries[other], now) < value_of(entries[worst], now)) {
            worst = other;
        }
    }
    place_of[entries[worst]->key] = 0;
    object_free(entries[worst]);
    return worst;
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
    uint32_t key = (uint32_t)(u * u * u * KEYS);
    if (place_of[key] != 0) {
        struct object *object = entries[place_of[key] - 1];
        object->uses = value_of(object, i);
        object->touched = i;
        if (object->uses < 255 && draw() % (object->uses * 10 + 1) == 0) {
            object->uses++;
        }
        return 0;
    }
    uint32_t place = count < ENTRIES ? count++ : evict(i);
    entries[place] = object_new(key, i);
    if (entries[place] == NULL || entries[place]->text == NULL) {
        return 1;
    }
    place_of[key] = place + 1;
    return 0;
}

void heapgate_teardown(void)
{
    for (uint32_t n = 0; n < count; n++) {
        object_free(entries[n]);
    }
}
