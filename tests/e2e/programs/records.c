/*
 * A program that uses libtoka from several threads and has that recorded: records LOG BEHAVIOUR [REQUESTS].
 *
 *     tidy       each request has a handler and schemas of its own, and gives back what it took
 *     forgetful  the same, and nothing is ever unregistered
 *     startup    what it has is made at the start, said with toka_record_traffic; the traffic uses only that
 *
 * Writes the figures of the recording to standard output.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <toka/manifest.h>
#include <toka/record.h>
#include <toka/registry.h>

enum { THREADS = 3, SERVICE_HANDLERS = 5, SERVICE_SCHEMAS = 8 };

static struct {
    toka_schema_store *store;
    json_t *instance;
    toka_schema *schemas[SERVICE_SCHEMAS];
    unsigned requests;
    bool forgetful, startup;
} program;

static toka_status run(void *user_data, toka_text payload)
{
    (void)user_data, (void)payload;
    return TOKA_OK;
}

static void expect(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "records: not so: %s\n", what);
    exit(1);
}

static void register_tag(const char *tag)
{
    toka_handler handler = {.run = run, .user_data = malloc(40), .destroy = free};

    expect(handler.user_data && toka_registry_register(tag, handler) == TOKA_OK, "a handler is registered");
}

static toka_text schema_text(char buffer[256], const char *kind, unsigned number)
{
    int size =
        snprintf(buffer, 256,
                 "{\"type\":\"object\",\"title\":\"%s \\\"%u\\\"\",\"properties\":{\"n\":{\"minimum\":%u,"
                 "\"enum\":[1,2,{\"deep\":[%u]}]}}}",
                 kind, number, number, number);

    return (toka_text){buffer, (size_t)size};
}

static void load_manifest(void)
{
    static const char text[] =
        "{\"id\":\"t\",\"name\":\"t\",\"version\":\"1\",\"description\":\"\",\"capability\":\"c\","
        "\"transports\":[{\"kind\":\"in_process\"}],\"input_schema\":{\"type\":\"object\"}}";
    toka_manifest *manifest = NULL;

    expect(toka_manifest_parse((toka_text){text, strlen(text)}, program.store, &manifest, NULL) == TOKA_OK,
           "a manifest is read");
    toka_manifest_free(manifest);
}

static void start_up(void)
{
    char buffer[256];

    for (unsigned i = 0; i < SERVICE_HANDLERS; i++) {
        snprintf(buffer, sizeof buffer, "service.%u", i);
        register_tag(buffer);
    }
    for (unsigned i = 0; i < SERVICE_SCHEMAS; i++)
        expect(toka_schema_store_get(program.store, schema_text(buffer, "service", i), NULL,
                                     &program.schemas[i], NULL) == TOKA_OK,
               "a schema is got");
    load_manifest();
}

static void use_service(unsigned request)
{
    char buffer[256];

    snprintf(buffer, sizeof buffer, "service.%u", request % SERVICE_HANDLERS);
    expect(toka_registry_dispatch(buffer, (toka_text){"x", 1}) == TOKA_OK, "the service has its handlers");
    expect(toka_ensure_schema_compiles(program.store,
                                       schema_text(buffer, "service", request % SERVICE_SCHEMAS),
                                       "input schema", NULL) == TOKA_OK,
           "the service has its schemas");
    (void)!toka_schema_validate(program.schemas[request % SERVICE_SCHEMAS], program.instance, NULL);
    if (request % 50 == 0)
        register_tag("service.0");
}

static void serve(unsigned thread, unsigned request)
{
    char buffer[256], tag[64];
    toka_schema *schema = NULL;

    use_service(request);
    if (program.startup)
        return;
    snprintf(tag, sizeof tag, "session.%u.%u", thread, request);
    register_tag(tag);
    expect(toka_schema_store_get(program.store, schema_text(buffer, tag, request), "input schema", &schema,
                                 NULL) == TOKA_OK,
           "a schema is got");
    (void)!toka_schema_validate(schema, program.instance, NULL);
    toka_schema_unref(schema);
    (void)!toka_registry_dispatch(tag, (toka_text){"x", 1});
    (void)!toka_ensure_schema_compiles(program.store, (toka_text){"{\"type\":\xff", 9}, tag, NULL);
    if (!program.forgetful)
        (void)!toka_registry_unregister(tag);
    if (request % 100 == 99) {
        load_manifest();
        (void)!toka_registry_sweep(60000, NULL);
    }
}

static void *live(void *data)
{
    const unsigned *thread = data;

    for (unsigned i = 0; i < program.requests; i++)
        serve(*thread, i);
    return NULL;
}

static void run_threads(void)
{
    pthread_t threads[THREADS];
    unsigned numbers[THREADS];

    for (unsigned i = 0; i < THREADS; i++) {
        numbers[i] = i;
        expect(pthread_create(&threads[i], NULL, live, &numbers[i]) == 0, "a thread is made");
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
    const toka_schema_store_options options = {.cached = true, .max_entries = 40};
    toka_record_figures figures;
    toka_error error = {.status = TOKA_OK};

    expect(argc == 3 || argc == 4, "records LOG tidy|forgetful|startup [REQUESTS]");
    program.forgetful = strcmp(argv[2], "forgetful") == 0;
    program.startup = strcmp(argv[2], "startup") == 0;
    program.requests = argc == 4 ? (unsigned)strtoul(argv[3], NULL, 10) : 300;
    program.instance = json_pack("{s:i,s:s}", "n", 7, "name", "a \"b\"");
    expect(toka_record_start(argv[1], &error) == TOKA_OK, error.message);
    expect(program.instance && toka_schema_store_new(&options, &program.store) == TOKA_OK,
           "there is a store");
    start_up();
    toka_record_traffic();
    run_threads();
    for (unsigned i = 0; i < SERVICE_SCHEMAS; i++)
        toka_schema_unref(program.schemas[i]);
    toka_schema_store_free(program.store);
    json_decref(program.instance);
    expect(toka_record_stop(&error) == TOKA_OK, error.message);
    toka_record_read(&figures);
    printf("%" PRIu64 " ops, %" PRIu64 " bytes\n", figures.ops, figures.bytes);
    return 0;
}
