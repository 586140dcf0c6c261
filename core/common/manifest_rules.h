/*
 * Checks the rules of a manifest on the tree that toka_manifest_read made. The accessors read from the same
 * tree, so a manifest costs no copies; they rely only on what has been checked.
 */
#ifndef TOKA_MANIFEST_RULES_H
#define TOKA_MANIFEST_RULES_H

#include <jansson.h>
#include <toka/manifest.h>

struct toka_manifest {
    json_t *document;
    toka_metadata *metadata;
    char *input_text, *output_text; /* ours where the schema was embedded, NULL where it was a text */
    toka_text input_schema, output_schema;
    toka_side_effect side_effect;
};

/* What a transport or a protocol mapping consists of. The first text names the target and is required. */
typedef struct manifest_variant {
    const char *name;
    const char *target;  /* NULL: none */
    const char *version; /* an optional second text, or NULL */
} manifest_variant;

extern const manifest_variant manifest_transports[TOKA_TRANSPORT_WASM + 1];
extern const manifest_variant manifest_protocols[TOKA_PROTOCOL_A2A + 1];
extern const char *const manifest_side_effects[TOKA_SIDE_EFFECT_PRIVILEGED + 1];

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Which of the variants has this name; count when none has. */
size_t manifest_find_variant(const manifest_variant *variants, size_t count, const char *name);

/*
 * Checks manifest->document, compiles the schemas through the store, and sets the other members. After a
 * failure the manifest is fit to be freed and for nothing else. The statuses are those of
 * toka_manifest_parse.
 */
toka_status manifest_check_rules(toka_manifest *manifest, toka_schema_store *store, toka_error *err);

#endif
