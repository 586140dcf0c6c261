#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "meters.h"
#include "schema_bytes.h"

enum {
    SCRATCH_BUFFER = 8 * 1024, /* on the stack: most schemas compile without another scratch block */
    SCRATCH_CHUNK = 16 * 1024,
    PROGRAM_CHUNK = 4 * 1024,
};

static toka_status fail(toka_error *err, toka_status status, const char *message)
{
    if (err) {
        struct line line;
        *err = (toka_error){.status = status};
        line_init(&line, err->message, sizeof err->message);
        line_add(&line, message, strlen(message));
    }
    return status;
}

size_t toka_schema_bytes(const toka_schema *schema)
{
    return sizeof *schema + schema->arena.total_bytes;
}

static toka_status build(toka_schema *schema, json_t *document, const toka_schema_options *options,
                         toka_error *err)
{
    _Alignas(16) char buffer[SCRATCH_BUFFER];
    struct compiler compiler = {.schema = schema, .arena = &schema->arena, .options = options, .err = err};
    compiler.patterns.arena = &schema->arena;
    compiler.references_end = &compiler.references;
    arena_init(&compiler.scratch, buffer, sizeof buffer, SCRATCH_CHUNK, TOKA_SCHEMA_MAX_PROGRAM);
    toka_status status = compile_document(&compiler, document);
    arena_free(&compiler.scratch);
    return status;
}

toka_status toka_schema_from_document(json_t *document, const toka_schema_options *options,
                                      toka_schema **ret_schema, toka_error *err)
{
    if (!document || !ret_schema)
        return fail(err, TOKA_E_ARGUMENT, "a document and an output are required");
    toka_schema *schema = calloc(1, sizeof *schema);
    if (!schema)
        return fail(err, TOKA_E_NO_MEMORY, "out of memory");
    atomic_init(&schema->references, 1);
    arena_init(&schema->arena, NULL, 0, PROGRAM_CHUNK, TOKA_SCHEMA_MAX_PROGRAM);
    toka_status status = build(schema, document, options, err);
    toka_meter_add(TOKA_METER_schemas, 1);
    toka_meter_add(TOKA_METER_schema_bytes, toka_schema_bytes(schema));
    if (status == TOKA_OK)
        *ret_schema = schema;
    else
        toka_schema_unref(schema);
    return status;
}

toka_status toka_schema_compile(toka_text text, const toka_schema_options *options, toka_schema **ret_schema,
                                toka_error *err)
{
    if (!text.data || text.size == 0 || !ret_schema)
        return fail(err, TOKA_E_ARGUMENT, "a text and an output are required");
    if (text.size > TOKA_SCHEMA_MAX_BYTES)
        return fail(err, TOKA_E_TOO_LARGE, "the schema is larger than 64 KiB");
    json_error_t json_error;
    json_t *document = json_loadb(text.data, text.size, toka_json_flags(text), &json_error);
    if (!document)
        return toka_error_from_json(err, &json_error);
    toka_status status = toka_schema_from_document(document, options, ret_schema, err);
    json_decref(document);
    return status;
}

toka_schema *toka_schema_ref(toka_schema *schema)
{
    atomic_fetch_add_explicit(&schema->references, 1, memory_order_relaxed);
    return schema;
}

void toka_schema_unref(toka_schema *schema)
{
    size_t bytes = schema ? toka_schema_bytes(schema) : 0;

    if (!schema || atomic_fetch_sub_explicit(&schema->references, 1, memory_order_acq_rel) != 1)
        return;
    for (struct held *held = schema->held; held; held = held->next)
        json_decref(held->value);
    arena_free(&schema->arena);
    free(schema);
    toka_meter_subtract(TOKA_METER_schemas, 1);
    toka_meter_subtract(TOKA_METER_schema_bytes, bytes);
}
