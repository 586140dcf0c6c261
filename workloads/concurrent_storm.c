/*
 * Many clients at once, on one store and one registry. Four threads register, dispatch, unregister, clear,
 * sweep, compile and validate; some handlers register another one and unregister themselves while they run.
 * HEAPGATE_THREADS sets the number of threads, 1 to 64.
 *
 * What op i does depends on the seed and i; what it finds depends on how the threads interleave, so "not
 * found" is a correct answer. At a checkpoint all threads are parked and the registry is cleared, if the
 * build can do that; whatever is left is lost. The cache is small enough that every entry is replaced between
 * two checkpoints.
 *
 * Under heapgate torture an op is a request for each thread. They take turns, and live no longer than the op:
 * so the same calls fail each time, and the process can be forked between two ops.
 */
#include "crew.h"
#include "random.h"
#include "schema_source.h"

#include <heapgate/workload.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <toka/registry.h>

enum {
    DEFAULT_THREADS = 4,
    CACHE_ENTRIES = 32,
    OPS_PER_NEW_SCHEMA = 4,
    SCHEMAS_IN_USE = 16, /* the latest so many are asked for again */
    OPS_PER_NEW_TAG = 6,
    TAGS_IN_USE = 8, /* the latest so many */
    IDLE_OPS = 100,  /* the clock counts ops */
};

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {
    .name = "concurrent-storm",
    .unit = "request",
    .default_ops = 20000,
    .warmup_ops = 2000,
};

struct state {
    char tag[64];
    bool passes_on;
    atomic_uint calls;
};

static struct {
    struct schema_source source;
    struct schema_source shares[CREW_MOST_THREADS];
    struct crew crew;
    uint32_t threads;
    json_t *instance;
    _Atomic uint64_t now; /* the registry's clock: the latest op begun */
} storm;

static uint64_t read_clock(void *data)
{
    (void)data;
    return atomic_load(&storm.now);
}

/* Threads arrive in any order; a clock never goes back. */
static void advance_clock(uint64_t i)
{
    uint64_t now = atomic_load(&storm.now);

    while (now < i && !atomic_compare_exchange_weak(&storm.now, &now, i))
        continue;
}

static int complain(uint64_t i, const char *operation, toka_status status)
{
    fprintf(stderr, "concurrent-storm: op %" PRIu64 ": %s: %s\n", i, operation, toka_status_name(status));
    return 1;
}

/* Not found: another thread was faster. Not supported: the build lacks the fix. */
static bool is_answer(toka_status status)
{
    return status == TOKA_OK || status == TOKA_E_NOT_FOUND || status == TOKA_E_NOT_SUPPORTED;
}

static void write_tag(char tag[64], uint64_t number)
{
    snprintf(tag, 64, "tool.%" PRIu64 ".client.%" PRIu64, storm.source.seed, number);
}

static toka_status register_state(const char *tag, bool passes_on);

/* A handler that passes on puts another in its place and takes itself out, while it runs. */
static toka_status run(void *user_data, toka_text payload)
{
    struct state *state = user_data;
    char successor[80];
    toka_status status = TOKA_OK;

    if (payload.size == 0)
        return TOKA_E_INVALID;
    if (atomic_fetch_add(&state->calls, 1) > 0 || !state->passes_on)
        return TOKA_OK;
    snprintf(successor, sizeof successor, "%s.next", state->tag);
    status = register_state(successor, false);
    if (status)
        return status;
    status = toka_registry_unregister(state->tag);
    return is_answer(status) ? TOKA_OK : status;
}

static toka_status register_state(const char *tag, bool passes_on)
{
    struct state *state = malloc(sizeof *state);
    toka_status status = TOKA_E_NO_MEMORY;

    if (!state)
        return TOKA_E_NO_MEMORY;
    snprintf(state->tag, sizeof state->tag, "%s", tag);
    state->passes_on = passes_on;
    atomic_init(&state->calls, 0);
    status = toka_registry_register(tag, (toka_handler){.run = run, .user_data = state, .destroy = free});
    if (status)
        free(state);
    return status;
}

/* One call in eight is refused, by the handler itself. */
static toka_status dispatch(const char *tag, uint64_t i, struct random *random)
{
    bool refused = random_below(random, 8) == 0;
    toka_status status = toka_registry_dispatch(tag, (toka_text){(const char *)&i, refused ? 0 : sizeof i});

    return refused && status == TOKA_E_INVALID ? TOKA_OK : status;
}

static int use_registry(struct random *random, uint64_t i)
{
    char tag[64];
    uint64_t newest = i / OPS_PER_NEW_TAG, age = random_below(random, TAGS_IN_USE);
    uint32_t choice = random_below(random, 100);
    toka_status status = TOKA_OK;

    write_tag(tag, newest > age ? newest - age : 0);
    if (choice < 30) {
        write_tag(tag, newest);
        status = register_state(tag, random_percent(random, 25));
        return status ? complain(i, "register", status) : 0;
    }
    if (choice < 70)
        status = dispatch(tag, i, random);
    else if (choice < 95)
        status = toka_registry_unregister(tag);
    else if (choice < 99)
        status = toka_registry_sweep(IDLE_OPS, NULL);
    else
        status = toka_registry_clear();
    return is_answer(status) ? 0 : complain(i, "dispatch, unregister, sweep or clear", status);
}

/* Whether the instance is valid is the schema's business; that there is an answer is ours. */
static int validate(toka_schema *schema, uint64_t i)
{
    toka_status status = toka_schema_validate(schema, storm.instance, NULL);

    toka_schema_unref(schema);
    if (status == TOKA_OK || status == TOKA_E_INVALID || status == TOKA_E_LIMIT)
        return 0;
    return complain(i, "validate", status);
}

static int use_store(struct schema_source *source, struct random *random, uint64_t i)
{
    static const toka_text broken = {"{\"type\": 12}", sizeof "{\"type\": 12}" - 1};
    uint64_t newest = i / OPS_PER_NEW_SCHEMA, age = random_below(random, SCHEMAS_IN_USE);
    uint32_t choice = random_below(random, 100);
    toka_schema *schema = NULL;
    toka_text text = {NULL, 0};
    toka_status status = TOKA_OK;
    toka_error error;

    if (choice < 5) {
        status = toka_ensure_schema_compiles(source->store, broken, "input schema", NULL);
        return status == TOKA_E_SCHEMA ? 0 : complain(i, "compile what is no schema", status);
    }
    text = schema_source_text(source, newest > age ? newest - age : 0);
    if (choice < 50)
        status = toka_ensure_schema_compiles(source->store, text, "input schema", &error);
    else
        status = toka_schema_store_get(source->store, text, "input schema", &schema, &error);
    if (status)
        return schema_source_check(source, i, status, &error);
    return schema ? validate(schema, i) : 0;
}

static int work(uint32_t member, uint64_t i)
{
    struct random random = random_for_op(storm.source.seed, i);

    advance_clock(i);
    if (random_percent(&random, 50))
        return use_store(&storm.shares[member], &random, i);
    return use_registry(&random, i);
}

/* 0: not a number from 1 to CREW_MOST_THREADS. */
static uint32_t thread_count(void)
{
    const char *text = getenv("HEAPGATE_THREADS");
    char *end = NULL;
    unsigned long count = DEFAULT_THREADS;

    if (!text || !text[0])
        return DEFAULT_THREADS;
    count = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || count > CREW_MOST_THREADS)
        return 0;
    return (uint32_t)count;
}

static int open_storm(void)
{
    toka_status status = toka_registry_set_clock(read_clock, NULL);

    if (status && status != TOKA_E_NOT_SUPPORTED)
        return 1;
    storm.instance = json_pack("{s:s, s:i, s:[s, s]}", "name", "tool", "size", 12, "tags", "a", "b");
    if (!storm.instance)
        return 1;
    for (uint32_t t = 0; t < storm.threads; t++)
        if (schema_source_share(&storm.shares[t], &storm.source))
            return 1;
    return heapgate_is_tortured() ? 0 : crew_start(&storm.crew, storm.threads, work);
}

int heapgate_setup(void)
{
    const toka_schema_store_options options = {.cached = true, .max_entries = CACHE_ENTRIES};
    storm.threads = thread_count();
    if (!storm.threads) {
        fprintf(stderr, "concurrent-storm: HEAPGATE_THREADS must be a number from 1 to %d\n",
                CREW_MOST_THREADS);
        return 1;
    }
    if (schema_source_open_with(&storm.source, heapgate_info.name, &options))
        return 1;
    if (open_storm() == 0)
        return 0;
    fprintf(stderr, "concurrent-storm: cannot start %u threads\n", (unsigned)storm.threads);
    heapgate_teardown();
    return 1;
}

static int run_by_turns(uint64_t i)
{
    int failed = crew_start(&storm.crew, storm.threads, work);

    for (uint64_t t = 0; t < storm.threads && !failed; t++)
        failed = crew_add(&storm.crew, i * storm.threads + t) || crew_finish(&storm.crew);
    crew_stop(&storm.crew);
    return failed;
}

int heapgate_iterate(uint64_t i)
{
    return heapgate_is_tortured() ? run_by_turns(i) : crew_add(&storm.crew, i);
}

void heapgate_quiesce(void)
{
    /* There is no next op that could say so, if this was the last round. */
    if (crew_finish(&storm.crew))
        abort();
    toka_registry_clear();
}

void heapgate_teardown(void)
{
    crew_stop(&storm.crew);
    toka_registry_clear();
    toka_registry_set_clock(NULL, NULL);
    for (uint32_t t = 0; t < CREW_MOST_THREADS; t++)
        schema_source_unshare(&storm.shares[t]);
    json_decref(storm.instance);
    storm.instance = NULL;
    schema_source_close(&storm.source);
    atomic_store(&storm.now, 0);
}
