/*
 * Imitates the record accumulator of a message producer (librdkafka): records wait per partition until a
 * batch is full, and the size of a batch follows the load, slowly up and down with a period of 200,000 ops.
 * The mistake: a batch that the broker calls too large (1 of 10 by chance) is split in two; the second half
 * gets a header of its own, 96 bytes, which is not freed when it is sent.
 * The healthy twin has 12 partitions of 1,024 records at most; it swings by about a megabyte: steady after op
 * 200,000.
 */
#include <heapgate/workload.h>
#include <math.h>

static uint64_t seed, state;

/* The next number that this op draws (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

enum { PARTITIONS = 12, PERIOD = 200000 };

struct record {
    struct record *next;
    uint64_t offset;
    unsigned char body[128];
};

struct batch {
    struct record *first;
    uint64_t count, base;
    unsigned char header[72];
};

static struct batch *batches[PARTITIONS];

static struct record *record_new(uint64_t offset)
{
    struct record *record = malloc(sizeof *record);
    if (record != NULL) {
        record->offset = offset;
        record->body[0] = (unsigned char)offset;
    }
    return record;
}

static struct batch *batch_new(void)
{
    return calloc(1, sizeof(struct batch));
}

static void batch_send(struct batch *batch, int header)
{
    while (batch->first != NULL) {
        struct record *record = batch->first;
        batch->first = record->next;
        free(record);
    }
    if (header) {
        free(batch);
    }
}

__attribute__((noinline)) static struct batch *batch_split(struct batch *batch)
{
    struct batch *half = calloc(1, sizeof *half);
    if (half == NULL) {
        return NULL;
    }
    for (uint64_t n = batch->count / 2; n > 0 && batch->first != NULL; n--) {
        struct record *record = batch->first;
        batch->first = record->next;
        record->next = half->first;
        half->first = record;
    }
    return half;
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    uint64_t most = 64 + (uint64_t)(480 * (1 - cos(6.283185307 * (double)(i % PERIOD) / PERIOD)));
    struct batch **place = &batches[draw() % PARTITIONS];
    if (*place == NULL && (*place = batch_new()) == NULL) {
        return 1;
    }
    struct record *record = record_new(i);
    if (record == NULL) {
        return 1;
    }
    record->next = (*place)->first;
    (*place)->first = record;
    if (++(*place)->count >= most) {
        if (draw() % 10 == 0) {
            struct batch *half = batch_split(*place);
            if (half == NULL) {
                return 1;
            }
            batch_send(half, !LEAKS);
        }
        batch_send(*place, 1);
        *place = NULL;
    }
    return 0;
}

void heapgate_teardown(void)
{
    for (int n = 0; n < PARTITIONS; n++) {
        if (batches[n] != NULL) {
            batch_send(batches[n], 1);
        }
    }
}
