#include "manifest_rules.h"

#include "endpoint.h"
#include "line.h"
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef struct manifest_check {
    toka_manifest *manifest;
    toka_schema_store *store;
    toka_error *err;
} manifest_check;

/* Where in the manifest a check is, as a JSON Pointer. */
typedef struct manifest_place {
    char pointer[sizeof((toka_error *)0)->pointer];
} manifest_place;

const manifest_variant manifest_transports[] = {
    [TOKA_TRANSPORT_JSON_RPC_HTTP] = {"json_rpc_http", "endpoint", NULL},
    [TOKA_TRANSPORT_JSON_RPC_STDIO] = {"json_rpc_stdio", "exec", NULL},
    [TOKA_TRANSPORT_IN_PROCESS] = {"in_process", NULL, NULL},
    [TOKA_TRANSPORT_WASM] = {"wasm", "path", NULL},
};
const manifest_variant manifest_protocols[] = {
    [TOKA_PROTOCOL_MCP] = {"mcp", "function_name", "version"},
    [TOKA_PROTOCOL_A2A] = {"a2a", "action", "version"},
};
const char *const manifest_side_effects[] = {
    [TOKA_SIDE_EFFECT_NONE] = "none",
    [TOKA_SIDE_EFFECT_READ_ONLY] = "read_only",
    [TOKA_SIDE_EFFECT_IDEMPOTENT] = "idempotent",
    [TOKA_SIDE_EFFECT_EXTERNAL] = "external",
    [TOKA_SIDE_EFFECT_PRIVILEGED] = "privileged",
};

/* The pointer one step below another, cut where it gets too long. */
static manifest_place place_key(manifest_place above, const char *key)
{
    manifest_place below = {""};
    struct line line;

    line_init(&line, below.pointer, sizeof below.pointer);
    line_add(&line, above.pointer, strlen(above.pointer));
    line_token(&line, key, strlen(key));
    return below;
}

static manifest_place place_index(manifest_place above, size_t index)
{
    char number[24];

    (void)snprintf(number, sizeof number, "%zu", index);
    return place_key(above, number);
}

static toka_status manifest_invalid(const manifest_check *check, manifest_place place, const char *field,
                                    const char *what)
{
    return toka_report(check->err, TOKA_E_INVALID, field, place.pointer, "%s: %s", field, what);
}

static toka_status manifest_no_memory(const manifest_check *check)
{
    return toka_report(check->err, TOKA_E_NO_MEMORY, "", "", "out of memory");
}

/* An optional field may also be null, as in Toka. */
static json_t *manifest_field(const json_t *object, const char *field)
{
    json_t *value = json_object_get(object, field);

    return json_is_null(value) ? NULL : value;
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n\v\f")] == '\0';
}

/* A text that a C string can hold, below `above` under the name of `field`. */
static toka_status check_text(const manifest_check *check, const json_t *value, manifest_place above,
                              const char *field)
{
    manifest_place place = place_key(above, field);

    if (!json_is_string(value))
        return manifest_invalid(check, place, field, "must be text (quote what looks like a number)");
    if (strlen(json_string_value(value)) != json_string_length(value))
        return manifest_invalid(check, place, field, "holds a NUL byte");
    return TOKA_OK;
}

static toka_status check_optional_text(const manifest_check *check, const json_t *object,
                                       manifest_place above, const char *field)
{
    const json_t *value = manifest_field(object, field);

    return value ? check_text(check, value, above, field) : TOKA_OK;
}

static toka_status check_required_text(const manifest_check *check, const json_t *object,
                                       manifest_place above, const char *field)
{
    const json_t *value = manifest_field(object, field);

    if (!value)
        return manifest_invalid(check, place_key(above, field), field, "is missing");
    return check_text(check, value, above, field);
}

static toka_status check_filled_text(const manifest_check *check, const json_t *object, manifest_place above,
                                     const char *field)
{
    toka_status status = check_required_text(check, object, above, field);

    if (!status && is_blank(json_string_value(json_object_get(object, field))))
        return manifest_invalid(check, place_key(above, field), field, "must not be blank");
    return status;
}

/* Every key of the object must be one of the names; NULLs among them are skipped. */
static toka_status check_keys(const manifest_check *check, json_t *object, manifest_place above,
                              const char *const *names, size_t count)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach(object, key, value)
    {
        bool known = false;

        for (size_t i = 0; i < count && !known; i++)
            known = names[i] && strcmp(key, names[i]) == 0;
        if (!known)
            return manifest_invalid(check, place_key(above, key), key,
                                    "is not a field of a version 1.1 manifest at this place");
    }
    return TOKA_OK;
}

size_t manifest_find_variant(const manifest_variant *variants, size_t count, const char *name)
{
    size_t i = 0;

    while (i < count && strcmp(variants[i].name, name) != 0)
        i++;
    return i;
}

/* One transport or protocol: an object whose `tag` says which variant it is. */
static toka_status check_variant(const manifest_check *check, json_t *object, manifest_place place,
                                 const char *tag, const manifest_variant *variants, size_t count)
{
    const manifest_variant *variant = NULL;
    size_t kind = 0;
    toka_status status = TOKA_OK;

    if (!json_is_object(object))
        return manifest_invalid(check, place, tag, "must be a mapping");
    status = check_filled_text(check, object, place, tag);
    if (status)
        return status;
    kind = manifest_find_variant(variants, count, json_string_value(json_object_get(object, tag)));
    if (kind == count)
        return manifest_invalid(check, place_key(place, tag), tag, "is not a known value");
    variant = &variants[kind];
    status =
        check_keys(check, object, place, (const char *const[]){tag, variant->target, variant->version}, 3);
    if (!status && variant->target)
        status = check_filled_text(check, object, place, variant->target);
    if (!status && variant->version)
        status = check_optional_text(check, object, place, variant->version);
    return status;
}

static toka_status check_transport(const manifest_check *check, json_t *transport, manifest_place place)
{
    toka_status status =
        check_variant(check, transport, place, "kind", manifest_transports, COUNT(manifest_transports));
    const char *endpoint = NULL;

    if (status)
        return status;
    endpoint = json_string_value(json_object_get(transport, "endpoint"));
    if (endpoint && !toka_endpoint_is_absolute_http(endpoint))
        return manifest_invalid(check, place_key(place, "endpoint"), "endpoint",
                                "must be an absolute http or https URL");
    return TOKA_OK;
}

static toka_status check_transports(const manifest_check *check, const json_t *document, manifest_place root)
{
    json_t *transports = manifest_field(document, "transports"), *transport = NULL;
    manifest_place place = place_key(root, "transports");
    size_t i = 0;

    if (!transports)
        return manifest_invalid(check, place, "transports", "is missing");
    if (!json_is_array(transports))
        return manifest_invalid(check, place, "transports", "must be a list");
    if (json_array_size(transports) == 0)
        return manifest_invalid(check, place, "transports", "must have at least one transport");
    json_array_foreach(transports, i, transport)
    {
        toka_status status = check_transport(check, transport, place_index(place, i));

        if (status)
            return status;
    }
    return TOKA_OK;
}

static toka_status check_protocols(const manifest_check *check, const json_t *document, manifest_place root)
{
    json_t *protocols = manifest_field(document, "protocols"), *protocol = NULL;
    manifest_place place = place_key(root, "protocols");
    bool seen[COUNT(manifest_protocols)] = {false};
    size_t i = 0;

    if (!protocols)
        return TOKA_OK;
    if (!json_is_array(protocols))
        return manifest_invalid(check, place, "protocols", "must be a list");
    json_array_foreach(protocols, i, protocol)
    {
        manifest_place here = place_index(place, i);
        toka_status status =
            check_variant(check, protocol, here, "protocol", manifest_protocols, COUNT(manifest_protocols));
        size_t kind = 0;

        if (status)
            return status;
        kind = manifest_find_variant(manifest_protocols, COUNT(manifest_protocols),
                                     json_string_value(json_object_get(protocol, "protocol")));
        if (seen[kind])
            return manifest_invalid(check, place_key(here, "protocol"), "protocol", "is mapped twice");
        seen[kind] = true;
    }
    return TOKA_OK;
}

static toka_status check_metadata(const manifest_check *check, const json_t *document, manifest_place root)
{
    json_t *metadata = manifest_field(document, "metadata"), *value = NULL;
    manifest_place place = place_key(root, "metadata");
    const char *key = NULL;
    size_t i = 0;

    if (!metadata)
        return TOKA_OK;
    if (!json_is_object(metadata))
        return manifest_invalid(check, place, "metadata", "must be a mapping of text to text");
    check->manifest->metadata = calloc(json_object_size(metadata) + 1, sizeof *check->manifest->metadata);
    if (!check->manifest->metadata)
        return manifest_no_memory(check);
    json_object_foreach(metadata, key, value)
    {
        toka_status status = check_text(check, value, place, key);

        if (status)
            return status;
        check->manifest->metadata[i++] = (toka_metadata){key, json_string_value(value)};
    }
    return TOKA_OK;
}

static toka_status check_side_effect(const manifest_check *check, const json_t *document, manifest_place root)
{
    const char *name = json_string_value(manifest_field(document, "side_effect"));

    if (!name) /* checked to be text where it is given */
        return TOKA_OK;
    for (size_t i = 0; i < COUNT(manifest_side_effects); i++) {
        if (strcmp(name, manifest_side_effects[i]) == 0) {
            check->manifest->side_effect = (toka_side_effect)i;
            return TOKA_OK;
        }
    }
    return manifest_invalid(check, place_key(root, "side_effect"), "side_effect", "is not a known value");
}

static toka_status check_format_version(const manifest_check *check, const json_t *document,
                                        manifest_place root)
{
    const char *version = json_string_value(manifest_field(document, "manifest_version"));

    /* Toka raises the major number on incompatible changes. */
    if (!version || strcmp(version, "1") == 0 || strncmp(version, "1.", 2) == 0)
        return TOKA_OK;
    return manifest_invalid(check, place_key(root, "manifest_version"), "manifest_version", "must be 1.x");
}

/*
 * Compiles one schema. An embedded one is written down first: a schema is what its text says, and the store
 * knows texts. *ret_owned is that text, *ret_text either that or the tree's.
 */
static toka_status check_schema(const manifest_check *check, const json_t *document, const char *field,
                                const char *which, char **ret_owned, toka_text *ret_text)
{
    const json_t *schema = manifest_field(document, field);
    manifest_place place = place_key((manifest_place){""}, field);
    toka_text text = {0};
    toka_status status = TOKA_OK;

    if (!schema)
        return TOKA_OK;
    if (json_is_string(schema)) {
        text = (toka_text){json_string_value(schema), json_string_length(schema)};
    } else if (json_is_object(schema)) {
        errno = 0; /* jansson may go on after a failed allocation and leave bytes out */
        *ret_owned = json_dumps(schema, JSON_COMPACT);
        if (!*ret_owned || errno == ENOMEM)
            return manifest_no_memory(check);
        text = (toka_text){*ret_owned, strlen(*ret_owned)};
    } else {
        return manifest_invalid(check, place, field, "must be a JSON text or a mapping");
    }
    status = toka_ensure_schema_compiles(check->store, text, which, check->err);
    if (status)
        toka_report_below(check->err, place.pointer);
    else
        *ret_text = text;
    return status;
}

static toka_status check_root(const manifest_check *check, json_t *document)
{
    static const char *const filled[] = {"id", "name", "version", "capability"};
    static const char *const optional[] = {"side_effect", "manifest_version", "action_id"};
    static const char *const fields[] = {"id",           "name",          "version",    "description",
                                         "capability",   "side_effect",   "action_id",  "manifest_version",
                                         "input_schema", "output_schema", "transports", "protocols",
                                         "metadata"};
    const manifest_place root = {""};
    toka_status status = TOKA_OK;

    if (!json_is_object(document))
        return toka_report(check->err, TOKA_E_INVALID, "", "", "a manifest must be a mapping");
    status = check_keys(check, document, root, fields, COUNT(fields));
    for (size_t i = 0; i < COUNT(filled) && !status; i++)
        status = check_filled_text(check, document, root, filled[i]);
    if (!status)
        status = check_required_text(check, document, root, "description");
    for (size_t i = 0; i < COUNT(optional) && !status; i++)
        status = check_optional_text(check, document, root, optional[i]);
    if (!status)
        status = check_side_effect(check, document, root);
    if (!status)
        status = check_format_version(check, document, root);
    return status;
}

toka_status manifest_check_rules(toka_manifest *manifest, toka_schema_store *store, toka_error *err)
{
    const manifest_check check = {.manifest = manifest, .store = store, .err = err};
    const manifest_place root = {""};
    json_t *document = manifest->document;
    toka_status status = check_root(&check, document);

    if (!status)
        status = check_transports(&check, document, root);
    if (!status)
        status = check_protocols(&check, document, root);
    if (!status)
        status = check_metadata(&check, document, root);
    if (!status)
        status = check_schema(&check, document, "input_schema", "input schema", &manifest->input_text,
                              &manifest->input_schema);
    if (!status)
        status = check_schema(&check, document, "output_schema", "output schema", &manifest->output_text,
                              &manifest->output_schema);
    return status;
}
