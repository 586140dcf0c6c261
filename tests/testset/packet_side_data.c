/*
 * A remuxer: each packet has side data of 4,096 bytes and a payload of 188 to 1,500. The mistake:
 * av_packet-like moving of a packet copies the struct over one that still has its side data, in each op.
 * Healthy: the target is emptied first.
 */
#include "pair.h"

struct packet {
    unsigned char *payload, *side_data;
    size_t size;
};
static struct packet last;

static PAIR_NOINLINE unsigned char *side_data_new(uint64_t i)
{
    unsigned char *data = malloc(4096);
    if (!data)
        abort();
    return memset(data, (int)(i & 127), 64);
}

static PAIR_NOINLINE unsigned char *payload_new(size_t size)
{
    unsigned char *data = malloc(size);
    if (!data)
        abort();
    return memset(data, 0x47, 64);
}

static void packet_move(struct packet *to, struct packet *from)
{
    free(to->payload);
    if (!LEAKS)
        free(to->side_data);
    *to = *from;
    *from = (struct packet){0};
}

int heapgate_iterate(uint64_t i)
{
    struct packet p = {.size = 188 + pair_random(i, 0) % 1313};
    p.payload = payload_new(p.size);
    p.side_data = side_data_new(i);
    packet_move(&last, &p);
    return last.payload[0] != 0x47;
}
