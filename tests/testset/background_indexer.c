/*
 * Imitates a mail client whose indexer thread works off what the main thread receives, 64 messages at a time,
 * while the main thread goes on.
 * The mistake: the indexer makes a posting for each word and forgets that of a message that is a duplicate (1
 * message in 700).
 * The healthy twin has 8 batches in flight at most, and 3,000 postings, each replaced by the next at its
 * place: steady after op 30,000. heapgate_quiesce() waits until the indexer has nothing to do.
 */
#include <heapgate/workload.h>
#include <pthread.h>

static uint64_t seed, state;

/* The next number that this op draws (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

enum { BATCH = 64, BATCHES = 8, POSTINGS = 3000 };

struct posting {
    uint64_t message, positions[9];
};

struct message {
    uint64_t id, word;
    int duplicate;
    unsigned char body[100];
};

struct batch {
    struct message *messages[BATCH];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_t thread;
static struct batch *waiting[BATCHES], *filling;
static unsigned head, count, filled;
static int busy, stopping, failed;
static struct posting *postings[POSTINGS];

__attribute__((noinline)) static struct posting *posting_new(uint64_t message)
{
    struct posting *posting = calloc(1, sizeof *posting);
    if (posting != NULL) {
        posting->message = message;
    }
    return posting;
}

static int index_batch(struct batch *batch)
{
    for (int n = 0; n < BATCH; n++) {
        struct message *message = batch->messages[n];
        struct posting *posting = posting_new(message->id);
        if (posting == NULL) {
            return 1;
        }
        struct posting **place = &postings[message->word % POSTINGS];
        if (!message->duplicate) {
            free(*place);
            *place = posting;
        } else if (!LEAKS) {
            free(posting);
        }
        free(message);
    }
    free(batch);
    return 0;
}

static void *indexer(void *unused)
{
    pthread_mutex_lock(&lock);
    for (;;) {
        while (count == 0 && !stopping) {
            pthread_cond_wait(&changed, &lock);
        }
        if (count == 0) {
            break;
        }
        struct batch *batch = waiting[head];
        head = (head + 1) % BATCHES;
        count--;
        busy = 1;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
        int result = index_batch(batch);
        pthread_mutex_lock(&lock);
        failed |= result;
        busy = 0;
        pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&lock);
    return unused;
}

static int hand_over(void)
{
    pthread_mutex_lock(&lock);
    while (count == BATCHES) {
        pthread_cond_wait(&changed, &lock);
    }
    waiting[(head + count) % BATCHES] = filling;
    count++;
    int result = failed;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    filling = NULL;
    filled = 0;
    return result;
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return pthread_create(&thread, NULL, indexer, NULL);
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    if (filling == NULL && (filling = calloc(1, sizeof *filling)) == NULL) {
        return 1;
    }
    struct message *message = calloc(1, sizeof *message);
    if (message == NULL) {
        return 1;
    }
    message->id = i;
    message->word = draw();
    message->duplicate = draw() % 700 == 0;
    filling->messages[filled++] = message;
    return filled == BATCH ? hand_over() : 0;
}

void heapgate_quiesce(void)
{
    pthread_mutex_lock(&lock);
    while (count > 0 || busy) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
}

void heapgate_teardown(void)
{
    pthread_mutex_lock(&lock);
    stopping = 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
    while (filled > 0) {
        free(filling->messages[--filled]);
    }
    free(filling);
    for (int n = 0; n < POSTINGS; n++) {
        free(postings[n]);
    }
}
