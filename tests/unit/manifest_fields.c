/* Manifests that are right: every field, in both notations, comes out as it went in. */
#include "manifest_support.h"

static const char full_yaml[] = "# a comment\n"
                                "id: tools.example/resize\n"
                                "name: \"Resize an image \\u00e9\"\n"
                                "version: \"2.1.0\"\n"
                                "description: |\n"
                                "  Resizes one image.\n"
                                "  Keeps its colours.\n"
                                "capability: image.resize\n"
                                "side_effect: read_only\n"
                                "manifest_version: '1.1'\n"
                                "action_id: example.RESIZE\n"
                                "transports:\n"
                                "  - kind: json_rpc_http\n"
                                "    endpoint: https://tools.example:8443/rpc?v=1#x\n"
                                "  - {kind: json_rpc_stdio, exec: /usr/bin/resize}\n"
                                "  - kind: in_process\n"
                                "  - {kind: wasm, path: resize.wasm}\n"
                                "protocols:\n"
                                "  - {protocol: mcp, function_name: resize}\n"
                                "  - {protocol: a2a, action: resize_it}\n"
                                "input_schema: '{\"type\": \"object\"}'\n"
                                "output_schema: {type: [string, 'null'], maxLength: 12, minLength: 0}\n"
                                "metadata: {team: imaging, \"cost centre\": \"4711\"}\n";

static const char full_json[] =
    "{\"id\":\"tools.example/resize\",\"name\":\"Resize an image \\u00e9\",\"version\":\"2.1.0\","
    "\"description\":\"Resizes one image.\\nKeeps its colours.\\n\",\"capability\":\"image.resize\","
    "\"side_effect\":\"read_only\",\"manifest_version\":\"1.1\",\"action_id\":\"example.RESIZE\","
    "\"transports\":["
    "{\"kind\":\"json_rpc_http\",\"endpoint\":\"https://tools.example:8443/rpc?v=1#x\"},"
    "{\"kind\":\"json_rpc_stdio\",\"exec\":\"/usr/bin/resize\"},{\"kind\":\"in_process\"},"
    "{\"kind\":\"wasm\",\"path\":\"resize.wasm\"}],\"protocols\":["
    "{\"protocol\":\"mcp\",\"function_name\":\"resize\"},{\"protocol\":\"a2a\",\"action\":\"resize_it\"}],"
    "\"input_schema\":\"{\\\"type\\\": \\\"object\\\"}\","
    "\"output_schema\":{\"type\":[\"string\",\"null\"],\"maxLength\":12,\"minLength\":0},"
    "\"metadata\":{\"team\":\"imaging\",\"cost centre\":\"4711\"}}";

static void check_transport(const toka_manifest *manifest, size_t index, toka_transport_kind kind,
                            const char *name, const char *target)
{
    toka_transport transport = toka_manifest_transport(manifest, index);

    cr_expect_eq(transport.kind, kind);
    cr_expect_str_eq(toka_transport_kind_name(transport.kind), name);
    if (target)
        cr_expect_str_eq(transport.target, target);
    else
        cr_expect_null(transport.target);
}

static void check_texts(const toka_manifest *manifest)
{
    cr_expect_str_eq(toka_manifest_id(manifest), "tools.example/resize");
    cr_expect_str_eq(toka_manifest_name(manifest), "Resize an image \xc3\xa9");
    cr_expect_str_eq(toka_manifest_version(manifest), "2.1.0");
    cr_expect_str_eq(toka_manifest_description(manifest), "Resizes one image.\nKeeps its colours.\n");
    cr_expect_str_eq(toka_manifest_capability(manifest), "image.resize");
    cr_expect_str_eq(toka_manifest_format_version(manifest), "1.1");
    cr_expect_str_eq(toka_manifest_action_id(manifest), "example.RESIZE");
    cr_expect_eq(toka_manifest_side_effect(manifest), TOKA_SIDE_EFFECT_READ_ONLY);
    cr_expect_str_eq(toka_side_effect_name(toka_manifest_side_effect(manifest)), "read_only");
    cr_expect_str_eq(toka_manifest_input_schema(manifest).data, "{\"type\": \"object\"}");
    cr_expect_eq(toka_manifest_input_schema(manifest).size, strlen("{\"type\": \"object\"}"));
    cr_expect_str_eq(toka_manifest_output_schema(manifest).data,
                     "{\"type\":[\"string\",\"null\"],\"maxLength\":12,\"minLength\":0}");
}

static void check_lists(const toka_manifest *manifest)
{
    cr_assert_eq(toka_manifest_transport_count(manifest), 4);
    check_transport(manifest, 0, TOKA_TRANSPORT_JSON_RPC_HTTP, "json_rpc_http",
                    "https://tools.example:8443/rpc?v=1#x");
    check_transport(manifest, 1, TOKA_TRANSPORT_JSON_RPC_STDIO, "json_rpc_stdio", "/usr/bin/resize");
    check_transport(manifest, 2, TOKA_TRANSPORT_IN_PROCESS, "in_process", NULL);
    check_transport(manifest, 3, TOKA_TRANSPORT_WASM, "wasm", "resize.wasm");
    cr_assert_eq(toka_manifest_protocol_count(manifest), 2);
    cr_expect_eq(toka_manifest_protocol(manifest, 0).kind, TOKA_PROTOCOL_MCP);
    cr_expect_str_eq(toka_manifest_protocol(manifest, 0).target, "resize");
    cr_expect_str_eq(toka_manifest_protocol(manifest, 0).version, "1");
    cr_expect_str_eq(toka_protocol_kind_name(toka_manifest_protocol(manifest, 1).kind), "a2a");
    cr_expect_str_eq(toka_manifest_protocol(manifest, 1).target, "resize_it");
    cr_expect_null(toka_manifest_protocol(manifest, 1).version);
    cr_assert_eq(toka_manifest_metadata_count(manifest), 2);
    cr_expect_str_eq(toka_manifest_metadata(manifest, 1).key, "cost centre");
    cr_expect_str_eq(toka_manifest_metadata(manifest, 1).value, "4711");
    cr_expect_str_eq(toka_manifest_metadata_value(manifest, "team"), "imaging");
    cr_expect_null(toka_manifest_metadata_value(manifest, "nobody"));
}

Test(manifest, every_field_is_read_from_yaml)
{
    toka_manifest *manifest = parse(full_yaml);

    check_texts(manifest);
    check_lists(manifest);
    toka_manifest_free(manifest);
}

Test(manifest, every_field_is_read_from_json)
{
    toka_manifest *manifest = parse(full_json);

    check_texts(manifest);
    check_lists(manifest);
    toka_manifest_free(manifest);
}

Test(manifest, optional_fields_may_be_left_out_or_null)
{
    const char *texts[] = {HEAD REST,
                           HEAD REST "action_id: null\ninput_schema: ~\nprotocols:\nmetadata: null\n"};

    for (size_t i = 0; i < 2; i++) {
        toka_manifest *manifest = parse(texts[i]);

        cr_expect_eq(toka_manifest_side_effect(manifest), TOKA_SIDE_EFFECT_NONE);
        cr_expect_str_eq(toka_manifest_format_version(manifest), "1.1");
        cr_expect_null(toka_manifest_action_id(manifest));
        cr_expect_null(toka_manifest_input_schema(manifest).data);
        cr_expect_null(toka_manifest_output_schema(manifest).data);
        cr_expect_eq(toka_manifest_protocol_count(manifest), 0);
        cr_expect_eq(toka_manifest_metadata_count(manifest), 0);
        cr_expect_null(toka_manifest_metadata_value(manifest, "team"));
        toka_manifest_free(manifest);
    }
}

Test(manifest, json_text_may_use_what_yaml_does_not_know)
{
    toka_manifest *manifest =
        parse("\n {\"id\":\"a\\/b\",\"name\":\"\\ud83d\\udce6\",\"version\":\"1\",\t\"description\":"
              "\"\",\"capability\":\"c\",\"transports\":[{\"kind\":\"in_process\"}]}");

    cr_expect_str_eq(toka_manifest_id(manifest), "a/b");
    cr_expect_str_eq(toka_manifest_name(manifest), "\xf0\x9f\x93\xa6");
    toka_manifest_free(manifest);
}

Test(manifest, yaml_flow_mapping_is_not_taken_for_broken_json)
{
    toka_manifest *manifest =
        parse("{id: a, name: b, version: '1', description: '', capability: c, # why not\n"
              " transports: [{kind: in_process}]}");

    cr_expect_str_eq(toka_manifest_id(manifest), "a");
    toka_manifest_free(manifest);
}

Test(manifest, embedded_yaml_schema_has_the_types_of_json)
{
    toka_manifest *manifest =
        parse(HEAD REST "input_schema:\n"
                        "  additionalProperties: false\n"
                        "  default: ~\n"
                        "  enum: [1, -2.5, 1e3, true, True, yes, 0x1f, '1', 1.2.3, 99999999999999999999]\n");

    cr_expect_str_eq(
        toka_manifest_input_schema(manifest).data,
        "{\"additionalProperties\":false,\"default\":null,\"enum\":[1,-2.5,1000.0,true,true,\"yes\","
        "\"0x1f\",\"1\",\"1.2.3\",1e20]}");
    toka_manifest_free(manifest);
}

Test(manifest, aliases_repeat_what_they_name)
{
    toka_manifest *manifest =
        parse(HEAD REST "metadata: {a: &text same, b: *text}\n"
                        "input_schema: {properties: {x: &number {type: number}, y: *number}}\n");

    cr_expect_str_eq(toka_manifest_metadata_value(manifest, "b"), "same");
    cr_expect_str_eq(toka_manifest_input_schema(manifest).data,
                     "{\"properties\":{\"x\":{\"type\":\"number\"},\"y\":{\"type\":\"number\"}}}");
    toka_manifest_free(manifest);
}
