/* What the tests of the store have in common. */
#ifndef STORE_SUPPORT_H
#define STORE_SUPPORT_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <toka/schema_store.h>

static inline toka_text text_of(const char *text)
{
    return (toka_text){text, strlen(text)};
}

/* A small valid schema, different for every number. */
static inline toka_text numbered_schema(char buffer[128], unsigned number)
{
    int size = snprintf(buffer, 128, "{\"type\":\"object\",\"properties\":{\"n\":{\"const\":%u}}}", number);

    return (toka_text){buffer, (size_t)size};
}

static inline toka_schema_store *new_store(toka_schema_store_options options)
{
    toka_schema_store *store = NULL;

    cr_assert_eq(toka_schema_store_new(&options, &store), TOKA_OK);
    return store;
}

static inline toka_status ensure(toka_schema_store *store, const char *text)
{
    return toka_ensure_schema_compiles(store, text_of(text), "input schema", NULL);
}

static inline void ensure_numbered(toka_schema_store *store, unsigned number)
{
    char buffer[128];
    toka_error error;

    cr_assert_eq(toka_ensure_schema_compiles(store, numbered_schema(buffer, number), "input schema", &error),
                 TOKA_OK, "schema %u: %s", number, error.message);
}

static inline toka_schema_store_stats stats_of(toka_schema_store *store)
{
    toka_schema_store_stats stats;

    toka_schema_store_statistics(store, &stats);
    return stats;
}

#endif
