/*
 * Tool manifests, Toka's format v1.1: the name of a tool, what it can do, how to reach it, its input and its
 * output.
 *
 *     id: tools.example/resize           required; like name, version and capability not blank
 *     name: Resize an image
 *     version: "2.1.0"
 *     description: Resizes one image.    required, may be empty
 *     capability: image.resize           the JSON-RPC method, where a transport needs one
 *     side_effect: idempotent            none (default), read_only, idempotent, external, privileged
 *     manifest_version: "1.1"            default 1.1; any other major version is refused
 *     action_id: example.RESIZE          optional
 *     transports:                        at least one
 *       - { kind: json_rpc_http, endpoint: "https://tools.example/rpc" }   absolute, http or https
 *       - { kind: json_rpc_stdio, exec: /usr/bin/resize }
 *       - { kind: in_process }
 *       - { kind: wasm, path: resize.wasm }
 *     protocols:                         optional; at most one mapping a protocol
 *       - { protocol: mcp, function_name: resize, version: "1" }           version: default "1"
 *       - { protocol: a2a, action: resize, version: "0.2" }                version: optional
 *     input_schema: '{"type": "object"}' optional; a JSON text, or the schema itself as a mapping
 *     output_schema: { type: object }
 *     metadata: { team: imaging }        optional; text to text
 *
 * Field names, kinds and rules are those of Toka's ToolManifest (toka-tools), with two differences: unknown
 * and repeated keys are errors, and a schema may be embedded. The text is UTF-8, YAML 1.1 or JSON. YAML is
 * read into JSON's data model: keys are strings; a plain scalar that is a JSON value has that value, any
 * other scalar is a string; !!str is the only tag; there is one document. Anchors and aliases work within the
 * limits below.
 *
 * A manifest is immutable: any number of threads may read it at once. Every pointer that an accessor returns
 * lives as long as the manifest.
 */
#ifndef TOKA_MANIFEST_H
#define TOKA_MANIFEST_H

#include <toka/schema_store.h>

#define TOKA_MANIFEST_MAX_BYTES    ((size_t)256 * 1024) /* of text */
#define TOKA_MANIFEST_MAX_DEPTH    64u /* of nested collections, aliases followed; YAML only */
#define TOKA_MANIFEST_MAX_ANCHORS  64u /* in a document */
#define TOKA_MANIFEST_MAX_EXPANDED ((size_t)1024 * 1024) /* bytes of scalars plus nodes, aliases followed */

typedef struct toka_manifest toka_manifest;

typedef enum toka_side_effect {
    TOKA_SIDE_EFFECT_NONE,
    TOKA_SIDE_EFFECT_READ_ONLY,
    TOKA_SIDE_EFFECT_IDEMPOTENT,
    TOKA_SIDE_EFFECT_EXTERNAL,   /* writes to network or files */
    TOKA_SIDE_EFFECT_PRIVILEGED, /* needs elevated rights or a sandbox */
} toka_side_effect;

typedef enum toka_transport_kind {
    TOKA_TRANSPORT_JSON_RPC_HTTP,
    TOKA_TRANSPORT_JSON_RPC_STDIO,
    TOKA_TRANSPORT_IN_PROCESS,
    TOKA_TRANSPORT_WASM,
} toka_transport_kind;

typedef struct toka_transport {
    toka_transport_kind kind;
    const char *target; /* endpoint, exec or path; NULL for in-process */
} toka_transport;

typedef enum toka_protocol_kind { TOKA_PROTOCOL_MCP, TOKA_PROTOCOL_A2A } toka_protocol_kind;

typedef struct toka_protocol {
    toka_protocol_kind kind;
    const char *target;  /* function_name or action */
    const char *version; /* NULL: there is none, and the protocol has no default */
} toka_protocol;

typedef struct toka_metadata {
    const char *key, *value;
} toka_metadata;

/*
 * Reads a manifest, checks every rule and compiles both schemas through the store. The caller frees
 * *ret_manifest. The manifest keeps no pointer into the text, and the store may be freed before it.
 *
 * TOKA_E_ARGUMENT, TOKA_E_NO_MEMORY, TOKA_E_TOO_LARGE and TOKA_E_TOO_DEEP (the limits above), TOKA_E_SYNTAX,
 * TOKA_E_INVALID (a rule is broken), and every error of toka_ensure_schema_compiles. err may be NULL. On
 * failure its pointer is the place ("/transports/1/endpoint", or "/input_schema/properties/x" inside a
 * schema), and its keyword is the field, or the keyword inside a schema.
 */
TOKA_API TOKA_NODISCARD toka_status toka_manifest_parse(toka_text text, toka_schema_store *store,
                                                        toka_manifest **ret_manifest, toka_error *err);

TOKA_API void toka_manifest_free(toka_manifest *manifest); /* NULL is fine */

/* The text fields; never NULL, and only the description may be empty. */
TOKA_API const char *toka_manifest_id(const toka_manifest *manifest);
TOKA_API const char *toka_manifest_name(const toka_manifest *manifest);
TOKA_API const char *toka_manifest_version(const toka_manifest *manifest); /* of the tool */
TOKA_API const char *toka_manifest_description(const toka_manifest *manifest);
TOKA_API const char *toka_manifest_capability(const toka_manifest *manifest);
TOKA_API const char *
toka_manifest_format_version(const toka_manifest *manifest); /* manifest_version, or its default */

/* NULL when the manifest has none. */
TOKA_API const char *toka_manifest_action_id(const toka_manifest *manifest);

TOKA_API toka_side_effect toka_manifest_side_effect(const toka_manifest *manifest);

/* The schemas as JSON texts, NUL-terminated; data is NULL when the manifest has none. */
TOKA_API toka_text toka_manifest_input_schema(const toka_manifest *manifest);
TOKA_API toka_text toka_manifest_output_schema(const toka_manifest *manifest);

/* Lists, in the order of the text. index must be below the count. */
TOKA_API size_t toka_manifest_transport_count(const toka_manifest *manifest);
TOKA_API toka_transport toka_manifest_transport(const toka_manifest *manifest, size_t index);
TOKA_API size_t toka_manifest_protocol_count(const toka_manifest *manifest);
TOKA_API toka_protocol toka_manifest_protocol(const toka_manifest *manifest, size_t index);
TOKA_API size_t toka_manifest_metadata_count(const toka_manifest *manifest);
TOKA_API toka_metadata toka_manifest_metadata(const toka_manifest *manifest, size_t index);

/* The value of one metadata key, or NULL. */
TOKA_API const char *toka_manifest_metadata_value(const toka_manifest *manifest, const char *key);

/* Names as in a manifest: "read_only", "json_rpc_http", "mcp"; never NULL. */
TOKA_API const char *toka_side_effect_name(toka_side_effect side_effect);
TOKA_API const char *toka_transport_kind_name(toka_transport_kind kind);
TOKA_API const char *toka_protocol_kind_name(toka_protocol_kind kind);

#endif
