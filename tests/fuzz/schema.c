/* A JSON Schema, and behind a byte 0xff an instance; the schema is an instance of itself, too. */
#include "fuzz.h"

#include <string.h>
#include <toka/schema.h>

static json_t *parse(const char *text, size_t size)
{
    json_error_t error;
    const toka_text given = {text, size};
    return json_loadb(text, size, toka_json_flags(given), &error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const char *end = size > 0 ? memchr(text, 0xff, size) : NULL;
    size_t length = end ? (size_t)(end - text) : size;
    const toka_schema_options options = {.assert_format = size & 1};
    const toka_text given = {text, length};
    toka_schema *schema;
    toka_error error;
    if (toka_schema_compile(given, &options, &schema, &error) != TOKA_OK)
        return 0;
    json_t *instance = end ? parse(end + 1, size - length - 1) : NULL;
    json_t *itself = parse(text, length);
    if (instance)
        (void)!toka_schema_validate(schema, instance, &error);
    if (itself)
        (void)!toka_schema_validate(schema, itself, &error);
    json_decref(instance);
    json_decref(itself);
    toka_schema_unref(schema);
    return 0;
}
