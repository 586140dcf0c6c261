/* An audio codec keeps a free list of frames per thread and empties it when the thread ends; two threads
 * run per 1,000 ops. The mistake: the destructor frees only 16 frames of the list, but a burst thread (1 in
 * 4) returns 20. Healthy: the whole list is freed. */
#include "pair.h"
#include <pthread.h>

struct frame {
    struct frame *next;
    int16_t samples[60];
};
static pthread_key_t key;

PAIR_NOINLINE static struct frame *frame_new(void)
{
    struct frame *f = calloc(1, sizeof *f);
    if (!f)
        abort();
    return f;
}

static void list_destroy(void *list)
{
    int freed = 0;
    for (struct frame *f = list, *next; f; f = next) {
        if (LEAKS && freed++ == 16)
            return;
        next = f->next;
        free(f);
    }
}

static void *encode(void *argument)
{
    uintptr_t frames = (uintptr_t)argument;
    for (uintptr_t k = 0; k < frames; k++) {
        struct frame *f = frame_new();
        f->samples[k % 60] = (int16_t)k;
        f->next = pthread_getspecific(key);
        pthread_setspecific(key, f);
    }
    return NULL;
}

int heapgate_setup(void)
{
    return pthread_key_create(&key, list_destroy);
}

int heapgate_iterate(uint64_t i)
{
    if (i % 1000 != 999)
        return 0;
    pthread_t a, b;
    uintptr_t burst = i / 1000 % 2 ? 20 : 12;
    if (pthread_create(&a, NULL, encode, (void *)burst) ||
        pthread_create(&b, NULL, encode, (void *)(uintptr_t)10))
        return 1;
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}

void heapgate_teardown(void)
{
    pthread_key_delete(key);
}
