/* Hostile schemas and instances meet a limit; never a crash, never a hang. */
#include "schema_helpers.h"

static char *repeat(const char *head, const char *piece, size_t count, const char *middle,
                    const char *closing, const char *tail)
{
    size_t room =
        strlen(head) + count * (strlen(piece) + strlen(closing)) + strlen(middle) + strlen(tail) + 1;
    char *text = malloc(room), *at = text;
    cr_assert(text);
    at = stpcpy(at, head);
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, piece);
    at = stpcpy(at, middle);
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, closing);
    stpcpy(at, tail);
    return text;
}

static toka_status compile_status(const char *text, size_t size, toka_error *err)
{
    toka_schema *schema = NULL;
    toka_status status = toka_schema_compile((toka_text){text, size}, NULL, &schema, err);
    toka_schema_unref(schema);
    return status;
}

Test(schema_limits, sixty_four_kibibytes_compile_and_one_byte_more_does_not)
{
    char *text = repeat("{\"title\":\"", "x", TOKA_SCHEMA_MAX_BYTES - 12, "", "", "\"}");
    toka_error err;
    cr_assert_eq(strlen(text), TOKA_SCHEMA_MAX_BYTES);
    cr_expect_eq(compile_status(text, TOKA_SCHEMA_MAX_BYTES, &err), TOKA_OK);
    free(text);
    text = repeat("{\"title\":\"", "x", TOKA_SCHEMA_MAX_BYTES - 11, "", "", "\"}");
    cr_expect_eq(compile_status(text, strlen(text), &err), TOKA_E_TOO_LARGE);
    cr_expect(strstr(err.message, "64 KiB"));
    free(text);
}

Test(schema_limits, texts_nested_100000_deep_are_refused)
{
    char *text = repeat("", "[", 100000, "", "]", "");
    cr_expect_eq(compile_status(text, strlen(text), NULL), TOKA_E_TOO_LARGE);
    free(text);
    text = repeat("", "[", 30000, "", "]", "");
    cr_expect_eq(compile_status(text, strlen(text), NULL), TOKA_E_TOO_DEEP);
    free(text);
    text = repeat("", "{\"not\":", 6000, "{}", "}", "");
    cr_expect_eq(compile_status(text, strlen(text), NULL), TOKA_E_TOO_DEEP);
    free(text);
}

Test(schema_limits, subschemas_nest_to_the_limit_and_no_deeper)
{
    toka_error err;
    char *text = repeat("", "{\"not\":", TOKA_SCHEMA_MAX_DEPTH - 1, "{}", "}", "");
    cr_expect_eq(compile_status(text, strlen(text), &err), TOKA_OK);
    free(text);
    text = repeat("", "{\"not\":", TOKA_SCHEMA_MAX_DEPTH, "{}", "}", "");
    cr_expect_eq(compile_status(text, strlen(text), &err), TOKA_E_TOO_DEEP);
    cr_expect_eq(strncmp(err.pointer, "/not/not/not/", 13), 0, "%s", err.pointer);
    free(text);
}

/* Arrays within arrays, built and taken apart without recursion. */
static json_t *deep_array(unsigned depth)
{
    json_t *value = json_array();
    while (--depth) {
        json_t *outer = json_array();
        json_array_append_new(outer, value);
        value = outer;
    }
    return value;
}

static void free_deep_array(json_t *value)
{
    while (json_array_size(value)) {
        json_t *inner = json_incref(json_array_get(value, 0));
        json_decref(value);
        value = inner;
    }
    json_decref(value);
}

Test(schema_limits, documents_and_instances_100000_deep_are_refused)
{
    json_t *deep = deep_array(100000);
    toka_schema *schema = compile("{\"items\":{\"$ref\":\"#\"},\"type\":\"array\"}");
    toka_error err;
    cr_expect_eq(toka_schema_validate(schema, deep, &err), TOKA_E_LIMIT);
    cr_expect_eq(strncmp(err.instance, "/0/0/0/", 7), 0, "%s", err.instance);
    toka_schema_unref(schema);

    json_t *other = deep_array(100000);
    json_t *document = json_pack("{s:[O]}", "enum", deep);
    cr_assert_eq(toka_schema_from_document(document, NULL, &schema, &err), TOKA_OK);
    cr_expect_eq(toka_schema_validate(schema, other, &err), TOKA_E_LIMIT);
    cr_expect_str_eq(err.keyword, "enum");
    toka_schema_unref(schema);
    json_decref(document);

    json_t *twice = json_pack("[O,O]", deep, other);
    schema = compile("{\"uniqueItems\":true}");
    cr_expect_eq(toka_schema_validate(schema, twice, &err), TOKA_E_LIMIT);
    toka_schema_unref(schema);
    json_decref(twice);
    free_deep_array(deep);
    free_deep_array(other);
}

Test(schema_limits, whatever_jansson_can_read_can_be_validated_by_a_recursive_schema)
{
    char *text = repeat("", "[", 2000, "", "]", "");
    toka_schema *schema =
        compile("{\"definitions\":{\"n\":{\"items\":{\"allOf\":[{\"$ref\":\"#/definitions/n\"}]}}},"
                "\"$ref\":\"#/definitions/n\"}");
    cr_expect_eq(validate_text_with(schema, text, NULL), TOKA_OK);
    toka_schema_unref(schema);
    free(text);
}

Test(schema_limits, schemas_that_apply_to_themselves_without_end_are_stopped)
{
    static const char *const loops[] = {
        "{\"allOf\":[{\"$ref\":\"#\"}]}",
        "{\"anyOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}",
        "{\"not\":{\"not\":{\"$ref\":\"#\"}}}",
        "{\"if\":{\"$ref\":\"#\"},\"then\":true}",
        "{\"dependencies\":{\"a\":{\"$ref\":\"#\"}}}",
        "{\"oneOf\":[{\"$ref\":\"#/definitions/a\"}],\"definitions\":{\"a\":{\"allOf\":[{\"$ref\":\"#\"}]}}}",
    };
    for (size_t i = 0; i < sizeof loops / sizeof loops[0]; i++) {
        toka_error err;
        toka_schema *schema = compile(loops[i]);
        cr_expect_eq(validate_text_with(schema, "{\"a\":1}", &err), TOKA_E_LIMIT, "%s", loops[i]);
        cr_expect_eq(err.status, TOKA_E_LIMIT);
        toka_schema_unref(schema);
    }
}

Test(schema_limits, schemas_that_fan_out_exponentially_are_stopped)
{
    char text[8192] = "{\"$ref\":\"#/definitions/d0\",\"definitions\":{";
    for (int i = 0; i < 60; i++)
        sprintf(text + strlen(text),
                "\"d%d\":{\"anyOf\":[{\"$ref\":\"#/definitions/d%d\"},{\"$ref\":\"#/definitions/d%d\"}]},", i,
                i + 1, i + 1);
    strcat(text, "\"d60\":{\"type\":\"null\"}}}");
    toka_error err;
    toka_schema *schema = compile(text);
    cr_expect_eq(validate_text_with(schema, "1", &err), TOKA_E_LIMIT);
    cr_expect(strstr(err.message, "too many steps"), "%s", err.message);
    toka_schema_unref(schema);
}

Test(schema_limits, catastrophic_patterns_are_stopped)
{
    char instance[200] = "\"";
    memset(instance + 1, 'a', 60);
    strcpy(instance + 61, "!\"");
    static const char *const patterns[] = {"^(a+)+$", "^(a|a)*$", "^(a|aa)+$",
                                           "(x+x+)+y|^(.*a){25}$|^(a*)*$"};
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        char text[100];
        toka_error err;
        snprintf(text, sizeof text, "{\"pattern\":\"%s\"}", patterns[i]);
        toka_schema *schema = compile(text);
        cr_expect_eq(validate_text_with(schema, instance, &err), TOKA_E_LIMIT, "%s", patterns[i]);
        cr_expect_str_eq(err.keyword, "pattern");
        toka_schema_unref(schema);
    }
}

Test(schema_limits, patterns_that_would_compile_into_gigabytes_are_refused)
{
    char *text = malloc(TOKA_SCHEMA_MAX_BYTES + 100);
    char *at = stpcpy(text, "{\"patternProperties\":{");
    for (int i = 0; at - text < (long)TOKA_SCHEMA_MAX_BYTES - 40; i++)
        at += sprintf(at, "%s\"((%d){60}){60}\":true", i ? "," : "", 1000 + i);
    strcpy(at, "}}");
    toka_error err;
    cr_expect_eq(compile_status(text, strlen(text), &err), TOKA_E_TOO_LARGE);
    cr_expect(strstr(err.message, "16 MiB"), "%s", err.message);
    free(text);
}

Test(schema_limits, many_patterns_on_many_names_are_stopped)
{
    char *text = malloc(TOKA_SCHEMA_MAX_BYTES), *at = stpcpy(text, "{\"patternProperties\":{");
    for (int i = 0; i < 3000; i++)
        at += sprintf(at, "%s\"%d$\":true", i ? "," : "", 10000 + i);
    strcpy(at, "}}");
    toka_schema *schema = compile(text);
    json_t *instance = json_object();
    for (int i = 0; i < 30000; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        json_object_set_new(instance, name, json_null());
    }
    toka_error err;
    cr_expect_eq(toka_schema_validate(schema, instance, &err), TOKA_E_LIMIT);
    cr_expect_str_eq(err.keyword, "patternProperties");
    json_decref(instance);
    toka_schema_unref(schema);
    free(text);
}

Test(schema_limits, nul_bytes_are_characters_like_any_other)
{
    expect_valid("{\"const\":\"a\\u0000b\"}", "\"a\\u0000b\"");
    expect_invalid("{\"const\":\"a\\u0000b\"}", "\"a\\u0000c\"");
    expect_invalid("{\"enum\":[\"a\\u0000b\"]}", "\"a\"");
    expect_valid("{\"pattern\":\"^a\\\\0b$\",\"maxLength\":3}", "\"a\\u0000b\"");
    expect_valid("{\"pattern\":\"^a\\u0000b$\",\"minLength\":3}", "\"a\\u0000b\"");
    expect_invalid("{\"required\":[\"a\\u0000b\"]}", "{\"a\":1}");
    toka_schema *schema = NULL;
    toka_error err;
    cr_expect_eq(toka_schema_compile((toka_text){"{}\0", 3}, NULL, &schema, &err), TOKA_E_SYNTAX);
    cr_expect_eq(toka_schema_compile(text_of("{\"$ref\":\"http://h/\\u0000\"}"), NULL, &schema, &err),
                 TOKA_E_REF);
}

Test(schema_limits, large_arrays_are_checked_for_equal_elements_quickly)
{
    static const size_t sizes[] = {13, 2048, 5000, 65536, 65537, 300000};
    toka_schema *schema = compile("{\"uniqueItems\":true}");
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        json_t *array = json_array();
        for (size_t i = 0; i < sizes[s]; i++)
            json_array_append_new(array, i % 3 ? json_integer((json_int_t)i) : json_pack("[i]", (int)i));
        toka_error err;
        cr_expect_eq(toka_schema_validate(schema, array, NULL), TOKA_OK, "%zu elements", sizes[s]);
        json_array_set_new(array, sizes[s] - 1, json_real(4));
        cr_expect_eq(toka_schema_validate(schema, array, &err), TOKA_E_INVALID, "%zu elements", sizes[s]);
        cr_expect(strstr(err.message, " 4 "), "%s", err.message);
        json_decref(array);
    }
    toka_schema_unref(schema);
}
