/* What the tests of manifests have in common. */
#ifndef MANIFEST_SUPPORT_H
#define MANIFEST_SUPPORT_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <toka/manifest.h>

#define HEAD "id: a.b\nname: A tool\nversion: '1.0'\ndescription: ''\ncapability: a.run\n"
#define REST "transports: [{kind: in_process}]\n"

static inline toka_status parse_bytes(const char *text, size_t size, toka_manifest **ret_manifest,
                                      toka_error *err)
{
    toka_schema_store *store = NULL;
    toka_status status = TOKA_OK;

    cr_assert_eq(toka_schema_store_new(NULL, &store), TOKA_OK);
    status = toka_manifest_parse((toka_text){text, size}, store, ret_manifest, err);
    toka_schema_store_free(store); /* the manifest must not need it */
    return status;
}

/* Reads a manifest that must be right. */
static inline toka_manifest *parse(const char *text)
{
    toka_manifest *manifest = NULL;
    toka_error error = {0};

    cr_assert_eq(parse_bytes(text, strlen(text), &manifest, &error), TOKA_OK, "%s: %s at \"%s\"", text,
                 error.message, error.pointer);
    return manifest;
}

/* Reads one that must be refused with this status, at this pointer. */
static inline void refuse_bytes(const char *text, size_t size, toka_status status, const char *pointer)
{
    toka_manifest *manifest = NULL;
    toka_error error = {0};
    toka_status answer = parse_bytes(text, size, &manifest, &error);

    cr_expect_eq(answer, status, "%.200s: %s instead of %s: %s", text, toka_status_name(answer),
                 toka_status_name(status), error.message);
    cr_expect_eq(error.status, answer);
    cr_expect_str_eq(error.pointer, pointer, "%.200s: at \"%s\": %s", text, error.pointer, error.message);
    cr_expect_neq(error.message[0], '\0');
    cr_expect_null(manifest);
    toka_manifest_free(manifest);
}

static inline void refuse(const char *text, toka_status status, const char *pointer)
{
    refuse_bytes(text, strlen(text), status, pointer);
}

#endif
