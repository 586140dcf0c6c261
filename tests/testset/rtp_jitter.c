/* A jitter buffer of 64 RTP packets by sequence number. The mistake: a packet that comes after its turn is
 * put on the list of late ones for statistics, which is counted but never emptied. Healthy: it is counted
 * and freed. */
#include "pair.h"

enum { DEPTH = 64 };

struct packet {
    struct packet *next;
    uint16_t sequence;
    uint8_t audio[160];
};

static struct packet *buffer[DEPTH];
static struct packet *late;
static uint64_t late_count;

PAIR_NOINLINE static struct packet *packet_new(uint16_t sequence)
{
    struct packet *packet = malloc(sizeof *packet);
    if (!packet)
        abort();
    packet->sequence = sequence;
    memset(packet->audio, sequence & 127, sizeof packet->audio);
    return packet;
}

static void receive(struct packet *packet, uint16_t playing)
{
    if ((int16_t)(packet->sequence - playing) <= 0) {
        late_count++;
        if (LEAKS) {
            packet->next = late;
            late = packet;
        } else {
            free(packet);
        }
        return;
    }
    struct packet **slot = &buffer[packet->sequence % DEPTH];
    free(*slot);
    *slot = packet;
}

int heapgate_iterate(uint64_t i)
{
    uint16_t playing = (uint16_t)i;
    free(buffer[playing % DEPTH]);
    buffer[playing % DEPTH] = NULL;
    int offset = i % 500 == 321 ? -40 : 1 + (int)(i * 7 % 40);
    receive(packet_new((uint16_t)(playing + offset)), playing);
    return 0;
}
