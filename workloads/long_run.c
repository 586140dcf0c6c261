/*
 * A day of production, in virtual time. One op is one minute, with as many requests as that minute of the day
 * brings: 1,000 schemas an hour on average (HEAPGATE_SCHEMAS_PER_HOUR changes that), with a daily curve,
 * bursts and deploys (production_day.h). By default one day is measured, after a night of warm-up.
 *
 * One request in five has a schema that was never seen before; most others have one that is in use, and a few
 * an invalid one. Half of the schemas that compile also validate an instance. Sessions register a handler,
 * call it and the handlers of the service, and most of them unregister at their end; the others are swept
 * after half an hour without use. A deploy registers all handlers of the service again. Before the first
 * minute, the service validates the largest documents that it knows.
 *
 * Time is the number of the minute: the registry's clock is set to it, so a day is over as soon as its
 * requests are answered.
 */
#include "production_day.h"
#include "random.h"
#include "schema_source.h"

#include <heapgate/workload.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <toka/registry.h>

enum {
    DEFAULT_PER_HOUR = 1000,
    CACHE_ENTRIES = 100,
    REQUESTS_PER_NEW_SCHEMA = 5,
    SCHEMAS_IN_USE = 64, /* the latest so many are asked for again, the latest the most */
    SERVICE_HANDLERS = 40,
    SESSION_MINUTES = 12,
    SWEEP_EVERY = 5, /* minutes */
    IDLE_MINUTES = 30,
    MINUTE_MS = 60 * 1000,
};

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {
    .name = "long-run",
    .unit = "minute",
    .default_ops = DAY_MINUTES,
    .warmup_ops = DAY_MINUTES / 4,
};

static struct {
    struct schema_source source;
    uint32_t per_hour;
    uint64_t requests; /* so far: the number of the next */
    uint64_t now_ms;   /* the registry's clock */
    json_t *instance;
    bool refused[IDLE_MINUTES]; /* by minute: its session found no memory to begin with */
} service;

static uint64_t read_clock(void *data)
{
    return *(const uint64_t *)data;
}

static int complain(uint64_t minute, const char *what, toka_status status)
{
    fprintf(stderr, "long-run: minute %" PRIu64 ": %s: %s\n", minute, what, toka_status_name(status));
    return 1;
}

static toka_status run(void *user_data, toka_text payload)
{
    uint64_t *calls = user_data;

    ++*calls;
    return payload.size ? TOKA_OK : TOKA_E_INVALID;
}

static toka_status register_handler(const char *tag)
{
    uint64_t *calls = calloc(1, sizeof *calls);
    toka_status status = TOKA_E_NO_MEMORY;

    if (calls)
        status = toka_registry_register(tag, (toka_handler){.run = run, .user_data = calls, .destroy = free});
    if (status)
        free(calls);
    return status;
}

static toka_status dispatch(const char *tag)
{
    return toka_registry_dispatch(tag, (toka_text){"call", 4});
}

static void write_service_tag(char tag[64], uint32_t handler)
{
    snprintf(tag, 64, "service.tool.%" PRIu32, handler);
}

static void write_session_tag(char tag[64], uint64_t minute)
{
    snprintf(tag, 64, "session.%" PRIu64 ".%" PRIu64, service.source.seed, minute);
}

static int deploy(uint64_t minute)
{
    char tag[64];

    for (uint32_t i = 0; i < SERVICE_HANDLERS; i++) {
        toka_status status = TOKA_OK;

        write_service_tag(tag, i);
        status = register_handler(tag);
        if (status)
            return complain(minute, "deploy", status);
    }
    return 0;
}

/* Health checks call every handler of the service, so that none is ever idle. */
static int check_health(uint64_t minute)
{
    char tag[64];

    for (uint32_t i = 0; i < SERVICE_HANDLERS; i++) {
        toka_status status = TOKA_OK;

        write_service_tag(tag, i);
        status = dispatch(tag);
        if (status)
            return complain(minute, "health check", status);
    }
    return 0;
}

/* One in eight sessions is cut off: nobody unregisters its handler, and the sweep finds it idle. */
static bool session_is_cut_off(uint64_t minute)
{
    struct random random = random_for_op(~service.source.seed, minute);

    return random_below(&random, 8) == 0;
}

/* Some calls are refused, by the handler itself. */
static toka_status call_with_nothing(const char *tag)
{
    toka_status status = toka_registry_dispatch(tag, (toka_text){"", 0});

    if (status == TOKA_E_INVALID)
        return TOKA_OK;
    return status ? status : TOKA_E_INVALID;
}

/* A session begins every minute, is used during its life and ends. */
static int run_sessions(uint64_t minute)
{
    char tag[64];
    toka_status status = TOKA_OK;
    bool refused = false;

    write_session_tag(tag, minute);
    status = register_handler(tag);
    service.refused[minute % IDLE_MINUTES] = status != TOKA_OK;
    for (uint64_t age = 0; !status && age < SESSION_MINUTES && age <= minute; age += 4) {
        write_session_tag(tag, minute - age);
        refused = service.refused[(minute - age) % IDLE_MINUTES];
        if (!refused)
            status = dispatch(tag);
    }
    if (!status && !refused)
        status = call_with_nothing(tag);
    if (status)
        return complain(minute, "session", status);
    if (minute < SESSION_MINUTES || session_is_cut_off(minute - SESSION_MINUTES) ||
        service.refused[(minute - SESSION_MINUTES) % IDLE_MINUTES])
        return 0;
    write_session_tag(tag, minute - SESSION_MINUTES);
    status = toka_registry_unregister(tag);
    if (status && status != TOKA_E_NOT_SUPPORTED)
        return complain(minute, "end of a session", status);
    return 0;
}

static int sweep(uint64_t minute)
{
    toka_status status = toka_registry_sweep((uint64_t)IDLE_MINUTES * MINUTE_MS, NULL);

    if (status && status != TOKA_E_NOT_SUPPORTED)
        return complain(minute, "sweep", status);
    return 0;
}

/* What clients send that is no schema, and how it must be answered. */
static int reject(struct random *random, uint64_t minute)
{
    static const struct {
        const char *text;
        toka_status status;
    } inputs[] = {
        {"{\"type\": \"object\", \"properties\": {\"name\": {\"type\"", TOKA_E_SYNTAX},
        {"<html><body>502 Bad Gateway</body></html>", TOKA_E_SYNTAX},
        {"{\"type\": \"strnig\", \"title\": \"A name\"}", TOKA_E_SCHEMA},
        {"{\"properties\": [\"name\", \"size\"]}", TOKA_E_SCHEMA},
        {"{\"type\": \"string\", \"pattern\": \"^(a\"}", TOKA_E_PATTERN},
        {"{\"items\": {\"$ref\": \"#/definitions/missing\"}}", TOKA_E_REF},
    };
    uint32_t which = random_below(random, sizeof inputs / sizeof *inputs);
    toka_text text = {inputs[which].text, strlen(inputs[which].text)};
    toka_status status = toka_ensure_schema_compiles(service.source.store, text, "input schema", NULL);

    return status == inputs[which].status ? 0 : complain(minute, text.data, status);
}

static uint64_t choose_schema(struct random *random, uint64_t request)
{
    uint64_t newest = request / REQUESTS_PER_NEW_SCHEMA;
    uint32_t age = 0;

    if (request % REQUESTS_PER_NEW_SCHEMA == 0)
        return newest;
    age = random_below(random, 1 + random_below(random, SCHEMAS_IN_USE));
    return newest - age % (newest + 1);
}

static int answer(uint64_t minute, uint64_t request)
{
    struct random random = random_for_op(service.source.seed, request);
    toka_schema *schema = NULL;
    toka_text text = {NULL, 0};
    toka_status status = TOKA_OK;
    toka_error error;

    if (request % REQUESTS_PER_NEW_SCHEMA && random_percent(&random, 4))
        return reject(&random, minute);
    text = schema_source_text(&service.source, choose_schema(&random, request));
    if (random_percent(&random, 50))
        status = toka_ensure_schema_compiles(service.source.store, text, "input schema", &error);
    else
        status = toka_schema_store_get(service.source.store, text, "input schema", &schema, &error);
    if (status || !schema)
        return schema_source_check(&service.source, request, status, &error);
    status = toka_schema_validate(schema, service.instance, NULL);
    toka_schema_unref(schema);
    if (status == TOKA_OK || status == TOKA_E_INVALID || status == TOKA_E_LIMIT)
        return 0;
    return complain(minute, "validate", status);
}

/* 0: not a number from 1 to DAY_MOST_PER_HOUR. */
static uint32_t rate_per_hour(void)
{
    const char *text = getenv("HEAPGATE_SCHEMAS_PER_HOUR");
    char *end = NULL;
    unsigned long rate = 0;

    if (!text || !text[0])
        return DEFAULT_PER_HOUR;
    rate = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || rate > DAY_MOST_PER_HOUR)
        return 0;
    return (uint32_t)rate;
}

/* Takes the instance. What a validation needs on the heap, small instances do not make it allocate. */
static int check_large(const char *text, json_t *instance)
{
    toka_schema *schema = NULL;
    toka_status status = toka_schema_compile((toka_text){text, strlen(text)}, NULL, &schema, NULL);

    if (!status && instance)
        status = toka_schema_validate(schema, instance, NULL);
    toka_schema_unref(schema);
    json_decref(instance);
    return status == TOKA_OK && instance ? 0 : complain(0, "validate", status);
}

/* More items than are compared on the stack, and a match that has to remember more than fits there. */
static int check_largest(void)
{
    enum { LETTERS = 20000 };
    char letters[LETTERS + 1] = {0};
    json_t *items = json_array();

    for (json_int_t i = 0; items && i <= (json_int_t)TOKA_UNIQUE_MAX_STACK_ITEMS; i++)
        if (json_array_append_new(items, json_integer(i)))
            return 1;
    memset(letters, 'a', LETTERS);
    return check_large("{\"uniqueItems\": true}", items) ||
           check_large("{\"pattern\": \"^(a|b)*$\"}", json_stringn(letters, LETTERS));
}

int heapgate_setup(void)
{
    const toka_schema_store_options options = {.cached = true, .max_entries = CACHE_ENTRIES};
    toka_status status = TOKA_OK;

    service.per_hour = rate_per_hour();
    if (!service.per_hour) {
        fprintf(stderr, "long-run: HEAPGATE_SCHEMAS_PER_HOUR must be a number from 1 to %d\n",
                DAY_MOST_PER_HOUR);
        return 1;
    }
    if (schema_source_open_with(&service.source, heapgate_info.name, &options))
        return 1;
    if (check_largest()) {
        heapgate_teardown();
        return 1;
    }
    service.instance = json_pack("{s:s, s:i, s:[s, s]}", "name", "tool", "size", 12, "tags", "a", "b");
    status = toka_registry_set_clock(read_clock, &service.now_ms);
    if (service.instance && (!status || status == TOKA_E_NOT_SUPPORTED) && deploy(0) == 0)
        return 0;
    heapgate_teardown();
    return 1;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t seed = service.source.seed;
    uint64_t end = service.requests + day_requests(seed, i, service.per_hour);

    service.now_ms = i * MINUTE_MS;
    service.refused[i % IDLE_MINUTES] = true; /* until it has begun */
    if (day_has_deploy(seed, i) && deploy(i))
        return 1;
    if (check_health(i) || run_sessions(i) || (i % SWEEP_EVERY == 0 && sweep(i)))
        return 1;
    for (; service.requests < end; service.requests++)
        if (answer(i, service.requests))
            return 1;
    return 0;
}

void heapgate_teardown(void)
{
    toka_registry_clear(); /* where the build can */
    toka_registry_set_clock(NULL, NULL);
    json_decref(service.instance);
    schema_source_close(&service.source);
    service.instance = NULL;
    service.requests = service.now_ms = 0;
}
