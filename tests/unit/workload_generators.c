/*
 * The storms stand on these promises: op i is the same in every process that has the seed, no two schemas are
 * alike, every schema compiles, and sizes are spread as the generator's header says.
 */
#define _GNU_SOURCE /* memmem */
#include "manifest_generator.h"
#include "random.h"
#include "schema_generator.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <toka/manifest.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { SCHEMAS = 10000, MANIFESTS = 3000 };

static char buffer[MANIFEST_GENERATOR_BYTES], schema_buffer[SCHEMA_GENERATOR_BYTES];

static toka_text schema_of(uint64_t seed, uint64_t i)
{
    struct text_writer out = {.data = schema_buffer, .capacity = sizeof schema_buffer};

    schema_generate(seed, i, &out);
    cr_assert_not(out.full, "schema %lu of seed %lu does not fit", i, seed);
    return (toka_text){out.data, out.size};
}

static toka_text manifest_of(uint64_t seed, uint64_t i, toka_status *ret_expected)
{
    struct text_writer out = {.data = buffer, .capacity = sizeof buffer};

    *ret_expected = manifest_generate(seed, i, schema_of(seed, i), false, &out);
    cr_assert_not(out.full, "manifest %lu of seed %lu does not fit", i, seed);
    return (toka_text){out.data, out.size};
}

static uint64_t hash_of(toka_text text)
{
    return XXH3_64bits(text.data, text.size);
}

Test(workload_generators, the_same_seed_gives_the_same_bytes_in_any_order)
{
    static uint64_t hashes[1000];
    toka_status expected;

    for (uint64_t i = 0; i < 1000; i++)
        hashes[i] = hash_of(schema_of(7, i)) ^ hash_of(manifest_of(7, i, &expected));
    for (uint64_t i = 1000; i-- > 0;)
        cr_assert_eq(hash_of(schema_of(7, i)) ^ hash_of(manifest_of(7, i, &expected)), hashes[i], "op %lu",
                     i);
}

Test(workload_generators, bytes_do_not_change_from_one_release_to_the_next)
{
    uint64_t hash = 0;
    toka_status expected;

    for (uint64_t i = 0; i < 1000; i++)
        hash = 31 * hash + (hash_of(schema_of(1, i)) ^ hash_of(manifest_of(1, i, &expected)));
    cr_expect_eq(hash, UINT64_C(11011579942109241466),
                 "%lu: recorded rates and baselines are no longer comparable", hash);
}

Test(workload_generators, another_seed_gives_other_schemas)
{
    unsigned equal = 0;

    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t hash = hash_of(schema_of(1, i));

        equal += hash == hash_of(schema_of(2, i));
    }
    cr_expect_eq(equal, 0);
}

static int compare_hashes(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

Test(workload_generators, no_two_of_ten_thousand_schemas_are_alike)
{
    static uint64_t hashes[SCHEMAS];

    for (uint64_t i = 0; i < SCHEMAS; i++)
        hashes[i] = hash_of(schema_of(1, i));
    qsort(hashes, SCHEMAS, sizeof *hashes, compare_hashes);
    for (size_t i = 1; i < SCHEMAS; i++)
        cr_assert_neq(hashes[i], hashes[i - 1]);
}

Test(workload_generators, every_schema_compiles)
{
    toka_error error;

    for (uint64_t seed = 1; seed <= 3; seed++) {
        for (uint64_t i = 0; i < SCHEMAS / 2; i++) {
            toka_schema *schema = NULL;
            toka_text text = schema_of(seed, i);

            cr_assert_eq(toka_schema_compile(text, NULL, &schema, &error), TOKA_OK,
                         "seed %lu, schema %lu: %s at %s: %.*s", seed, i, error.message, error.pointer,
                         (int)text.size, text.data);
            toka_schema_unref(schema);
        }
    }
}

static int compare_sizes(const void *a, const void *b)
{
    size_t left = *(const size_t *)a, right = *(const size_t *)b;

    return (left > right) - (left < right);
}

Test(workload_generators, sizes_are_spread_like_those_of_real_schemas)
{
    static size_t sizes[SCHEMAS];
    size_t total = 0;

    for (uint64_t i = 0; i < SCHEMAS; i++)
        total += sizes[i] = schema_of(1, i).size;
    qsort(sizes, SCHEMAS, sizeof *sizes, compare_sizes);
    cr_expect(total / SCHEMAS > 1800 && total / SCHEMAS < 2700, "mean %zu", total / SCHEMAS);
    cr_expect(sizes[SCHEMAS / 10] > 200 && sizes[SCHEMAS / 10] < 400, "p10 %zu", sizes[SCHEMAS / 10]);
    cr_expect(sizes[SCHEMAS / 2] > 800 && sizes[SCHEMAS / 2] < 1500, "p50 %zu", sizes[SCHEMAS / 2]);
    cr_expect(sizes[SCHEMAS / 10 * 9] > 3500, "p90 %zu", sizes[SCHEMAS / 10 * 9]);
    cr_expect(sizes[SCHEMAS - 1] > 30000 && sizes[SCHEMAS - 1] <= 44000, "largest %zu", sizes[SCHEMAS - 1]);
}

Test(workload_generators, real_keywords_all_occur)
{
    static const char *const keywords[] = {
        "\"$ref\"",    "\"definitions\"",       "\"pattern\"",      "\"enum\"",
        "\"format\"",  "\"required\"",          "\"oneOf\"",        "\"anyOf\"",
        "\"allOf\"",   "\"minimum\"",           "\"const\"",        "\"additionalProperties\"",
        "\"default\"", "\"uniqueItems\"",       "\"dependencies\"", "\"not\"",
        "\"$id\"",     "\"patternProperties\"", "\\u00e9",          "\xe4\xbe\xa1",
    };
    bool seen[sizeof keywords / sizeof *keywords] = {false};

    for (uint64_t i = 0; i < 2000; i++) {
        toka_text text = schema_of(1, i);

        for (size_t k = 0; k < sizeof keywords / sizeof *keywords; k++)
            seen[k] = seen[k] || memmem(text.data, text.size, keywords[k], strlen(keywords[k]));
    }
    for (size_t k = 0; k < sizeof keywords / sizeof *keywords; k++)
        cr_expect(seen[k], "%s never occurs", keywords[k]);
}

Test(workload_generators, manifests_are_answered_as_generated)
{
    toka_schema_store *store = NULL;
    unsigned answers[TOKA_E_NOT_SUPPORTED + 1] = {0};

    cr_assert_eq(toka_schema_store_new(NULL, &store), TOKA_OK);
    for (uint64_t i = 0; i < MANIFESTS; i++) {
        toka_manifest *manifest = NULL;
        toka_error error = {0};
        toka_status expected, status;
        toka_text text = manifest_of(1, i, &expected);

        status = toka_manifest_parse(text, store, &manifest, &error);
        cr_assert_eq(status, expected, "manifest %lu: %s instead of %s: %s at %s", i,
                     toka_status_name(status), toka_status_name(expected), error.message, error.pointer);
        answers[status]++;
        toka_manifest_free(manifest);
    }
    cr_expect_gt(answers[TOKA_OK], MANIFESTS / 3);
    cr_expect_gt(answers[TOKA_E_INVALID], MANIFESTS / 10);
    cr_expect_gt(answers[TOKA_E_SYNTAX], MANIFESTS / 20);
    cr_expect_gt(answers[TOKA_E_SCHEMA], 20);
    cr_expect_gt(answers[TOKA_E_TOO_LARGE], 20);
    toka_schema_store_free(store);
}

Test(workload_generators, writer_drops_what_does_not_fit)
{
    char small[4];
    struct text_writer out = {.data = small, .capacity = sizeof small};

    text_put(&out, "abc");
    text_put(&out, "de");
    text_put(&out, "f");
    cr_expect(out.full);
    cr_expect_eq(out.size, 3);
    cr_expect_arr_eq(small, "abc", 3);
}

Test(workload_generators, random_numbers_stay_below_their_bound_and_reach_it)
{
    struct random random = random_for_op(1, 2);
    unsigned counts[7] = {0};

    for (int i = 0; i < 7000; i++)
        counts[random_below(&random, 7)]++; /* an index out of bounds shows under a sanitizer */
    for (int k = 0; k < 7; k++)
        cr_expect(counts[k] > 800 && counts[k] < 1200, "%d came %u times of 7000", k, counts[k]);
    cr_expect_eq(random_below(&random, 1), 0);
}
