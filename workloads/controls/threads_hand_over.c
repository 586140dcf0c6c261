/* Messages are born in a producer's thread and freed in the consumer's; leaking, the consumer drops one in
 * ten. */
#include "control.h"

#include <pthread.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "message", .default_ops = 4000};

enum { QUEUED = 64, BYTES = 120 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    void *messages[QUEUED];
    uint64_t put, taken;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static uint64_t wanted; /* under the lock: what the producer is to have put */
static bool failed;

static void *message_new(uint64_t number)
{
    uint64_t *message = malloc(BYTES);
    if (message)
        *message = number;
    return message;
}

static void *produce(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&queue.lock);
    for (;;) {
        while (queue.put == wanted || queue.put - queue.taken == QUEUED)
            pthread_cond_wait(&queue.changed, &queue.lock);
        void *message = message_new(queue.put);
        failed |= !message;
        queue.messages[queue.put++ % QUEUED] = message;
        pthread_cond_broadcast(&queue.changed);
    }
    return NULL;
}

int heapgate_setup(void)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, produce, NULL) || pthread_detach(thread);
}

int heapgate_iterate(uint64_t i)
{
    pthread_mutex_lock(&queue.lock);
    wanted = i + 1;
    pthread_cond_broadcast(&queue.changed);
    while (queue.put == queue.taken)
        pthread_cond_wait(&queue.changed, &queue.lock);
    void *message = queue.messages[queue.taken++ % QUEUED];
    bool well = !failed;
    pthread_mutex_unlock(&queue.lock);
    if (!LEAKS || i % 10 != 0)
        free(message);
    return well ? 0 : 1;
}
