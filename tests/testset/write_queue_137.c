/* A database client that flushes its queued writes every 137 ops. The mistake: a flush sends 128 at most
 * and nobody comes for the rest, so that the queue becomes longer by nine each time. Healthy: it sends
 * until none is left. */
#include "pair.h"

enum { PERIOD = 137, SEND_MAX = 128 };

struct message {
    struct message *next;
    uint64_t key;
    char row[64];
};

static struct message *head;
static struct message **tail = &head;
static uint64_t sent;

PAIR_NOINLINE static struct message *message_new(uint64_t key)
{
    struct message *message = malloc(sizeof *message);
    if (!message)
        abort();
    message->next = NULL;
    message->key = key;
    memset(message->row, (int)(key & 127), sizeof message->row);
    return message;
}

static void flush(void)
{
    for (unsigned k = 0; head && (!LEAKS || k < SEND_MAX); k++) {
        struct message *message = head;
        head = message->next;
        sent += message->key;
        free(message);
    }
    if (!head)
        tail = &head;
}

int heapgate_iterate(uint64_t i)
{
    struct message *message = message_new(pair_random(i, 0));
    *tail = message;
    tail = &message->next;
    if (i % PERIOD == PERIOD - 1)
        flush();
    return 0;
}
