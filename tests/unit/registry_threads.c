/*
 * Four threads on one registry and one store. Under ThreadSanitizer this finds races; everywhere it finds a
 * handler that is destroyed while a dispatch runs it, one destroyed twice or never, and two schemas kept for
 * one text.
 *
 * A program of its own, since Criterion does not start under ThreadSanitizer. Exits with 0 when all is well,
 * else says what is not.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <toka/registry.h>
#include <toka/schema_store.h>

enum { THREADS = 4, ROUNDS = 2000, TAGS = 32 };

struct subject {
    atomic_int running;
    atomic_bool destroyed;
};

static atomic_int born, died, dispatched, broken, failed_checks;

#define CHECK(condition) check((condition), #condition)

static void check(bool holds, const char *condition)
{
    if (holds)
        return;
    fprintf(stderr, "registry_threads: not so: %s\n", condition);
    failed_checks++;
}

static toka_status use_subject(void *user_data, toka_text payload)
{
    struct subject *subject = user_data;

    (void)payload;
    subject->running++;
    if (dispatched++ % 64 == 0)
        sched_yield(); /* gives the others a chance to take it out now */
    broken += subject->destroyed;
    subject->running--;
    return TOKA_OK;
}

static void destroy_subject(void *user_data)
{
    struct subject *subject = user_data;

    broken += subject->running > 0 || subject->destroyed;
    subject->destroyed = true;
    died++;
    free(subject);
}

static void register_subject(const char *tag)
{
    toka_handler handler = {use_subject, calloc(1, sizeof(struct subject)), destroy_subject};

    if (handler.user_data && toka_registry_register(tag, handler) == TOKA_OK)
        born++;
    else
        free(handler.user_data);
}

static void *use_registry(void *data)
{
    unsigned random = *(unsigned *)data;
    char tag[32];

    for (int round = 0; round < ROUNDS; round++) {
        random = random * 1103515245u + 12345u;
        snprintf(tag, sizeof tag, "tag.%u", (random >> 16) % TAGS);
        switch ((random >> 8) % 16) {
        case 0:
            toka_registry_clear();
            break;
        case 1:
            toka_registry_sweep(0, NULL);
            break;
        case 2:
            toka_registry_set_limit(8 + (random >> 20) % 32);
            break;
        case 3:
        case 4:
            broken += toka_registry_unregister(tag) == TOKA_E_ARGUMENT;
            break;
        case 5:
        case 6:
        case 7:
        case 8:
            register_subject(tag);
            break;
        default:
            broken += toka_registry_dispatch(tag, (toka_text){"", 0}) == TOKA_E_ARGUMENT;
        }
    }
    return NULL;
}

static void run_threads(void *(*body)(void *), void *data[THREADS])
{
    pthread_t threads[THREADS];

    for (int t = 0; t < THREADS; t++)
        if (pthread_create(&threads[t], NULL, body, data[t]) != 0)
            abort();
    for (int t = 0; t < THREADS; t++)
        pthread_join(threads[t], NULL);
}

static void no_handler_is_destroyed_while_it_runs(void)
{
    static unsigned seeds[THREADS] = {1, 2, 3, 4};

    run_threads(use_registry, (void *[]){&seeds[0], &seeds[1], &seeds[2], &seeds[3]});
    toka_registry_clear();
    CHECK(broken == 0);
    CHECK(died == born);
    CHECK(born > 100);
    CHECK(dispatched > 100);
}

static toka_text numbered_schema(char buffer[128], unsigned number)
{
    int size = snprintf(buffer, 128, "{\"type\":\"object\",\"properties\":{\"n\":{\"const\":%u}}}", number);

    return (toka_text){buffer, (size_t)size};
}

static toka_schema_store *new_store(size_t max_entries)
{
    toka_schema_store_options options = {.cached = true, .max_entries = max_entries};
    toka_schema_store *store = NULL;

    if (toka_schema_store_new(&options, &store) != TOKA_OK)
        abort();
    return store;
}

static toka_schema_store_stats stats_of(toka_schema_store *store)
{
    toka_schema_store_stats stats;

    toka_schema_store_statistics(store, &stats);
    return stats;
}

static pthread_barrier_t at_once;

static void *get_same_schema(void *data)
{
    toka_schema_store *store = data;
    char buffer[128];

    for (unsigned number = 0; number < 100; number++) {
        toka_schema *schema = NULL;

        pthread_barrier_wait(&at_once);
        if (toka_schema_store_get(store, numbered_schema(buffer, number), "schema", &schema, NULL))
            broken++;
        toka_schema_unref(schema);
    }
    return NULL;
}

static void schema_compiled_by_all_at_once_is_kept_once(void)
{
    toka_schema_store *store = new_store(0);

    pthread_barrier_init(&at_once, NULL, THREADS);
    run_threads(get_same_schema, (void *[]){store, store, store, store});
    CHECK(broken == 0);
    CHECK(stats_of(store).entries == 100);
    CHECK(stats_of(store).hits + stats_of(store).misses == 100 * THREADS);
    pthread_barrier_destroy(&at_once);
    toka_schema_store_free(store);
}

static void *churn_store(void *data)
{
    toka_schema_store *store = data;
    char buffer[128];

    for (unsigned i = 0; i < ROUNDS; i++) {
        toka_schema *schema = NULL;

        if (toka_schema_store_get(store, numbered_schema(buffer, i * 7 % 40), "schema", &schema, NULL))
            broken++;
        if (i % 3 == 0)
            broken += toka_ensure_schema_compiles(store, (toka_text){"{\"type\":12}", 11}, NULL, NULL) !=
                      TOKA_E_SCHEMA;
        toka_schema_unref(schema);
        broken += stats_of(store).entries > 10;
    }
    return NULL;
}

static void store_evicts_and_hands_out_at_once(void)
{
    toka_schema_store *store = new_store(10);

    run_threads(churn_store, (void *[]){store, store, store, store});
    CHECK(broken == 0);
    CHECK(stats_of(store).entries == 10);
    CHECK(stats_of(store).evictions > 100);
    toka_schema_store_free(store);
}

int main(void)
{
    no_handler_is_destroyed_while_it_runs();
    schema_compiled_by_all_at_once_is_kept_once();
    store_evicts_and_hands_out_at_once();
    return failed_checks != 0;
}
