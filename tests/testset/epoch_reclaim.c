/* Epoch-based reclamation: four threads per 1,000 ops retire nodes, which are freed two epochs later. The
 * mistake: a thread's limbo list holds 16 nodes and what the busiest thread retires beyond that is dropped.
 * Healthy: a full list frees its oldest node at once. */
#include "pair.h"
#include <pthread.h>

enum { THREADS = 4, LIMBO = 16 };
struct node {
    uint64_t key, value;
};
struct list {
    struct node *node[LIMBO];
    uint32_t count;
};
static struct list limbo[THREADS][3];
static uint64_t epoch;

PAIR_NOINLINE static struct node *node_new(uint64_t key)
{
    struct node *node = malloc(sizeof *node);
    node->key = key;
    node->value = ~key;
    return node;
}

static void retire(struct list *list, struct node *node)
{
    if (list->count < LIMBO) {
        list->node[list->count++] = node;
        return;
    }
    if (!LEAKS) {
        free(list->node[0]);
        list->node[0] = node;
    }
}

static void *update(void *argument)
{
    uintptr_t id = (uintptr_t)argument;
    uint64_t nodes = id == 2 ? 28 : 10;
    for (uint64_t k = 0; k < nodes; k++)
        retire(&limbo[id][epoch % 3], node_new(epoch * 64 + k));
    return NULL;
}

static void advance(void)
{
    epoch++;
    for (int k = 0; k < THREADS; k++) {
        struct list *old = &limbo[k][epoch % 3];
        while (old->count)
            free(old->node[--old->count]);
    }
}

int heapgate_iterate(uint64_t i)
{
    pthread_t thread[THREADS];
    if (i % 1000 != 999)
        return 0;
    for (uintptr_t k = 0; k < THREADS; k++)
        if (pthread_create(&thread[k], NULL, update, (void *)k))
            return 1;
    for (int k = 0; k < THREADS; k++)
        pthread_join(thread[k], NULL);
    advance();
    return 0;
}
