/* What $id and $ref mean: draft-07 core, section 8. */
#include "schema_helpers.h"

Test(schema_refs, identifiers_count_only_where_schemas_stand)
{
    expect_valid("{\"properties\":{\"$ref\":{\"type\":\"string\"}}}", "{\"$ref\":\"a\"}");
    expect_invalid(
        "{\"properties\":{\"$ref\":{\"$ref\":\"#/definitions/s\"}},\"definitions\":{\"s\":{\"type\":"
        "\"string\"}}}",
        "{\"$ref\":2}");
    /* An $id inside enum or an unknown keyword names nothing. */
    expect_invalid("{\"definitions\":{\"e\":{\"enum\":[{\"$id\":\"http://h/x\",\"type\":\"null\"}]},"
                   "\"r\":{\"$id\":\"http://h/x\",\"type\":\"string\"},\"u\":{\"z\":{\"$id\":\"http://h/x\","
                   "\"type\":\"null\"}}},\"$ref\":\"http://h/x\"}",
                   "null");
}

Test(schema_refs, siblings_of_a_reference_are_ignored)
{
    expect_valid(
        "{\"properties\":{\"a\":{\"$ref\":\"#/definitions/l\",\"maxItems\":1}},\"definitions\":{\"l\":"
        "{\"type\":\"array\"}}}",
        "{\"a\":[1,2]}");
    static const char base[] =
        "{\"$id\":\"http://h/base/\",\"definitions\":{\"foo\":{\"$id\":\"http://h/foo.json\","
        "\"type\":\"string\"},\"base_foo\":{\"$id\":\"foo.json\",\"type\":\"number\"}},"
        "\"allOf\":[{\"$id\":\"http://h/\",\"$ref\":\"foo.json\"}]}";
    expect_valid(base, "1");
    expect_invalid(base, "\"a\"");
}

Test(schema_refs, relative_identifiers_build_on_the_nearest_one)
{
    static const char tree[] = "{\"$id\":\"http://h/a/b.json\",\"definitions\":{\"x\":{\"$id\":\"http://o/x/"
                               "file.json\",\"definitions\":"
                               "{\"inner\":{\"$comment\":\"no $id "
                               "here\",\"definitions\":{\"y\":{\"$id\":\"y.json\",\"type\":\"number\"}}}},"
                               "\"$comment\":\"\"}},\"allOf\":[{\"$ref\":\"http://o/x/y.json\"}]}";
    expect_valid(tree, "1.5");
    expect_invalid(tree, "\"a\"");
}

Test(schema_refs, location_independent_identifiers_belong_to_their_resource)
{
    static const char two[] =
        "{\"$id\":\"http://h/root\",\"allOf\":[{\"$ref\":\"http://h/nested.json#foo\"}],"
        "\"definitions\":{\"A\":{\"$id\":\"nested.json\",\"definitions\":{\"B\":{\"$id\":"
        "\"#foo\",\"type\":\"integer\"}}},\"C\":{\"$id\":\"#foo\",\"type\":\"string\"}}}";
    expect_valid(two, "1");
    expect_invalid(two, "\"a\"");
    expect_invalid(
        "{\"$ref\":\"http://h/bar#foo\",\"definitions\":{\"A\":{\"$id\":\"http://h/bar#foo\",\"type\":"
        "\"integer\"}}}",
        "\"a\"");
}

Test(schema_refs, urn_and_file_bases_resolve_fragments)
{
    expect_invalid(
        "{\"$id\":\"urn:uuid:deadbeef-1234-00ff-ff00-4321feebdaed\",\"properties\":{\"foo\":{\"$ref\":"
        "\"urn:uuid:deadbeef-1234-00ff-ff00-4321feebdaed#/definitions/bar\"}},\"definitions\":{\"bar\":"
        "{\"type\":\"string\"}}}",
        "{\"foo\":12}");
    expect_invalid(
        "{\"$id\":\"urn:example:weather?=op=map&lat=39#\",\"items\":{\"$ref\":\"#/definitions/b\"},"
        "\"definitions\":{\"b\":{\"type\":\"string\"}}}",
        "[12]");
    expect_invalid("{\"$id\":\"file:///c:/folder/file.json\",\"definitions\":{\"foo\":{\"type\":\"number\"}},"
                   "\"allOf\":[{\"$ref\":\"#/definitions/foo\"}]}",
                   "\"a\"");
}

Test(schema_refs, pointers_are_percent_decoded_and_unescaped_and_may_have_empty_tokens)
{
    static const char escaped[] =
        "{\"tilde~field\":{\"type\":\"integer\"},\"slash/"
        "field\":{\"type\":\"integer\"},\"percent%field\":{\"type\":"
        "\"integer\"},\"\":{\"definitions\":{\"\":{\"type\":\"integer\"}}},\"items\":[{\"$ref\":\"#/"
        "tilde~0field\"},"
        "{\"$ref\":\"#/slash~1field\"},{\"$ref\":\"#/percent%25field\"},{\"$ref\":\"#//definitions/\"},"
        "{\"$ref\":\"#%2Ftilde~0field\"}]}";
    expect_valid(escaped, "[1,1,1,1,1]");
    expect_invalid(escaped, "[\"a\"]");
    expect_invalid(escaped, "[1,\"a\"]");
    expect_invalid(escaped, "[1,1,\"a\"]");
    expect_invalid(escaped, "[1,1,1,\"a\"]");
    expect_invalid(escaped, "[1,1,1,1,\"a\"]");
}

Test(schema_refs, unknown_keywords_may_be_referred_to)
{
    static const char unknown[] =
        "{\"x-types\":[{\"y\":{\"type\":\"integer\",\"items\":{\"$ref\":\"#/x-types/1\"}}},"
        "false],\"$ref\":\"#/x-types/0/y\"}";
    expect_valid(unknown, "1");
    expect_invalid(unknown, "\"a\"");
    expect_invalid("{\"items\":{\"$ref\":\"#/x-types/1\"},\"x-types\":[0,false]}", "[1]");
}

Test(schema_refs, references_to_boolean_schemas_are_followed)
{
    expect_valid("{\"$ref\":\"#/definitions/b\",\"definitions\":{\"b\":true}}", "1");
    expect_invalid("{\"$ref\":\"#/definitions/b\",\"definitions\":{\"b\":false}}", "1");
    expect_invalid("{\"items\":{\"$ref\":\"#/additionalItems\"},\"additionalItems\":false}", "[1]");
}

Test(schema_refs, conditions_without_an_if_may_be_referred_to)
{
    static const char then[] =
        "{\"allOf\":[{\"$ref\":\"http://h/then\"}],\"then\":{\"$id\":\"http://h/then\",\"type\":"
        "\"integer\"}}";
    expect_valid(then, "1");
    expect_invalid(then, "\"a\"");
}

Test(schema_refs, the_metaschema_is_built_in)
{
    static const char meta[] = "{\"items\":{\"$ref\":\"http://json-schema.org/draft-07/schema#\"}}";
    expect_valid(meta, "[{\"minLength\":1,\"definitions\":{\"a\":{\"$ref\":\"#\"}}},true,{\"allOf\":[{}]}]");
    expect_invalid(meta, "[{\"minLength\":-1}]");
    expect_invalid(meta, "[{\"definitions\":{\"a\":{\"allOf\":[]}}}]");
    static const char part[] =
        "{\"$ref\":\"http://json-schema.org/draft-07/schema#/definitions/stringArray\"}";
    expect_valid(part, "[\"a\"]");
    expect_invalid(part, "[\"a\",\"a\"]");
}

Test(schema_refs, the_same_subschema_twice_at_one_place_is_no_loop)
{
    static const char text[] =
        "{\"definitions\":{\"int\":{\"type\":\"integer\"}},\"allOf\":[{\"properties\":{\"foo\":"
        "{\"$ref\":\"#/definitions/int\"}}},{\"additionalProperties\":{\"$ref\":"
        "\"#/definitions/int\"}}]}";
    expect_valid(text, "{\"foo\":1}");
    expect_invalid(text, "{\"foo\":\"a\"}");
}

/* Documents of a resolver, and how often each was asked for. */
struct library {
    const char *texts[4][2];
    unsigned asked;
};

static json_t *look_up(const char *uri, void *user_data)
{
    struct library *library = user_data;
    library->asked++;
    for (size_t i = 0; i < 4 && library->texts[i][0]; i++)
        if (strcmp(library->texts[i][0], uri) == 0)
            return parse(library->texts[i][1]);
    return NULL;
}

Test(schema_refs, remote_documents_come_from_the_resolver_once_each)
{
    struct library library = {
        .texts = {
            {"http://h/a.json", "{\"definitions\":{\"n\":{\"$ref\":\"dir/b.json#b\"}},\"type\":\"object\"}"},
            {"http://h/dir/b.json",
             "{\"definitions\":{\"B\":{\"$id\":\"#b\",\"$ref\":\"#/definitions/C\"},"
             "\"C\":{\"type\":\"string\"},\"D\":{\"$id\":\"#b\",\"type\":\"string\"}}}"}}};
    toka_schema_options options = {.resolver = look_up, .resolver_data = &library};
    toka_schema *schema =
        compile_with("{\"$id\":\"http://h/root.json\",\"items\":[{\"$ref\":\"a.json\"},{\"$ref\":"
                     "\"a.json#/definitions/n\"},{\"$ref\":\"dir/b.json#/definitions/C\"}]}",
                     &options);
    cr_expect_eq(library.asked, 2, "asked %u times", library.asked);
    cr_expect_eq(validate_text_with(schema, "[{},\"x\",\"y\"]", NULL), TOKA_OK);
    cr_expect_eq(validate_text_with(schema, "[1]", NULL), TOKA_E_INVALID);
    cr_expect_eq(validate_text_with(schema, "[{},1]", NULL), TOKA_E_INVALID);
    toka_error err;
    cr_expect_eq(validate_text_with(schema, "[{},\"x\",1]", &err), TOKA_E_INVALID);
    cr_expect_str_eq(err.pointer, "/definitions/C/type");
    toka_schema_unref(schema);
}

Test(schema_refs, what_is_wrong_in_a_remote_document_is_told_at_the_reference)
{
    struct library library = {.texts = {{"http://h/bad.json", "{\"items\":{\"type\":\"integre\"}}"}}};
    toka_schema_options options = {.resolver = look_up, .resolver_data = &library};
    toka_schema *schema = NULL;
    toka_error err;
    cr_expect_eq(
        toka_schema_compile(text_of("{\"not\":{\"$ref\":\"http://h/bad.json\"}}"), &options, &schema, &err),
        TOKA_E_REF);
    cr_expect_str_eq(err.pointer, "/not/$ref");
    cr_expect(strstr(err.message, "/items/type"), "%s", err.message);
    cr_expect_eq(toka_schema_compile(text_of("{\"$ref\":\"http://h/none.json\"}"), &options, &schema, &err),
                 TOKA_E_REF);
    cr_expect(strstr(err.message, "the resolver does not have"), "%s", err.message);
}

static json_t *always_more(const char *uri, void *user_data)
{
    char text[80];
    snprintf(text, sizeof text, "{\"$ref\":\"http://h/%u\"}", ++*(unsigned *)user_data);
    return strlen(uri) ? parse(text) : NULL;
}

Test(schema_refs, a_resolver_that_always_has_more_is_stopped)
{
    unsigned count = 0;
    toka_schema_options options = {.resolver = always_more, .resolver_data = &count};
    toka_schema *schema = NULL;
    toka_error err;
    cr_expect_eq(toka_schema_compile(text_of("{\"$ref\":\"http://h/0\"}"), &options, &schema, &err),
                 TOKA_E_REF);
    cr_expect(strstr(err.message, "would exceed the limit on loaded documents"), "%s", err.message);
    cr_expect_eq(count, 256);
}

Test(schema_refs, the_schema_outlives_changes_to_its_document)
{
    json_t *document =
        parse("{\"properties\":{\"name\":{\"enum\":[[1],\"x\"],\"pattern\":\"x\"}},\"required\":[\"name\"]}");
    toka_schema *schema = NULL;
    toka_error err;
    cr_assert_eq(toka_schema_from_document(document, NULL, &schema, NULL), TOKA_OK);
    json_object_clear(document);
    json_decref(document);
    cr_expect_eq(validate_text_with(schema, "{\"name\":\"x\"}", NULL), TOKA_OK);
    cr_expect_eq(validate_text_with(schema, "{\"name\":[1]}", NULL), TOKA_OK);
    cr_expect_eq(validate_text_with(schema, "{\"name\":[2]}", &err), TOKA_E_INVALID);
    cr_expect_str_eq(err.pointer, "/properties/name/enum");
    toka_schema_unref(schema);
}
