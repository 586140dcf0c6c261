/* The build `after` holds the fixes: documents are freed, the cache is bounded and true LRU, a hit is the
 * same text. */
#include "store_documents.h"
#include "store_forgery.h"
#include "store_support.h"

static bool is_kept(toka_schema_store *store, unsigned number)
{
    uint64_t hits = stats_of(store).hits;

    ensure_numbered(store, number);
    return stats_of(store).hits == hits + 1;
}

Test(store_after, frees_every_document_with_its_schema, .init = count_documents)
{
    toka_schema_store *stores[] = {
        new_store((toka_schema_store_options){.cached = false}),
        new_store((toka_schema_store_options){.cached = true, .max_entries = 5}),
    };
    long at_start = live_json_blocks;

    for (size_t s = 0; s < 2; s++) {
        for (unsigned i = 0; i < 100; i++) {
            ensure_numbered(stores[s], i);
            cr_assert_eq(ensure(stores[s], "{\"type\":12}"), TOKA_E_SCHEMA);
        }
        cr_expect_lt(live_json_blocks - at_start, 5 * 40, "only what is cached is alive");
        toka_schema_store_free(stores[s]);
        cr_expect_eq(live_json_blocks, at_start);
    }
}

Test(store_after, hits_without_parsing, .init = count_documents)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = true});
    long alive = 0;

    ensure_numbered(store, 7);
    alive = live_json_blocks;
    json_set_alloc_funcs(NULL, NULL); /* whoever parses now crashes */
    ensure_numbered(store, 7);
    json_set_alloc_funcs(count_malloc, count_free);
    cr_expect_eq(live_json_blocks, alive);
    cr_expect_eq(stats_of(store).hits, 1);
    toka_schema_store_free(store);
}

Test(store_after, holds_a_thousand_schemas_by_default)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = true});

    for (unsigned i = 0; i < 3 * TOKA_STORE_DEFAULT_ENTRIES; i++)
        ensure_numbered(store, i);
    cr_expect_eq(stats_of(store).entries, TOKA_STORE_DEFAULT_ENTRIES);
    cr_expect_eq(stats_of(store).evictions, 2 * TOKA_STORE_DEFAULT_ENTRIES);
    toka_schema_store_free(store);
}

Test(store_after, evicts_the_least_recently_used)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = true, .max_entries = 3});

    ensure_numbered(store, 1);
    ensure_numbered(store, 2);
    ensure_numbered(store, 3);
    cr_expect(is_kept(store, 1)); /* 2 is now the oldest */
    ensure_numbered(store, 4);
    cr_expect(is_kept(store, 3));
    cr_expect(is_kept(store, 1));
    cr_expect(is_kept(store, 4));
    cr_expect_not(is_kept(store, 2));
    toka_schema_store_free(store);
}

Test(store_after, behaves_as_a_model_of_LRU_does)
{
    enum { BOUND = 7, KEYS = 20, STEPS = 5000 };
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = true, .max_entries = BOUND});
    unsigned model[BOUND + 1], count = 0, random = 1, hits = 0;

    for (unsigned step = 0; step < STEPS; step++) {
        unsigned at = 0, key = 0;

        random = random * 1103515245u + 12345u;
        key = (random >> 16) % KEYS;
        while (at < count && model[at] != key)
            at++;
        hits += at < count;
        cr_assert_eq(is_kept(store, key), at < count, "step %u, key %u", step, key);
        count += at == count;
        memmove(model + 1, model, at * sizeof *model);
        model[0] = key;
        count = count > BOUND ? BOUND : count;
    }
    cr_expect_gt(hits, STEPS / 10);
    cr_expect_lt(hits, STEPS);
    toka_schema_store_free(store);
}

Test(store_after, bounds_the_bytes_it_holds)
{
    char buffer[128];
    size_t size = numbered_schema(buffer, 1000).size;
    toka_schema_store *store =
        new_store((toka_schema_store_options){.cached = true, .max_bytes = 10 * size + size / 2});

    for (unsigned i = 1000; i < 1100; i++) {
        ensure_numbered(store, i);
        cr_assert_leq(stats_of(store).bytes, 10 * size);
    }
    cr_expect_eq(stats_of(store).entries, 10);
    cr_expect_eq(stats_of(store).bytes, 10 * size);
    toka_schema_store_free(store);
}

Test(store_after, compiles_and_does_not_keep_a_text_over_its_bytes)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = true, .max_bytes = 20});

    cr_expect_eq(ensure(store, "{\"type\":\"null\"}"), TOKA_OK);
    cr_expect_eq(ensure(store, "{\"type\":\"object\",\"title\":\"too long\"}"), TOKA_OK);
    cr_expect_eq(stats_of(store).entries, 1, "the short one stays");
    cr_expect_eq(stats_of(store).evictions, 0);
    toka_schema_store_free(store);
}

Test(store_after, refuses_an_invalid_text_whose_hash_collides)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = true});
    const char *valid = "{\"type\":\"object\",\"title\":\"same\"}"; /* as long as the forgery */
    char forged[FORGED_BYTES];

    forge(XXH3_64bits(valid, strlen(valid)), "this is no JSON:", forged);
    cr_assert_eq(strlen(valid), sizeof forged);
    cr_assert_eq(XXH3_64bits(forged, sizeof forged), XXH3_64bits(valid, strlen(valid)));
    cr_assert_eq(ensure(store, valid), TOKA_OK);
    cr_expect_eq(toka_ensure_schema_compiles(store, (toka_text){forged, sizeof forged}, NULL, NULL),
                 TOKA_E_SYNTAX);
    cr_expect_eq(ensure(store, valid), TOKA_OK);
    cr_expect_eq(stats_of(store).hits, 1);
    toka_schema_store_free(store);
}
