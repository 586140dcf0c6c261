/* Manifests that break a rule: each is refused, and the error says where. */
#include "manifest_support.h"

Test(manifest_rules, required_texts_must_be_there_and_not_blank)
{
    static const char *const fields[] = {"id", "name", "version", "capability"};

    for (size_t f = 0; f < 4; f++) {
        static const char *const values[] = {NULL, "''", "\" \\t\"", "null", "12", "[]", "{}", "true"};
        char pointer[32], text[400];

        snprintf(pointer, sizeof pointer, "/%s", fields[f]);
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            size_t used = (size_t)snprintf(text, sizeof text, "description: d\n" REST);

            for (size_t other = 0; other < 4; other++) {
                const char *value = other == f ? values[v] : "good";

                if (value)
                    used +=
                        (size_t)snprintf(text + used, sizeof text - used, "%s: %s\n", fields[other], value);
            }
            refuse(text, TOKA_E_INVALID, pointer);
        }
    }
}

Test(manifest_rules, description_must_be_text_but_may_be_empty)
{
    refuse("id: a\nname: b\nversion: c\ncapability: d\n" REST, TOKA_E_INVALID, "/description");
    refuse("id: a\nname: b\nversion: c\ncapability: d\ndescription: 3\n" REST, TOKA_E_INVALID,
           "/description");
    toka_manifest_free(parse(HEAD REST));
}

Test(manifest_rules, there_must_be_a_transport)
{
    refuse(HEAD, TOKA_E_INVALID, "/transports");
    refuse(HEAD "transports: []", TOKA_E_INVALID, "/transports");
    refuse(HEAD "transports: {kind: in_process}", TOKA_E_INVALID, "/transports");
    refuse(HEAD "transports: [in_process]", TOKA_E_INVALID, "/transports/0");
    refuse(HEAD "transports: [{kind: in_process}, {}]", TOKA_E_INVALID, "/transports/1/kind");
    refuse(HEAD "transports: [{kind: pigeon}]", TOKA_E_INVALID, "/transports/0/kind");
    refuse(HEAD "transports: [{kind: wasm}]", TOKA_E_INVALID, "/transports/0/path");
    refuse(HEAD "transports: [{kind: wasm, path: ' '}]", TOKA_E_INVALID, "/transports/0/path");
    refuse(HEAD "transports: [{kind: json_rpc_stdio, path: x}]", TOKA_E_INVALID, "/transports/0/path");
    refuse(HEAD "transports: [{kind: in_process, endpoint: x}]", TOKA_E_INVALID, "/transports/0/endpoint");
}

Test(manifest_rules, endpoints_must_be_absolute_http_urls)
{
    static const char *const wrong[] = {
        "tools.example/rpc",  "/rpc",           "//tools.example",    "ftp://tools.example",
        "http:tools.example", "http://",        "https:///rpc",       "http://:80/",
        "http://a b/",        "http://a:b/",    "http://a:65536/",    "http://a/<b>",
        "http://a/%zz",       "http://a/%4",    "http://[::1/",       "http://[]/",
        "http://[g::]/",      "http://user@/",  "http://a:1:2/",      "javascript:http://a",
        "http://a\\u0001.b/", "https://a\\nb/", "http://[::1]extra/", "http://a]/",
        " http://a/",
    };
    static const char *const right[] = {
        "http://a",
        "HTTPS://Tools.Example:443",
        "http://127.0.0.1:8080/x?y#z",
        "http://[2001:db8::1]:80/",
        "http://u:p@a.b/c",
        "https://a/%20b",
        "http://a:/",
        "https://b\xc3\xbc"
        "cher.example/",
    };
    char text[400];

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(text, sizeof text,
                 HEAD "transports: [{kind: in_process}, {kind: json_rpc_http, endpoint: \"%s\"}]", wrong[i]);
        refuse(text, TOKA_E_INVALID, "/transports/1/endpoint");
    }
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        snprintf(text, sizeof text, HEAD "transports: [{kind: json_rpc_http, endpoint: \"%s\"}]", right[i]);
        toka_manifest_free(parse(text));
    }
}

Test(manifest_rules, a_protocol_is_mapped_at_most_once)
{
    refuse(HEAD REST "protocols: [{protocol: mcp, function_name: a}, {protocol: a2a, action: a}, "
                     "{protocol: mcp, function_name: b}]",
           TOKA_E_INVALID, "/protocols/2/protocol");
    refuse(HEAD REST "protocols: [{protocol: smoke, action: a}]", TOKA_E_INVALID, "/protocols/0/protocol");
    refuse(HEAD REST "protocols: [{protocol: mcp}]", TOKA_E_INVALID, "/protocols/0/function_name");
    refuse(HEAD REST "protocols: [{protocol: a2a, action: a, version: 2}]", TOKA_E_INVALID,
           "/protocols/0/version");
    refuse(HEAD REST "protocols: mcp", TOKA_E_INVALID, "/protocols");
}

Test(manifest_rules, unknown_and_repeated_keys_are_errors)
{
    refuse(HEAD REST "colour: red", TOKA_E_INVALID, "/colour");
    refuse(HEAD REST "\"a/b~c\": red", TOKA_E_INVALID, "/a~1b~0c");
    refuse(HEAD REST "<<: {a: b}", TOKA_E_INVALID, "/<<");
    refuse(HEAD REST "name: again", TOKA_E_SYNTAX, "");
    refuse("{\"id\":\"a\",\"id\":\"b\"}", TOKA_E_SYNTAX, "");
}

Test(manifest_rules, enumerated_fields_take_known_values_only)
{
    refuse(HEAD REST "side_effect: some", TOKA_E_INVALID, "/side_effect");
    refuse(HEAD REST "side_effect: 1", TOKA_E_INVALID, "/side_effect");
    refuse(HEAD REST "manifest_version: '2.0'", TOKA_E_INVALID, "/manifest_version");
    refuse(HEAD REST "manifest_version: 1.1", TOKA_E_INVALID, "/manifest_version");
    toka_manifest_free(parse(HEAD REST "manifest_version: '1.0'"));
}

Test(manifest_rules, metadata_maps_text_to_text)
{
    refuse(HEAD REST "metadata: [a]", TOKA_E_INVALID, "/metadata");
    refuse(HEAD REST "metadata: {a: b, c: 1}", TOKA_E_INVALID, "/metadata/c");
    refuse(HEAD REST "metadata: {a: \"b\\0c\"}", TOKA_E_INVALID, "/metadata/a");
}

Test(manifest_rules, both_schemas_must_compile)
{
    refuse(HEAD REST "input_schema: '{\"type\":'", TOKA_E_SYNTAX, "/input_schema");
    refuse(HEAD REST "input_schema: '{\"type\": 12}'", TOKA_E_SCHEMA, "/input_schema/type");
    refuse(HEAD REST "input_schema: {}\noutput_schema: {type: 12}", TOKA_E_SCHEMA, "/output_schema/type");
    refuse(HEAD REST "input_schema: 12", TOKA_E_INVALID, "/input_schema");
    refuse(HEAD REST "input_schema: []", TOKA_E_INVALID, "/input_schema");
}

Test(manifest_rules, the_error_names_the_field_and_which_schema)
{
    toka_manifest *manifest = NULL;
    toka_error error;
    const char *text = HEAD REST "output_schema: '{'";

    cr_assert_eq(parse_bytes(text, strlen(text), &manifest, &error), TOKA_E_SYNTAX);
    cr_expect(strstr(error.message, "output schema: ") == error.message, "message: %s", error.message);
    text = HEAD "transports: [{kind: json_rpc_http, endpoint: x}]";
    cr_assert_eq(parse_bytes(text, strlen(text), &manifest, &error), TOKA_E_INVALID);
    cr_expect_str_eq(error.keyword, "endpoint");
    cr_expect(strstr(error.message, "endpoint: ") == error.message, "message: %s", error.message);
    cr_expect_eq(parse_bytes(text, strlen(text), &manifest, NULL), TOKA_E_INVALID);
}

Test(manifest_rules, refuses_missing_arguments)
{
    toka_schema_store *store = NULL;
    toka_manifest *manifest = NULL;

    cr_assert_eq(toka_schema_store_new(NULL, &store), TOKA_OK);
    cr_expect_eq(toka_manifest_parse((toka_text){NULL, 0}, store, &manifest, NULL), TOKA_E_ARGUMENT);
    cr_expect_eq(toka_manifest_parse((toka_text){"a", 1}, NULL, &manifest, NULL), TOKA_E_ARGUMENT);
    cr_expect_eq(toka_manifest_parse((toka_text){"a", 1}, store, NULL, NULL), TOKA_E_ARGUMENT);
    toka_schema_store_free(store);
    toka_manifest_free(NULL);
}
