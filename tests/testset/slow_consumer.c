/* A publish/subscribe broker with a consumer that is a little slower than its topic. The mistake: its
 * queue has no limit. Healthy: the oldest message is dropped beyond 1,024. */
#include "pair.h"

enum { LIMIT = 1024 };

struct message {
    struct message *next;
    uint64_t offset;
    uint8_t body[104];
};

static struct message *head;
static struct message **tail = &head;
static size_t length;
static uint64_t dropped;

PAIR_NOINLINE static struct message *message_new(uint64_t offset)
{
    struct message *message = malloc(sizeof *message);
    if (!message)
        abort();
    message->next = NULL;
    message->offset = offset;
    memset(message->body, (int)(offset & 127), sizeof message->body);
    return message;
}

static void pop(void)
{
    struct message *message = head;
    if (!message)
        return;
    head = message->next;
    if (!head)
        tail = &head;
    length--;
    free(message);
}

int heapgate_iterate(uint64_t i)
{
    struct message *message = message_new(i);
    *tail = message;
    tail = &message->next;
    length++;
    for (; !LEAKS && length > LIMIT; dropped++)
        pop();
    if (i % 100 != 99)
        pop();
    return 0;
}
