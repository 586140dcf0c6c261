/*
 * What scaling.c measures: threads that use one store and one registry, of whichever build this is linked
 * with.
 *
 *   scaling_subject WORK THREADS MILLISECONDS count|time
 *
 * Prints one line: ops, seconds, locks taken, locks that another thread held, times a thread gave up its
 * processor by itself and had it taken away. Locks are counted by this program's own pthread_mutex_lock,
 * which the library calls; where time is measured it only passes on.
 */
#include <dlfcn.h>
#include <inttypes.h>
#include <jansson.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <toka/registry.h>
#include <toka/schema_store.h>

enum { MOST_THREADS = 64, KEYS = 500, TEXT_BYTES = 640, TAG_BYTES = 32, OPS_BETWEEN_LOOKS = 64 };

typedef struct worker {
    pthread_t thread;
    struct measurement *of;
    toka_schema_store *store;
    uint64_t random, fresh; /* state of the choices; texts made that nobody had before */
    uint64_t ops;
    double speed; /* ops per second of its own time at work */
    uint64_t locks, held;
    struct rusage usage;
    char apart[128]; /* from the next worker's counts */
} worker;

typedef struct measurement {
    bool (*op)(worker *self);
    bool own_stores;
    pthread_barrier_t start;
    double seconds; /* that each thread works */
    atomic_bool failed;
    worker workers[MOST_THREADS];
} measurement;

static char texts[KEYS][TEXT_BYTES];
static char tags[KEYS][TAG_BYTES];
static bool counting;
static _Thread_local worker *current __attribute__((tls_model("initial-exec")));
static int (*real_lock)(pthread_mutex_t *);

__attribute__((visibility("default"))) int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    if (!real_lock) {
        void *symbol = dlsym(RTLD_NEXT, "pthread_mutex_lock");
        memcpy(&real_lock, &symbol, sizeof symbol);
    }
    if (!counting || !current)
        return real_lock(mutex);
    current->locks++;
    if (pthread_mutex_trylock(mutex) == 0)
        return 0;
    current->held++;
    return real_lock(mutex);
}

static void make_text(char *text, uint64_t key)
{
    int used = snprintf(text, TEXT_BYTES,
                        "{\"type\":\"object\",\"title\":\"tool %" PRIu64 "\",\"properties\":{", key);
    for (int i = 0; i < 8; i++)
        used += snprintf(text + used, (size_t)(TEXT_BYTES - used),
                         "%s\"p%d\":{\"type\":\"string\",\"maxLength\":%d}", i ? "," : "", i, 10 * i + 10);
    snprintf(text + used, (size_t)(TEXT_BYTES - used), "},\"required\":[\"p0\"]}");
}

static uint64_t choose(worker *self, uint64_t below)
{
    self->random = self->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (self->random >> 33) % below;
}

static bool hit(worker *self, uint64_t key)
{
    const char *text = texts[key];
    return toka_ensure_schema_compiles(self->store, (toka_text){text, strlen(text)}, "schema", NULL) ==
           TOKA_OK;
}

static toka_status handle(void *user_data, toka_text payload)
{
    (void)user_data;
    return payload.size == 2 ? TOKA_OK : TOKA_E_INVALID;
}

static bool dispatch(uint64_t key)
{
    return toka_registry_dispatch(tags[key], (toka_text){"{}", 2}) == TOKA_OK;
}

/* Nothing of the library: what the processors give. */
static bool op_machine(worker *self)
{
    uint64_t sum = choose(self, KEYS);
    for (int i = 0; i < 40; i++)
        sum = sum * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)i;
    self->random += sum & 1;
    return true;
}

static bool op_hits(worker *self)
{
    return hit(self, choose(self, KEYS));
}

static bool op_one_schema(worker *self)
{
    return hit(self, 0);
}

static bool op_dispatches(worker *self)
{
    return dispatch(choose(self, KEYS));
}

static bool op_one_handler(worker *self)
{
    (void)self;
    return dispatch(0);
}

/* In a hundred ops: one new schema, one handler registered anew, and as many hits as dispatches. */
static bool op_mixed(worker *self)
{
    uint64_t key = choose(self, KEYS), kind = choose(self, 100);
    char text[TEXT_BYTES];

    if (kind == 0) {
        make_text(text, (uint64_t)(self - self->of->workers + 1) << 32 | self->fresh++);
        return toka_ensure_schema_compiles(self->store, (toka_text){text, strlen(text)}, "schema", NULL) ==
               TOKA_OK;
    }
    if (kind == 1)
        return toka_registry_register(tags[key], (toka_handler){.run = handle}) == TOKA_OK;
    return kind % 2 ? hit(self, key) : dispatch(key);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* A processor each, as long as there are enough: the scheduler takes longer to spread them than they run. */
static void settle_on_processor(size_t number)
{
    cpu_set_t allowed, one;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return;
    number %= (size_t)CPU_COUNT(&allowed);
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &allowed) || number-- > 0)
            continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        pthread_setaffinity_np(pthread_self(), sizeof one, &one);
        return;
    }
}

static void *work(void *data)
{
    worker *self = data;
    measurement *of = self->of;

    settle_on_processor((size_t)(self - of->workers));
    pthread_barrier_wait(&of->start);
    current = self;
    double started = now(), spent = 0;
    for (; spent < of->seconds; spent = now() - started) {
        for (int i = 0; i < OPS_BETWEEN_LOOKS; i++)
            if (!of->op(self))
                atomic_store(&of->failed, true);
        self->ops += OPS_BETWEEN_LOOKS;
    }
    self->speed = (double)self->ops / spent;
    current = NULL;
    getrusage(RUSAGE_THREAD, &self->usage);
    return NULL;
}

static bool open_store(toka_schema_store **ret_store)
{
    const toka_schema_store_options options = {.cached = true};
    if (toka_schema_store_new(&options, ret_store) != TOKA_OK)
        return false;
    for (uint64_t key = 0; key < KEYS; key++)
        if (toka_ensure_schema_compiles(*ret_store, (toka_text){texts[key], strlen(texts[key])}, "schema",
                                        NULL) != TOKA_OK)
            return false;
    return true;
}

static bool prepare(measurement *of, unsigned threads)
{
    toka_schema_store *store = NULL;
    for (uint64_t key = 0; key < KEYS; key++) {
        make_text(texts[key], key);
        snprintf(tags[key], TAG_BYTES, "tool.%" PRIu64 ".run", key);
        if (toka_registry_register(tags[key], (toka_handler){.run = handle}) != TOKA_OK)
            return false;
    }
    for (unsigned t = 0; t < threads; t++) {
        if ((t == 0 || of->own_stores) && !open_store(&store))
            return false;
        of->workers[t].of = of;
        of->workers[t].store = store;
        of->workers[t].random = t + 1;
    }
    return pthread_barrier_init(&of->start, NULL, threads) == 0;
}

static bool measure(measurement *of, unsigned threads)
{
    uint64_t ops = 0, locks = 0, held = 0;
    long waits = 0, taken = 0;
    double speed = 0;

    for (unsigned t = 0; t < threads; t++)
        if (pthread_create(&of->workers[t].thread, NULL, work, &of->workers[t]) != 0)
            return false;
    for (unsigned t = 0; t < threads; t++) {
        const worker *done = &of->workers[t];
        pthread_join(done->thread, NULL);
        ops += done->ops;
        speed += done->speed;
        locks += done->locks;
        held += done->held;
        waits += done->usage.ru_nvcsw;
        taken += done->usage.ru_nivcsw;
    }
    printf("%" PRIu64 " %.6f %" PRIu64 " %" PRIu64 " %ld %ld\n", ops, (double)ops / speed, locks, held, waits,
           taken);
    return !of->failed;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        bool (*op)(worker *);
        bool own_stores;
    } works[] = {{"machine", op_machine, false},
                 {"own-stores", op_hits, true},
                 {"hits", op_hits, false},
                 {"dispatches", op_dispatches, false},
                 {"mixed", op_mixed, false},
                 {"one-schema", op_one_schema, false},
                 {"one-handler", op_one_handler, false}};
    static measurement of;
    unsigned threads = argc == 5 ? (unsigned)atoi(argv[2]) : 0;
    unsigned milliseconds = argc == 5 ? (unsigned)atoi(argv[3]) : 0;

    for (size_t i = 0; threads > 0 && i < sizeof works / sizeof *works; i++) {
        if (strcmp(works[i].name, argv[1]) == 0) {
            of.op = works[i].op;
            of.own_stores = works[i].own_stores;
        }
    }
    if (!of.op || threads > MOST_THREADS || milliseconds == 0) {
        fputs("usage: scaling_subject WORK THREADS MILLISECONDS count|time\n", stderr);
        return 2;
    }
    counting = strcmp(argv[4], "count") == 0;
    of.seconds = milliseconds / 1e3;
    return prepare(&of, threads) && measure(&of, threads) ? 0 : 1;
}
