#include "manifest_rules.h"
#include "manifest_text.h"
#include "recording.h"
#include "report.h"

#include <stdlib.h>

toka_status toka_manifest_parse(toka_text text, toka_schema_store *store, toka_manifest **ret_manifest,
                                toka_error *err)
{
    bool recorded = toka_is_recorded();
    toka_manifest *manifest = NULL;
    toka_status status = TOKA_OK;

    if (!text.data || !store || !ret_manifest)
        return toka_report(err, TOKA_E_ARGUMENT, "", "", "a text, a store and an output are required");
    if (text.size > TOKA_MANIFEST_MAX_BYTES)
        return toka_report(err, TOKA_E_TOO_LARGE, "", "", "the text has %zu bytes; the limit is %zu",
                           text.size, TOKA_MANIFEST_MAX_BYTES);
    manifest = calloc(1, sizeof *manifest);
    if (!manifest)
        return toka_report(err, TOKA_E_NO_MEMORY, "", "", "out of memory");
    if (recorded)
        toka_recording_manifest(toka_schema_store_recorded(store), text);
    status = toka_manifest_read(text, &manifest->document, err);
    if (!status)
        status = manifest_check_rules(manifest, store, err);
    if (recorded)
        toka_recording_manifest_end();
    if (status)
        toka_manifest_free(manifest);
    else
        *ret_manifest = manifest;
    return status;
}

void toka_manifest_free(toka_manifest *manifest)
{
    if (!manifest)
        return;
    free(manifest->input_text);
    free(manifest->output_text);
    free(manifest->metadata);
    json_decref(manifest->document);
    free(manifest);
}

static const char *manifest_text(const toka_manifest *manifest, const char *field)
{
    return json_string_value(json_object_get(manifest->document, field));
}

const char *toka_manifest_id(const toka_manifest *manifest)
{
    return manifest_text(manifest, "id");
}

const char *toka_manifest_name(const toka_manifest *manifest)
{
    return manifest_text(manifest, "name");
}

const char *toka_manifest_version(const toka_manifest *manifest)
{
    return manifest_text(manifest, "version");
}

const char *toka_manifest_description(const toka_manifest *manifest)
{
    return manifest_text(manifest, "description");
}

const char *toka_manifest_capability(const toka_manifest *manifest)
{
    return manifest_text(manifest, "capability");
}

const char *toka_manifest_format_version(const toka_manifest *manifest)
{
    const char *version = manifest_text(manifest, "manifest_version");

    return version ? version : "1.1";
}

const char *toka_manifest_action_id(const toka_manifest *manifest)
{
    return manifest_text(manifest, "action_id");
}

toka_side_effect toka_manifest_side_effect(const toka_manifest *manifest)
{
    return manifest->side_effect;
}

toka_text toka_manifest_input_schema(const toka_manifest *manifest)
{
    return manifest->input_schema;
}

toka_text toka_manifest_output_schema(const toka_manifest *manifest)
{
    return manifest->output_schema;
}

size_t toka_manifest_transport_count(const toka_manifest *manifest)
{
    return json_array_size(json_object_get(manifest->document, "transports"));
}

toka_transport toka_manifest_transport(const toka_manifest *manifest, size_t index)
{
    const json_t *transport = json_array_get(json_object_get(manifest->document, "transports"), index);
    size_t kind = manifest_find_variant(manifest_transports, COUNT(manifest_transports),
                                        json_string_value(json_object_get(transport, "kind")));
    const char *target = manifest_transports[kind].target;

    return (toka_transport){
        .kind = (toka_transport_kind)kind,
        .target = target ? json_string_value(json_object_get(transport, target)) : NULL,
    };
}

size_t toka_manifest_protocol_count(const toka_manifest *manifest)
{
    return json_array_size(json_object_get(manifest->document, "protocols"));
}

toka_protocol toka_manifest_protocol(const toka_manifest *manifest, size_t index)
{
    const json_t *protocol = json_array_get(json_object_get(manifest->document, "protocols"), index);
    size_t kind = manifest_find_variant(manifest_protocols, COUNT(manifest_protocols),
                                        json_string_value(json_object_get(protocol, "protocol")));
    const char *version = json_string_value(json_object_get(protocol, "version"));

    return (toka_protocol){
        .kind = (toka_protocol_kind)kind,
        .target = json_string_value(json_object_get(protocol, manifest_protocols[kind].target)),
        .version = !version && kind == TOKA_PROTOCOL_MCP ? "1" : version,
    };
}

size_t toka_manifest_metadata_count(const toka_manifest *manifest)
{
    return json_object_size(json_object_get(manifest->document, "metadata"));
}

toka_metadata toka_manifest_metadata(const toka_manifest *manifest, size_t index)
{
    return manifest->metadata[index];
}

const char *toka_manifest_metadata_value(const toka_manifest *manifest, const char *key)
{
    return json_string_value(json_object_get(json_object_get(manifest->document, "metadata"), key));
}

const char *toka_side_effect_name(toka_side_effect side_effect)
{
    return (size_t)side_effect < COUNT(manifest_side_effects) ? manifest_side_effects[side_effect]
                                                              : "unknown";
}

const char *toka_transport_kind_name(toka_transport_kind kind)
{
    return (size_t)kind < COUNT(manifest_transports) ? manifest_transports[kind].name : "unknown";
}

const char *toka_protocol_kind_name(toka_protocol_kind kind)
{
    return (size_t)kind < COUNT(manifest_protocols) ? manifest_protocols[kind].name : "unknown";
}
