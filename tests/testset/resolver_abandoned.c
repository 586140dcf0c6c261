/*
 * A name is resolved by a thread of its own, 1 op in 250. A transfer that times out (1 in 12 of them, by
 * chance) does not wait for it: the later of both frees what they share. The mistake: if that is the thread,
 * it frees the shared part without the addresses that it found. Healthy: it frees both.
 */
#include "pair.h"
#include <pthread.h>

struct address {
    struct address *next;
    char sockaddr[28];
};
struct shared {
    pthread_mutex_t lock;
    struct address *found;
    bool abandoned, done;
    uint64_t name;
};
static pthread_t abandoned_thread;
static bool waits;

static PAIR_NOINLINE struct address *address_new(struct address *next)
{
    struct address *a = malloc(sizeof *a);
    if (!a)
        abort();
    a->next = next;
    return a;
}

static void addresses_free(struct address *a)
{
    while (a) {
        struct address *next = a->next;
        free(a);
        a = next;
    }
}

static void shared_free(struct shared *s)
{
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static void *resolve(void *argument)
{
    struct shared *s = argument;
    for (unsigned k = 0; k < 1 + s->name % 4; k++)
        s->found = address_new(s->found);
    pthread_mutex_lock(&s->lock);
    s->done = true;
    bool mine = s->abandoned;
    pthread_mutex_unlock(&s->lock);
    if (mine && !LEAKS)
        addresses_free(s->found);
    if (mine)
        shared_free(s);
    return NULL;
}

void heapgate_quiesce(void)
{
    if (waits)
        pthread_join(abandoned_thread, NULL);
    waits = false;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    if (r % 250 != 0)
        return 0;
    heapgate_quiesce();
    struct shared *s = calloc(1, sizeof *s);
    if (!s || pthread_mutex_init(&s->lock, NULL) != 0)
        return 1;
    s->name = r >> 32;
    s->abandoned = (r >> 16) % 12 == 0; /* the time is up before the answer, in every run alike */
    waits = s->abandoned;
    pthread_t thread;
    if (pthread_create(&thread, NULL, resolve, s) != 0)
        return 1;
    abandoned_thread = thread;
    if (waits)
        return 0;
    pthread_join(thread, NULL);
    addresses_free(s->found);
    shared_free(s);
    return 0;
}
