/* Short ways to compile a text and to validate another with it. */
#ifndef TESTS_SCHEMA_HELPERS_H
#define TESTS_SCHEMA_HELPERS_H

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <toka/schema.h>

__attribute__((unused)) static toka_text text_of(const char *text)
{
    return (toka_text){text, strlen(text)};
}

__attribute__((unused)) static json_t *parse(const char *text)
{
    json_error_t error;
    json_t *value = json_loadb(text, strlen(text), toka_json_flags(text_of(text)), &error);
    cr_assert(value, "%s: %s", text, error.text);
    return value;
}

__attribute__((unused)) static toka_schema *compile_with(const char *text, const toka_schema_options *options)
{
    toka_schema *schema = NULL;
    toka_error err;
    toka_status status = toka_schema_compile(text_of(text), options, &schema, &err);
    cr_assert_eq(status, TOKA_OK, "%s: %s %s at \"%s\": %s", text, toka_status_name(status), err.keyword,
                 err.pointer, err.message);
    return schema;
}

__attribute__((unused)) static toka_schema *compile(const char *text)
{
    return compile_with(text, NULL);
}

__attribute__((unused)) static toka_status validate_text_with(const toka_schema *schema, const char *instance,
                                                              toka_error *err)
{
    json_t *value = parse(instance);
    toka_status status = toka_schema_validate(schema, value, err);
    json_decref(value);
    return status;
}

/* What a schema says of an instance, both as texts. */
__attribute__((unused)) static toka_status verdict(const char *schema_text, const char *instance)
{
    toka_schema *schema = compile(schema_text);
    toka_status status = validate_text_with(schema, instance, NULL);
    toka_schema_unref(schema);
    return status;
}

#define expect_valid(schema, instance)                                                                       \
    cr_expect_eq(verdict(schema, instance), TOKA_OK, "%s rejects %s", schema, instance)
#define expect_invalid(schema, instance)                                                                     \
    cr_expect_eq(verdict(schema, instance), TOKA_E_INVALID, "%s accepts %s", schema, instance)

#endif
