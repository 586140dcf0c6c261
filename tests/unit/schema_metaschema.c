/*
 * The compiler checks a schema against the metaschema as it goes, by code. Here the real metaschema,
 * compiled, judges the same schemas: those of the suite, and thousands of mutants of them. Both must agree.
 */
#include "schema_helpers.h"

#include <dirent.h>

#define SUITE "/usr/share/json-schema-test-suite/tests/draft7"

struct tally {
    toka_schema *metaschema;
    unsigned long accepted, rejected;
    uint64_t random;
};

static uint32_t draw(struct tally *tally, uint32_t below)
{
    tally->random = tally->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(tally->random >> 33) % below;
}

/* A reference that leads nowhere and a bad pattern are errors that the metaschema cannot see. */
static void expect_agreement(struct tally *tally, json_t *document)
{
    toka_schema *schema = NULL;
    toka_error err = {.status = TOKA_OK};
    bool valid = toka_schema_validate(tally->metaschema, document, NULL) == TOKA_OK;
    toka_status status = toka_schema_from_document(document, NULL, &schema, &err);
    toka_schema_unref(schema);
    bool agree = valid ? status != TOKA_E_SCHEMA : status == TOKA_E_SCHEMA || status == TOKA_E_PATTERN;
    if (!agree) {
        char *text = json_dumps(document, JSON_ENCODE_ANY);
        cr_expect(agree, "the metaschema says %s, the compiler %s (%s: %s): %s", valid ? "valid" : "invalid",
                  toka_status_name(status), err.pointer, err.message, text);
        free(text);
    }
    tally->accepted += valid;
    tally->rejected += !valid;
}

/* Values that some keyword somewhere does not take. */
static json_t *odd_value(struct tally *tally)
{
    static const char *const texts[] = {
        "1",
        "-1",
        "0",
        "1.5",
        "2.0",
        "-0.0",
        "\"a\"",
        "true",
        "false",
        "null",
        "[]",
        "{}",
        "[1]",
        "[\"a\"]",
        "[\"a\",\"a\"]",
        "[\"string\"]",
        "[\"string\",\"string\"]",
        "[{}]",
        "[true]",
        "{\"a\":1}",
        "{\"a\":{}}",
        "{\"a\":[]}",
        "{\"a\":[\"b\"]}",
        "{\"a\":[\"b\",\"b\"]}",
        "\"integer\"",
        "[[]]",
        "{\"a\":true}",
        "[\"number\",\"integer\"]",
        "[null,{}]",
    };
    const char *text = texts[draw(tally, sizeof texts / sizeof texts[0])];
    return parse(text);
}

static const char *odd_keyword(struct tally *tally)
{
    static const char *const keywords[] = {"$id",
                                           "$schema",
                                           "$comment",
                                           "title",
                                           "description",
                                           "default",
                                           "readOnly",
                                           "writeOnly",
                                           "examples",
                                           "multipleOf",
                                           "maximum",
                                           "exclusiveMaximum",
                                           "minimum",
                                           "exclusiveMinimum",
                                           "maxLength",
                                           "minLength",
                                           "additionalItems",
                                           "items",
                                           "maxItems",
                                           "minItems",
                                           "uniqueItems",
                                           "contains",
                                           "maxProperties",
                                           "minProperties",
                                           "required",
                                           "additionalProperties",
                                           "definitions",
                                           "properties",
                                           "patternProperties",
                                           "dependencies",
                                           "propertyNames",
                                           "const",
                                           "enum",
                                           "type",
                                           "format",
                                           "contentMediaType",
                                           "contentEncoding",
                                           "if",
                                           "then",
                                           "else",
                                           "allOf",
                                           "anyOf",
                                           "oneOf",
                                           "not",
                                           "unknown",
                                           "$ref"};
    return keywords[draw(tally, sizeof keywords / sizeof keywords[0])];
}

/* Puts an odd value under a keyword of some object of the document, reached by a random walk. */
static void mutate(struct tally *tally, json_t *value)
{
    for (int depth = 0; depth < 8; depth++) {
        json_t *next = NULL;
        size_t size = json_is_object(value) ? json_object_size(value) : json_array_size(value);
        if (json_is_object(value) && (size == 0 || draw(tally, 3) == 0))
            break;
        if (size == 0)
            return;
        size_t chosen = draw(tally, (uint32_t)size);
        if (json_is_array(value)) {
            next = json_array_get(value, chosen);
        } else {
            void *member = json_object_iter(value);
            while (chosen--)
                member = json_object_iter_next(value, member);
            next = json_object_iter_value(member);
        }
        if (!json_is_object(next) && !json_is_array(next))
            break;
        value = next;
    }
    if (json_is_object(value))
        json_object_set_new(value, odd_keyword(tally), odd_value(tally));
    else if (json_is_array(value))
        json_array_append_new(value, odd_value(tally));
}

static void judge_file(struct tally *tally, const char *path)
{
    json_t *groups = json_load_file(path, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
    cr_assert(groups, "%s", path);
    for (size_t i = 0; i < json_array_size(groups); i++) {
        json_t *schema = json_object_get(json_array_get(groups, i), "schema");
        expect_agreement(tally, schema);
        for (int mutant = 0; mutant < 200; mutant++) {
            json_t *copy = json_deep_copy(schema);
            for (unsigned changes = 1 + draw(tally, 2); changes > 0; changes--)
                mutate(tally, copy);
            expect_agreement(tally, copy);
            json_decref(copy);
        }
    }
    json_decref(groups);
}

Test(schema_metaschema, the_compiler_and_the_compiled_metaschema_agree)
{
    struct tally tally = {.random = 20240229};
    tally.metaschema = compile("{\"$ref\":\"http://json-schema.org/draft-07/schema#\"}");
    DIR *folder = opendir(SUITE);
    cr_assert(folder, "install json-schema-test-suite");
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[512];
        size_t size = strlen(entry->d_name);
        snprintf(path, sizeof path, SUITE "/%s", entry->d_name);
        if (size > 5 && strcmp(entry->d_name + size - 5, ".json") == 0)
            judge_file(&tally, path);
    }
    closedir(folder);
    toka_schema_unref(tally.metaschema);
    cr_expect_gt(tally.accepted, 2000, "only %lu accepted", tally.accepted);
    cr_expect_gt(tally.rejected, 2000, "only %lu rejected", tally.rejected);
}

Test(schema_metaschema, every_keyword_is_judged_alike_for_every_odd_value)
{
    struct tally tally = {.random = 1};
    tally.metaschema = compile("{\"$ref\":\"http://json-schema.org/draft-07/schema#\"}");
    for (int i = 0; i < 20000; i++) {
        json_t *document = json_object();
        json_object_set_new(document, odd_keyword(&tally), odd_value(&tally));
        expect_agreement(&tally, document);
        json_decref(document);
    }
    toka_schema_unref(tally.metaschema);
    cr_expect_gt(tally.accepted, 1000);
    cr_expect_gt(tally.rejected, 1000);
}
