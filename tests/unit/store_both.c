/* What both builds of the schema store promise. */
#include "store_support.h"

static char large[TOKA_SCHEMA_MAX_BYTES + 2];

static toka_text schema_of_size(size_t size)
{
    memset(large, ' ', size);
    large[0] = '{';
    large[size - 1] = '}';
    return (toka_text){large, size};
}

Test(store, accepts_schemas_and_rejects_what_is_not_one)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = false});

    cr_expect_eq(ensure(store, "{\"type\":\"object\"}"), TOKA_OK);
    cr_expect_eq(ensure(store, "true"), TOKA_OK);
    cr_expect_eq(ensure(store, "{\"type\":12}"), TOKA_E_SCHEMA);
    cr_expect_eq(ensure(store, "{\"type\":"), TOKA_E_SYNTAX);
    cr_expect_eq(ensure(store, ""), TOKA_E_SYNTAX);
    cr_expect_eq(ensure(store, "{\"a\":\"\xff\"}"), TOKA_E_SYNTAX);
    cr_expect_eq(toka_ensure_schema_compiles(store, (toka_text){"{}\0", 3}, NULL, NULL), TOKA_E_SYNTAX);
    toka_schema_store_free(store);
}

Test(store, says_which_schema_is_at_fault_and_where)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = true});
    toka_error error;

    cr_assert_eq(toka_ensure_schema_compiles(store, text_of("{\"type\":12}"), "output schema", &error),
                 TOKA_E_SCHEMA);
    cr_expect_eq(error.status, TOKA_E_SCHEMA);
    cr_expect(strstr(error.message, "output schema: ") == error.message, "message: %s", error.message);
    cr_expect_str_eq(error.pointer, "/type");
    cr_assert_eq(toka_ensure_schema_compiles(store, text_of("{"), NULL, &error), TOKA_E_SYNTAX);
    cr_expect(strstr(error.message, "schema: ") == error.message, "message: %s", error.message);
    toka_schema_store_free(store);
}

Test(store, keeps_error_messages_valid_text_for_any_name)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = true});
    toka_error error;
    char name[2000];

    memset(name, 'n', sizeof name - 1);
    memcpy(name, "\xff\n\x01", 3);
    name[sizeof name - 1] = '\0';
    cr_assert_eq(toka_ensure_schema_compiles(store, text_of("{"), name, &error), TOKA_E_SYNTAX);
    cr_expect_null(strpbrk(error.message, "\xff\n\x01"));
    cr_expect_lt(strlen(error.message), sizeof error.message);
    toka_schema_store_free(store);
}

Test(store, takes_64_KiB_and_not_a_byte_more)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = true});
    toka_error error;

    cr_expect_eq(toka_ensure_schema_compiles(store, schema_of_size(TOKA_SCHEMA_MAX_BYTES), "schema", &error),
                 TOKA_OK);
    cr_expect_eq(
        toka_ensure_schema_compiles(store, schema_of_size(TOKA_SCHEMA_MAX_BYTES + 1), "schema", &error),
        TOKA_E_TOO_LARGE);
    cr_expect(strstr(error.message, "65537 bytes"), "message: %s", error.message);
    toka_schema_store_free(store);
}

Test(store, refuses_missing_arguments)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = true});
    toka_schema *schema = NULL;
    toka_error error;

    cr_expect_eq(toka_ensure_schema_compiles(NULL, text_of("{}"), "schema", &error), TOKA_E_ARGUMENT);
    cr_expect_eq(toka_ensure_schema_compiles(store, (toka_text){NULL, 0}, "schema", &error), TOKA_E_ARGUMENT);
    cr_expect_eq(toka_schema_store_get(store, text_of("{}"), "schema", NULL, &error), TOKA_E_ARGUMENT);
    cr_expect_eq(toka_schema_store_get(NULL, text_of("{}"), "schema", &schema, NULL), TOKA_E_ARGUMENT);
    cr_expect_eq(toka_schema_store_new(NULL, NULL), TOKA_E_ARGUMENT);
    cr_expect_eq(stats_of(store).misses, 0);
    toka_schema_store_free(store);
    toka_schema_store_free(NULL);
}

Test(store, hands_out_the_same_schema_for_the_same_text)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = true});
    toka_schema *first = NULL, *second = NULL, *other = NULL;

    cr_assert_eq(toka_schema_store_get(store, text_of("{\"type\":\"null\"}"), "schema", &first, NULL),
                 TOKA_OK);
    cr_assert_eq(toka_schema_store_get(store, text_of("{\"type\":\"null\"}"), "schema", &second, NULL),
                 TOKA_OK);
    cr_assert_eq(toka_schema_store_get(store, text_of("{\"type\":\"array\"}"), "schema", &other, NULL),
                 TOKA_OK);
    cr_expect_eq(first, second);
    cr_expect_neq(first, other);
    cr_expect_eq(stats_of(store).hits, 1);
    cr_expect_eq(stats_of(store).misses, 2);
    toka_schema_unref(first);
    toka_schema_unref(second);
    toka_schema_unref(other);
    toka_schema_store_free(store);
}

Test(store, leaves_the_output_alone_on_failure)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = true});
    toka_schema *const untouched = (toka_schema *)&store;
    toka_schema *schema = untouched;

    cr_assert_eq(toka_schema_store_get(store, text_of("{\"type\":12}"), "schema", &schema, NULL),
                 TOKA_E_SCHEMA);
    cr_expect_eq(schema, untouched);
    toka_schema_store_free(store);
}

Test(store, schemas_outlive_the_store)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = true});
    toka_schema *schema = NULL;
    json_t *number = json_integer(1), *text = json_string("1");

    cr_assert_eq(toka_schema_store_get(store, text_of("{\"type\":\"string\"}"), "schema", &schema, NULL),
                 TOKA_OK);
    toka_schema_store_free(store);
    cr_expect_eq(toka_schema_validate(schema, text, NULL), TOKA_OK);
    cr_expect_eq(toka_schema_validate(schema, number, NULL), TOKA_E_INVALID);
    toka_schema_unref(schema);
    json_decref(number);
    json_decref(text);
}

Test(store, does_not_keep_what_failed)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = true});

    cr_expect_eq(ensure(store, "{\"type\":12}"), TOKA_E_SCHEMA);
    cr_expect_eq(ensure(store, "{\"type\":12}"), TOKA_E_SCHEMA);
    cr_expect_eq(stats_of(store).entries, 0);
    cr_expect_eq(stats_of(store).failures, 2);
    cr_expect_eq(stats_of(store).misses, 2);
    cr_expect_eq(stats_of(store).hits, 0);
    toka_schema_store_free(store);
}

Test(store, keeps_nothing_when_it_is_not_a_cache)
{
    toka_schema_store *store = NULL;

    cr_assert_eq(toka_schema_store_new(NULL, &store), TOKA_OK);
    ensure_numbered(store, 1);
    ensure_numbered(store, 1);
    cr_expect_eq(stats_of(store).entries, 0);
    cr_expect_eq(stats_of(store).hits, 0);
    cr_expect_eq(stats_of(store).misses, 2);
    toka_schema_store_free(store);
}
