/* A screen reader speaks: an utterance per 400 ops has a thread that plays the chunks of sound that the ops
 * make, 16 waiting at most. The mistake: when a key cancels an utterance, 1 in 5, its thread is not told and
 * waits for ever. Healthy: it is told and joined. */
#include "pair.h"
#include <pthread.h>

enum { UTTERANCE = 400, MOST_WAITING = 16 };

struct chunk {
    struct chunk *next;
    size_t size;
    uint8_t samples[];
};

struct utterance {
    pthread_t player;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct chunk *waiting, **last;
    unsigned count;
    bool ended;
    uint64_t played;
};

static struct utterance *current;

static void *play(void *context)
{
    struct utterance *u = context;
    pthread_mutex_lock(&u->lock);
    for (;;) {
        while (!u->waiting && !u->ended)
            pthread_cond_wait(&u->changed, &u->lock);
        struct chunk *chunk = u->waiting;
        if (!chunk)
            break;
        u->waiting = chunk->next;
        if (!u->waiting)
            u->last = &u->waiting;
        u->played += chunk->size;
        free(chunk);
        if (--u->count == 0)
            pthread_cond_broadcast(&u->changed);
    }
    pthread_mutex_unlock(&u->lock);
    return NULL;
}

PAIR_NOINLINE static struct utterance *utterance_start(void)
{
    pthread_attr_t attributes;
    struct utterance *u = calloc(1, sizeof *u);
    if (!u)
        abort();
    u->last = &u->waiting;
    pthread_mutex_init(&u->lock, NULL);
    pthread_cond_init(&u->changed, NULL);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 65536);
    if (pthread_create(&u->player, &attributes, play, u) != 0)
        abort();
    pthread_attr_destroy(&attributes);
    return u;
}

PAIR_NOINLINE static struct chunk *chunk_new(uint64_t r)
{
    size_t size = 320 + r % 640;
    struct chunk *chunk = malloc(sizeof *chunk + size);
    if (!chunk)
        abort();
    chunk->next = NULL;
    chunk->size = size;
    memset(chunk->samples, (int)(r & 127), size);
    return chunk;
}

static void drain(struct utterance *u)
{
    pthread_mutex_lock(&u->lock);
    while (u->count > 0)
        pthread_cond_wait(&u->changed, &u->lock);
    pthread_mutex_unlock(&u->lock);
}

static void utterance_end(struct utterance *u, bool cancelled)
{
    drain(u);
    if (cancelled && LEAKS)
        return;
    pthread_mutex_lock(&u->lock);
    u->ended = true;
    pthread_cond_broadcast(&u->changed);
    pthread_mutex_unlock(&u->lock);
    pthread_join(u->player, NULL);
    pthread_cond_destroy(&u->changed);
    pthread_mutex_destroy(&u->lock);
    free(u);
}

int heapgate_iterate(uint64_t i)
{
    if (!current)
        current = utterance_start();
    struct chunk *chunk = chunk_new(pair_random(i, 0));
    pthread_mutex_lock(&current->lock);
    *current->last = chunk;
    current->last = &chunk->next;
    bool full = ++current->count >= MOST_WAITING;
    pthread_cond_broadcast(&current->changed);
    pthread_mutex_unlock(&current->lock);
    if (full)
        drain(current);
    if (i % UTTERANCE == UTTERANCE - 1) {
        utterance_end(current, i / UTTERANCE % 5 == 3);
        current = NULL;
    }
    return 0;
}

void heapgate_quiesce(void)
{
    if (current)
        drain(current);
}

void heapgate_teardown(void)
{
    if (current)
        utterance_end(current, false);
    current = NULL;
}
