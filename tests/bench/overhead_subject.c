/*
 * What ./dev bench overhead measures, when it is not a program of Debian's:
 *
 *   overhead_subject storm PLUGIN OPS    a workload of heapgate's, without its harness
 *   overhead_subject churn THREADS OPS   malloc and free over 64 slots a thread, 16 to 1024 bytes; OPS are
 * shared out
 *   overhead_subject spawn AT_ONCE THREADS   threads that end; each allocates and frees a little
 *
 * One op of the churn is one malloc and one free. No ops: what starting costs. Under the probe it takes a
 * checkpoint after every tenth of a storm, as heapgate's runner would: reading out is part of the tool's
 * cost.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 64, LEAST_BYTES = 16, MOST_BYTES = 1024, MOST_THREADS = 16, STEPS = 10 };

typedef int64_t checkpoint_function(void);
typedef int iterate_function(uint64_t op);
typedef int setup_function(void);

struct churn {
    uint64_t ops, seed;
    pthread_t thread;
    void *failed; /* not NULL: out of memory */
};

/* A function pointer out of dlsym's object pointer, by the route that ISO C leaves open. */
#define LOOK_UP(library, name, ret_function)                                                                 \
    do {                                                                                                     \
        void *found_ = dlsym(library, name);                                                                 \
        memcpy(ret_function, &found_, sizeof found_);                                                        \
    } while (0)

static void checkpoint(void)
{
    checkpoint_function *take;
    LOOK_UP(RTLD_DEFAULT, "heapgate_probe_checkpoint", &take);
    if (take)
        take();
}

static int storm(const char *plugin, uint64_t ops)
{
    setup_function *setup;
    iterate_function *iterate;
    void *library = dlopen(plugin, RTLD_NOW);
    if (!library) {
        fprintf(stderr, "overhead_subject: %s\n", dlerror());
        return 1;
    }
    LOOK_UP(library, "heapgate_setup", &setup);
    LOOK_UP(library, "heapgate_iterate", &iterate);
    if (!iterate || (setup && setup() != 0)) {
        fprintf(stderr, "overhead_subject: %s cannot be run\n", plugin);
        return 1;
    }
    for (uint64_t step = 0, op = 0; step < STEPS; step++) {
        for (; op < ops * (step + 1) / STEPS; op++)
            if (iterate(op) != 0) {
                fprintf(stderr, "overhead_subject: op %llu failed\n", (unsigned long long)op);
                return 1;
            }
        checkpoint();
    }
    return 0;
}

static void *churn_slots(void *argument)
{
    struct churn *churn = argument;
    void *slots[SLOTS] = {NULL};
    uint64_t random = churn->seed;
    for (uint64_t i = 0; i < churn->ops; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        void **slot = &slots[random % SLOTS];
        free(*slot);
        *slot = malloc(LEAST_BYTES + (random >> 32) % (MOST_BYTES - LEAST_BYTES + 1));
        if (!*slot)
            churn->failed = churn;
    }
    for (int i = 0; i < SLOTS; i++)
        free(slots[i]);
    return NULL;
}

static int churn(int threads, uint64_t ops)
{
    struct churn all[MOST_THREADS];
    int started = 0, failed = 0;
    for (; started < threads; started++) {
        all[started] =
            (struct churn){.ops = ops / (uint64_t)threads, .seed = 88172645463325252u + (uint64_t)started};
        if (threads == 1)
            churn_slots(&all[started]);
        else if (pthread_create(&all[started].thread, NULL, churn_slots, &all[started]) != 0)
            break;
    }
    for (int i = 0; i < started; i++) {
        if (threads > 1)
            pthread_join(all[i].thread, NULL);
        failed |= all[i].failed != NULL;
    }
    checkpoint();
    return failed || started < threads;
}

static void *spawned(void *argument)
{
    enum { BLOCKS = 16 };
    void *blocks[BLOCKS];
    bool failed = false;
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc((size_t)LEAST_BYTES << i % 4);
        failed |= !blocks[i];
    }
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    return failed ? argument : NULL;
}

static int spawn(int at_once, uint64_t threads)
{
    pthread_t alive[MOST_THREADS];
    bool failed = false;
    for (uint64_t started = 0; started < threads && !failed; started += (uint64_t)at_once) {
        int made = 0;
        while (made < at_once && pthread_create(&alive[made], NULL, spawned, alive) == 0)
            made++;
        failed = made < at_once;
        for (int i = 0; i < made; i++) {
            void *result;
            pthread_join(alive[i], &result);
            failed |= result != NULL;
        }
    }
    checkpoint();
    return failed;
}

int main(int argc, char **argv)
{
    uint64_t ops = argc == 4 ? strtoull(argv[3], NULL, 10) : 0;
    if (argc == 4 && strcmp(argv[1], "storm") == 0)
        return storm(argv[2], ops);
    int threads = argc == 4 ? (int)strtol(argv[2], NULL, 10) : 0;
    if (threads > 0 && threads <= MOST_THREADS && strcmp(argv[1], "churn") == 0)
        return churn(threads, ops);
    if (threads > 0 && threads <= MOST_THREADS && strcmp(argv[1], "spawn") == 0)
        return spawn(threads, ops);
    fputs("usage: overhead_subject storm PLUGIN OPS | churn THREADS OPS | spawn AT_ONCE THREADS\n", stderr);
    return 2;
}
