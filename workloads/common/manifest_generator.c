/*
 * One list of fields serves both notations: a JSON manifest is an object on one line; a YAML one has a line
 * for each field and, as YAML allows, JSON's notation for the values.
 */
#include "manifest_generator.h"

#include "random.h"
#include "words.h"

enum defect {
    DEFECT_NONE,
    DEFECT_MISSING_FIELD,
    DEFECT_BLANK_FIELD,
    DEFECT_NO_TRANSPORT,
    DEFECT_RELATIVE_ENDPOINT,
    DEFECT_FOREIGN_SCHEME,
    DEFECT_UNKNOWN_TRANSPORT,
    DEFECT_PROTOCOL_TWICE,
    DEFECT_UNKNOWN_KEY,
    DEFECT_METADATA_NUMBER,
    DEFECT_BROKEN_SCHEMA_TEXT,
    DEFECT_INVALID_SCHEMA,
    DEFECT_REPEATED_KEY,
    DEFECT_INVALID_UTF8,
    DEFECT_CUT_OFF,
    DEFECT_ALIAS_BOMB,
    DEFECT_COUNT,
};

static const toka_status answers[DEFECT_COUNT] = {
    [DEFECT_NONE] = TOKA_OK,
    [DEFECT_MISSING_FIELD] = TOKA_E_INVALID,
    [DEFECT_BLANK_FIELD] = TOKA_E_INVALID,
    [DEFECT_NO_TRANSPORT] = TOKA_E_INVALID,
    [DEFECT_RELATIVE_ENDPOINT] = TOKA_E_INVALID,
    [DEFECT_FOREIGN_SCHEME] = TOKA_E_INVALID,
    [DEFECT_UNKNOWN_TRANSPORT] = TOKA_E_INVALID,
    [DEFECT_PROTOCOL_TWICE] = TOKA_E_INVALID,
    [DEFECT_UNKNOWN_KEY] = TOKA_E_INVALID,
    [DEFECT_METADATA_NUMBER] = TOKA_E_INVALID,
    [DEFECT_BROKEN_SCHEMA_TEXT] = TOKA_E_SYNTAX,
    [DEFECT_INVALID_SCHEMA] = TOKA_E_SCHEMA,
    [DEFECT_REPEATED_KEY] = TOKA_E_SYNTAX,
    [DEFECT_INVALID_UTF8] = TOKA_E_SYNTAX,
    [DEFECT_CUT_OFF] = TOKA_E_SYNTAX,
    [DEFECT_ALIAS_BOMB] = TOKA_E_TOO_LARGE,
};

struct manifest_writer {
    struct text_writer *out;
    struct random random;
    uint64_t i;
    enum defect defect;
    bool yaml;
    bool verbatim;
    size_t fields; /* written so far */
};

static void write_key(struct manifest_writer *m, const char *name)
{
    if (m->yaml) {
        text_put(m->out, m->fields ? "\n" : "");
        text_put(m->out, name);
        text_put(m->out, ": ");
    } else {
        text_put(m->out, m->fields ? ",\"" : "{\"");
        text_put(m->out, name);
        text_put(m->out, "\":");
    }
    m->fields++;
}

static void write_phrase(struct manifest_writer *m, uint32_t words, const char *separator)
{
    for (uint32_t k = 0; k < words; k++) {
        if (k)
            text_put(m->out, separator);
        text_put(m->out, word_plain(random_below(&m->random, 1000)));
    }
}

/* The four texts that must not be blank; `spoilt` is the one that the defect, if it is of that kind, hits. */
static void write_required(struct manifest_writer *m)
{
    static const char *const names[] = {"id", "name", "version", "capability"};
    uint32_t spoilt = random_below(&m->random, 4);

    for (uint32_t k = 0; k < 4; k++) {
        if (m->defect == DEFECT_MISSING_FIELD && k == spoilt)
            continue;
        write_key(m, names[k]);
        text_put(m->out, "\"");
        if (m->defect == DEFECT_BLANK_FIELD && k == spoilt) {
            text_put(m->out, "  ");
        } else if (k == 2) {
            text_put_number(m->out, random_below(&m->random, 20));
            text_put(m->out, ".4.1");
        } else {
            write_phrase(m, 2, k == 1 ? " " : ".");
            text_put(m->out, k == 1 ? " " : ".");
            text_put_number(m->out, m->i);
        }
        text_put(m->out, "\"");
    }
}

static void write_optional(struct manifest_writer *m)
{
    static const char *const effects[] = {"none", "read_only", "idempotent", "external", "privileged"};

    write_key(m, "description");
    text_put(m->out, "\"");
    for (uint32_t k = 4 + random_below(&m->random, 20); k > 0; k--) {
        text_put(m->out, word_prose(&m->random));
        text_put(m->out, k > 1 ? " " : "");
    }
    text_put(m->out, "\"");
    if (random_percent(&m->random, 50)) {
        write_key(m, "side_effect");
        text_put(m->out, m->yaml ? "" : "\"");
        text_put(m->out, effects[random_below(&m->random, 5)]);
        text_put(m->out, m->yaml ? "" : "\"");
    }
    if (random_percent(&m->random, 50)) {
        write_key(m, "manifest_version");
        text_put(m->out, "\"1.1\"");
    }
    if (m->defect == DEFECT_UNKNOWN_KEY) {
        write_key(m, "transport");
        text_put(m->out, "\"in_process\"");
    }
    if (m->defect == DEFECT_REPEATED_KEY) {
        write_key(m, "description");
        text_put(m->out, "\"once more\"");
    }
    if (m->defect == DEFECT_INVALID_UTF8) {
        write_key(m, "action_id");
        text_put(m->out, "\"caf\xe9\"");
    }
}

static void write_endpoint(struct manifest_writer *m)
{
    text_put(m->out, "{\"kind\": \"json_rpc_http\", \"endpoint\": \"");
    text_put(m->out, m->defect == DEFECT_RELATIVE_ENDPOINT ? "/"
                     : m->defect == DEFECT_FOREIGN_SCHEME  ? "ftp://"
                                                           : "https://");
    write_phrase(m, 1, "");
    text_put(m->out, ".example:8443/rpc/");
    text_put_number(m->out, m->i);
    text_put(m->out, "\"}");
}

/* The endpoint comes last, so that an error in it is found behind valid transports. */
static void write_transports(struct manifest_writer *m)
{
    static const char *const others[] = {
        "{\"kind\": \"in_process\"}, ",
        "{\"kind\": \"wasm\", \"path\": \"modules/tool.wasm\"}, ",
        "{\"kind\": \"json_rpc_stdio\", \"exec\": \"/usr/bin/tool --serve\"}, ",
    };

    write_key(m, "transports");
    text_put(m->out, "[");
    if (m->defect != DEFECT_NO_TRANSPORT) {
        for (uint32_t k = 0; k < 3; k++)
            text_put(m->out, random_percent(&m->random, 40) ? others[k] : "");
        text_put(m->out, m->defect == DEFECT_UNKNOWN_TRANSPORT ? "{\"kind\": \"pigeon\"}, " : "");
        write_endpoint(m);
    }
    text_put(m->out, "]");
}

static void write_protocols(struct manifest_writer *m)
{
    bool twice = m->defect == DEFECT_PROTOCOL_TWICE;

    if (!twice && random_percent(&m->random, 40))
        return;
    write_key(m, "protocols");
    text_put(m->out, "[{\"protocol\": \"mcp\", \"function_name\": \"");
    write_phrase(m, 2, "_");
    text_put(m->out, "\"}, {\"protocol\": \"a2a\", \"action\": \"run\", \"version\": \"0.2\"}");
    text_put(m->out, twice ? ", {\"protocol\": \"mcp\", \"function_name\": \"again\"}]" : "]");
}

static void write_metadata(struct manifest_writer *m)
{
    uint32_t count = random_below(&m->random, 6), start = random_below(&m->random, 1000);

    write_key(m, "metadata");
    text_put(m->out, "{");
    for (uint32_t k = 0; k < count; k++) {
        text_put(m->out, k ? ", \"" : "\"");
        text_put(m->out, word_plain(start + k));
        text_put(m->out, "\": \"");
        write_phrase(m, 2, "-");
        text_put(m->out, "\"");
    }
    if (m->defect == DEFECT_METADATA_NUMBER)
        text_put(m->out, count ? ", \"1st\": 12" : "\"1st\": 12");
    text_put(m->out, "}");
}

static void write_schemas(struct manifest_writer *m, toka_text schema)
{
    uint32_t notation = random_below(&m->random, 3);

    write_key(m, "input_schema");
    if (notation == 0 && !m->verbatim)
        text_put_bytes(m->out, schema.data, schema.size);
    else if (notation == 1 && !m->verbatim && m->yaml)
        text_put_single_quoted(m->out, schema.data, schema.size);
    else
        text_put_json_string(m->out, schema.data, schema.size);
    write_key(m, "output_schema");
    if (m->defect == DEFECT_BROKEN_SCHEMA_TEXT)
        text_put(m->out, "\"{\\\"type\\\": \"");
    else if (m->defect == DEFECT_INVALID_SCHEMA)
        text_put(m->out, "{\"type\": 12}");
    else
        text_put(m->out, "{\"type\": \"object\", \"minProperties\": 1}");
}

/* Ten levels of ten: a few hundred bytes that stand for ten billion values. */
static void write_alias_bomb(struct manifest_writer *m)
{
    write_key(m, "metadata");
    text_put(m->out, "\n  a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]");
    for (uint64_t level = 1; level < 10; level++) {
        text_put(m->out, "\n  a");
        text_put_number(m->out, level);
        text_put(m->out, ": &a");
        text_put_number(m->out, level);
        text_put(m->out, " [");
        for (int k = 0; k < 10; k++) {
            text_put(m->out, k ? ", *a" : "*a");
            text_put_number(m->out, level - 1);
        }
        text_put(m->out, "]");
    }
}

toka_status manifest_generate(uint64_t seed, uint64_t i, toka_text input_schema, bool verbatim,
                              struct text_writer *out)
{
    struct manifest_writer m = {
        .out = out, .random = random_for_op(seed + 1, i), .i = i, .verbatim = verbatim};

    m.yaml = random_percent(&m.random, 50);
    if (random_percent(&m.random, 45))
        m.defect = 1 + random_below(&m.random, DEFECT_COUNT - 1);
    if (m.defect == DEFECT_ALIAS_BOMB)
        m.yaml = true;
    write_required(&m);
    write_optional(&m);
    write_transports(&m);
    write_protocols(&m);
    if (m.defect == DEFECT_ALIAS_BOMB)
        write_alias_bomb(&m);
    else
        write_metadata(&m);
    write_schemas(&m, input_schema);
    if (m.defect == DEFECT_CUT_OFF)
        text_put(out, m.yaml ? "\naction_id: \"unfinished" : ",\"action_id\":\"unfinished");
    else
        text_put(out, m.yaml ? "\n" : "}");
    return answers[m.defect];
}
