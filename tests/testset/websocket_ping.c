/* A WebSocket endpoint that collects fragmented messages. The mistake: the payload of a ping that comes
 * between two fragments is not freed after the pong. Healthy: every payload is freed when its frame was
 * handled. */
#include "pair.h"

struct frame {
    unsigned opcode;
    size_t length;
    uint8_t *payload;
};

static uint8_t message[4096];
static size_t collected;
static bool fragmented;
static uint64_t pongs;

PAIR_NOINLINE static uint8_t *payload_new(uint64_t i, size_t length)
{
    uint8_t *payload = malloc(length);
    if (!payload)
        abort();
    memset(payload, (int)(i & 127), length);
    return payload;
}

static void handle(struct frame *frame)
{
    if (frame->opcode == 9) {
        pongs += frame->payload[0];
        if (LEAKS && fragmented)
            return;
    } else {
        if (collected + frame->length > sizeof message)
            collected = 0;
        memcpy(message + collected, frame->payload, frame->length);
        collected += frame->length;
    }
    free(frame->payload);
}

int heapgate_iterate(uint64_t i)
{
    fragmented = i % 8 != 7;
    struct frame text = {.opcode = 1, .length = 60 + i % 100};
    text.payload = payload_new(i, text.length);
    handle(&text);
    if (i % 128 == 64 || i % 64 == 7) {
        struct frame ping = {.opcode = 9, .length = 125};
        ping.payload = payload_new(i, ping.length);
        handle(&ping);
    }
    if (!fragmented)
        collected = 0;
    return 0;
}
