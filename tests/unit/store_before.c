/* The build `before` has Toka v0.2.1's three faults, as they were. */
#include "store_documents.h"
#include "store_forgery.h"
#include "store_support.h"

static long documents_left_by(bool cached, const char *text, toka_status expected)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = cached});
    long before = live_json_blocks;

    cr_assert_eq(ensure(store, text), expected);
    toka_schema_store_free(store);
    return live_json_blocks - before;
}

Test(store_before, never_frees_the_document_of_a_compiled_schema, .init = count_documents)
{
    cr_expect_gt(documents_left_by(false, "{\"type\":\"object\"}", TOKA_OK), 0);
    cr_expect_gt(documents_left_by(true, "{\"type\":\"object\"}", TOKA_OK), 0);
}

Test(store_before, never_frees_the_document_of_a_schema_that_fails, .init = count_documents)
{
    cr_expect_gt(documents_left_by(false, "{\"type\":12}", TOKA_E_SCHEMA), 0);
    cr_expect_gt(documents_left_by(true, "{\"type\":12}", TOKA_E_SCHEMA), 0);
}

Test(store_before, leaves_nothing_of_a_text_that_does_not_parse, .init = count_documents)
{
    cr_expect_eq(documents_left_by(true, "{\"type\":", TOKA_E_SYNTAX), 0);
}

Test(store_before, cache_has_no_bound)
{
    toka_schema_store *store =
        new_store((toka_schema_store_options){.cached = true, .max_entries = 10, .max_bytes = 999});

    for (unsigned i = 0; i < 3000; i++)
        ensure_numbered(store, i);
    cr_expect_eq(stats_of(store).entries, 3000);
    cr_expect_eq(stats_of(store).evictions, 0);
    toka_schema_store_free(store);
}

Test(store_before, passes_an_invalid_text_whose_hash_collides)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = true});
    const char *valid = "{\"type\":\"object\",\"title\":\"same\"}"; /* as long as the forgery */
    char forged[FORGED_BYTES];

    forge(XXH3_64bits(valid, strlen(valid)), "this is no JSON:", forged);
    cr_assert_eq(strlen(valid), sizeof forged);
    cr_assert_eq(XXH3_64bits(forged, sizeof forged), XXH3_64bits(valid, strlen(valid)));
    cr_assert_eq(ensure(store, valid), TOKA_OK);
    cr_expect_eq(toka_ensure_schema_compiles(store, (toka_text){forged, sizeof forged}, NULL, NULL), TOKA_OK);
    toka_schema_store_free(store);
}
