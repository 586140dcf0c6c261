/* Uses libtoka a little and writes what its monitor says to standard output, as OpenMetrics. */
#include <stdio.h>
#include <toka/monitor.h>
#include <toka/registry.h>
#include <toka/schema_store.h>

static toka_status run(void *user_data, toka_text payload)
{
    (void)user_data, (void)payload;
    return TOKA_OK;
}

int main(void)
{
    static char text[TOKA_MONITOR_TEXT_BYTES];
    const toka_schema_store_options options = {.cached = true};
    const toka_text schema = {"{\"minimum\":1}", sizeof "{\"minimum\":1}" - 1};
    toka_schema_store *store = NULL;
    size_t size = 0;
    int failed = toka_schema_store_new(&options, &store) != TOKA_OK;

    for (int i = 0; i < 3; i++)
        failed |= failed || toka_ensure_schema_compiles(store, schema, NULL, NULL) != TOKA_OK;
    failed |= toka_registry_register("tag", (toka_handler){.run = run}) != TOKA_OK;
    failed |= toka_registry_dispatch("tag", (toka_text){"", 0}) != TOKA_OK;
    failed |= toka_monitor_write(text, sizeof text, &size) != TOKA_OK;
    toka_schema_store_free(store);
    return failed || fwrite(text, 1, size, stdout) != size;
}
