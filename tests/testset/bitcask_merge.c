/*
 * Imitates a log-structured key-value store (Bitcask): writes are appended to segments of 16 KiB; when less
 * than 40 % of what the segments hold is alive, the oldest segment is merged: what is alive in it is appended
 * again, and it is freed.
 * The mistake: a segment that a reader has open at its merge (1 of 40 by chance) is taken from the list, and
 * its last reader does not free it.
 * The healthy twin has 9,000 keys of 40 to 103 bytes and so 2 MB of segments at most: steady after op 60,000.
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

enum { SEGMENT = 16 * 1024, SEGMENTS = 1024, KEYS = 9000 };

struct record {
    uint32_t key, length;
};

struct segment {
    size_t used;
    unsigned char bytes[SEGMENT];
};

struct entry {
    struct segment *segment;
    uint32_t offset, length;
};

static struct segment *segments[SEGMENTS];
static unsigned first, count;
static struct entry entries[KEYS];
static size_t alive;

__attribute__((noinline)) static struct segment *segment_new(void)
{
    struct segment *segment = malloc(sizeof *segment);
    if (segment != NULL) {
        segment->used = 0;
    }
    return segment;
}

static int append(uint32_t key, uint32_t length)
{
    struct segment *segment = count > 0 ? segments[(first + count - 1) % SEGMENTS] : NULL;
    if (segment == NULL || segment->used + length > SEGMENT) {
        if (count == SEGMENTS || (segment = segment_new()) == NULL) {
            return 1;
        }
        segments[(first + count++) % SEGMENTS] = segment;
    }
    struct record record = {key, length};
    memcpy(segment->bytes + segment->used, &record, sizeof record);
    memset(segment->bytes + segment->used + sizeof record, (int)(key & 0xff), length - sizeof record);
    struct entry *entry = &entries[key];
    alive = alive + length - entry->length;
    *entry = (struct entry){segment, (uint32_t)segment->used, length};
    segment->used += length;
    return 0;
}

static int merge_oldest(void)
{
    struct segment *segment = segments[first];
    first = (first + 1) % SEGMENTS;
    count--;
    for (size_t at = 0; at < segment->used;) {
        struct record record;
        memcpy(&record, segment->bytes + at, sizeof record);
        struct entry *entry = &entries[record.key];
        if (entry->segment == segment && entry->offset == at && append(record.key, record.length) != 0) {
            return 1;
        }
        at += record.length;
    }
    int open = draw() % 40 == 0;
    if (!LEAKS || !open) {
        free(segment);
    }
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
    if (append((uint32_t)(draw() % KEYS), 40 + (uint32_t)(draw() % 8) * 8) != 0) {
        return 1;
    }
    if (count > 8 && alive * 10 < (size_t)count * SEGMENT * 4) {
        return merge_oldest();
    }
    return 0;
}

void heapgate_teardown(void)
{
    for (; count > 0; count--) {
        free(segments[first]);
        first = (first + 1) % SEGMENTS;
    }
}
