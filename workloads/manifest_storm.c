/*
 * Reads tool manifests in YAML and JSON and frees them: valid ones, and invalid ones of every kind, so that a
 * leak on an error path adds up too.
 */
#include "manifest_generator.h"
#include "schema_generator.h"
#include "schema_source.h"

#include <heapgate/workload.h>
#include <inttypes.h>
#include <stdio.h>
#include <toka/manifest.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {
    .name = "manifest-storm",
    .unit = "manifest",
    .default_ops = 3000,
    .warmup_ops = 300,
};

static struct schema_source source;
static char *buffer; /* one manifest */

int heapgate_setup(void)
{
    if (schema_source_open(&source, heapgate_info.name, false))
        return 1;
    buffer = malloc(MANIFEST_GENERATOR_BYTES);
    if (buffer)
        return 0;
    fprintf(stderr, "%s: out of memory\n", heapgate_info.name);
    schema_source_close(&source);
    return 1;
}

/* A schema beyond the subject's limit is cut: it stays beyond the limit. */
static toka_text schema_for_op(uint64_t i)
{
    toka_text schema = schema_source_text(&source, i);

    if (schema.size > MANIFEST_SCHEMA_BYTES + 1)
        schema.size = MANIFEST_SCHEMA_BYTES + 1;
    return schema;
}

int heapgate_iterate(uint64_t i)
{
    struct text_writer out = {.data = buffer, .capacity = MANIFEST_GENERATOR_BYTES};
    toka_status expected = manifest_generate(source.seed, i, schema_for_op(i), source.replays, &out);
    toka_manifest *manifest = NULL;
    toka_error error = {0};
    toka_status status =
        toka_manifest_parse((toka_text){out.data, out.size}, source.store, &manifest, &error);

    toka_manifest_free(manifest);
    /* A corpus has schemas that do not compile: then any error will do. */
    if (status == expected || (source.replays && status && status != TOKA_E_NO_MEMORY))
        return 0;
    fprintf(stderr, "manifest-storm: op %" PRIu64 ": expected %s, got %s: %s at \"%s\"\n", i,
            toka_status_name(expected), toka_status_name(status), error.message, error.pointer);
    return 1;
}

void heapgate_teardown(void)
{
    free(buffer);
    buffer = NULL;
    schema_source_close(&source);
}
