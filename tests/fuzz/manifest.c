/* A tool manifest, YAML or JSON, with its schemas. */
#include "fuzz.h"

#include <toka/manifest.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static toka_schema_store *store;
    const toka_schema_store_options options = {0};
    const toka_text text = {(const char *)data, size};
    toka_manifest *manifest;
    toka_error error;
    if (!store)
        fuzz_require(toka_schema_store_new(&options, &store) == TOKA_OK, "there is a store");
    if (toka_manifest_parse(text, store, &manifest, &error) != TOKA_OK)
        return 0;
    fuzz_require(toka_manifest_id(manifest)[0] != '\0', "it has an id");
    for (size_t i = 0; i < toka_manifest_transport_count(manifest); i++)
        (void)toka_manifest_transport(manifest, i);
    for (size_t i = 0; i < toka_manifest_protocol_count(manifest); i++)
        (void)toka_manifest_protocol(manifest, i);
    for (size_t i = 0; i < toka_manifest_metadata_count(manifest); i++)
        (void)toka_manifest_metadata(manifest, i);
    toka_manifest_free(manifest);
    return 0;
}
