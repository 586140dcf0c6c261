/*
 * Imitates the queue of a message broker (RabbitMQ, ActiveMQ Artemis) whose consumers are now faster and now
 * slower than its producers: its length is a random walk that is reflected at 0 and at 4,000 messages (flow
 * control).
 * The mistake: a delivery that is rejected (1 of 3,000 messages by chance) is given a copy of its headers for
 * the dead-letter exchange, which has no binding, so that nobody frees the copy: 56 bytes.
 * The healthy twin holds 4,000 messages of 88 to 215 bytes at most: steady after op 40,000, though it wanders
 * by its whole size within some 40,000 ops.
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

enum { MOST = 4000, STEP = 32 };

struct message {
    uint64_t id;
    size_t length;
    unsigned char headers[56];
    unsigned char body[];
};

static struct message *queue[MOST];
static unsigned head, length;

static struct message *message_new(uint64_t id)
{
    size_t body = 16 + draw() % 128;
    struct message *message = malloc(sizeof *message + body);
    if (message != NULL) {
        message->id = id;
        message->length = body;
        memset(message->headers, 1, sizeof message->headers);
    }
    return message;
}

__attribute__((noinline)) static unsigned char *headers_copy(const struct message *message)
{
    unsigned char *copy = malloc(sizeof message->headers);
    if (copy != NULL) {
        memcpy(copy, message->headers, sizeof message->headers);
    }
    return copy;
}

static int deliver(struct message *message)
{
    if (draw() % 3000 == 0) {
        unsigned char *copy = headers_copy(message);
        if (copy == NULL) {
            return 1;
        }
        copy[0] = 2;
        if (!LEAKS) {
            free(copy);
        }
    }
    free(message);
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
    unsigned step = (unsigned)(draw() % STEP);
    if (draw() % 2 == 0) {
        for (; step > 0 && length < MOST; step--, length++) {
            if ((queue[(head + length) % MOST] = message_new(i)) == NULL) {
                return 1;
            }
        }
        return 0;
    }
    for (; step > 0 && length > 0; step--, length--) {
        if (deliver(queue[head]) != 0) {
            return 1;
        }
        head = (head + 1) % MOST;
    }
    return 0;
}

void heapgate_teardown(void)
{
    for (; length > 0; length--) {
        free(queue[head]);
        head = (head + 1) % MOST;
    }
}
