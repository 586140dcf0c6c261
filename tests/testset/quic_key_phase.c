/*
 * Imitates the packet protection of a QUIC stack: the keys change every 4,096 packets (an op is a packet),
 * and the last 26 sets of keys are kept for packets that come late, in a ring.
 * The mistake: a place of the ring is overwritten without freeing the keys in it. So nothing is lost before
 * op 106,496.
 * The healthy twin holds 26 sets and the current one; until op 106,496 it grows at the very rate of the leak.
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

enum { UPDATE = 4096, KEPT = 26 };

struct keys {
    uint64_t phase, packets;
    unsigned char secret[48], key[32], iv[16], header[32];
    unsigned char rounds[240];
};

static struct keys *current;
static struct keys *past[KEPT];

__attribute__((noinline)) static struct keys *keys_derive(const struct keys *from, uint64_t phase)
{
    struct keys *keys = malloc(sizeof *keys);
    if (keys == NULL) {
        return NULL;
    }
    memset(keys, 0, sizeof *keys);
    keys->phase = phase;
    for (size_t n = 0; n < sizeof keys->secret; n++) {
        keys->secret[n] = (unsigned char)(from == NULL ? draw() : from->secret[n] * 5u + 1);
    }
    return keys;
}

static void keys_retire(struct keys *keys)
{
    struct keys **place = &past[keys->phase % KEPT];
    if (!LEAKS) {
        free(*place);
    }
    *place = keys;
}

static int packet_open(uint64_t number)
{
    size_t length = 40 + draw() % 1200;
    unsigned char *packet = malloc(length);
    if (packet == NULL) {
        return 1;
    }
    for (size_t n = 0; n < length; n += 64) {
        packet[n] = current->secret[n % sizeof current->secret] ^ (unsigned char)number;
    }
    current->packets++;
    free(packet);
    return 0;
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    current = keys_derive(NULL, 0);
    return current == NULL;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    if (current->packets == UPDATE) {
        struct keys *next = keys_derive(current, current->phase + 1);
        if (next == NULL) {
            return 1;
        }
        keys_retire(current);
        current = next;
    }
    return packet_open(i);
}

void heapgate_teardown(void)
{
    for (int n = 0; n < KEPT; n++) {
        free(past[n]);
    }
    free(current);
}
