/*
 * Every allocation of compiling fails once, in turn: malloc is wrapped at link time, and PCRE2 works in
 * libtoka's own memory. Each failure must come out as TOKA_E_NO_MEMORY, with nothing leaked. The
 * allocations of jansson's parser are counted but never fail: jansson 2.14 ends the process with an
 * assertion when memory runs out in the middle of a string. Counters show that validating a valid instance
 * allocates nothing, in jansson neither.
 */
#include "schema_helpers.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);

static bool counting;
static unsigned long allocations; /* while counting */
static unsigned long fail_at;     /* the allocation that fails, from 1; 0: none */
static unsigned long injected;
static unsigned long json_allocations;
static long alive; /* blocks of jansson */

static bool fails(void)
{
    if (!counting || ++allocations != fail_at)
        return false;
    injected++;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return fails() ? NULL : __real_realloc(block, size);
}

static void *json_allocate(size_t size)
{
    void *block = __real_malloc(size);
    json_allocations += counting;
    alive += block != NULL;
    return block;
}

static void json_release(void *block)
{
    alive -= block != NULL;
    free(block);
}

static json_t *resolve(const char *uri, void *user_data)
{
    (void)uri;
    const char *text = user_data;
    return json_loads(text, 0, NULL);
}

static toka_status compile_counted(const char *text, toka_schema **ret_schema)
{
    toka_schema_options options = {.resolver = resolve,
                                   .resolver_data = "{\"$id\":\"#r\",\"items\":{\"$ref\":\"#r\"}}",
                                   .assert_format = true};
    toka_error err;
    counting = true;
    allocations = 0;
    toka_status status = toka_schema_compile(text_of(text), &options, ret_schema, &err);
    counting = false;
    return status;
}

/* A schema with something of everything; each size runs out of a chunk of memory at other places. */
static char *rich_schema(int properties)
{
    char *text = malloc(60000), *at = text;
    at = stpcpy(
        at,
        "{\"$id\":\"http://h/r\",\"allOf\":[{\"$ref\":\"http://json-schema.org/draft-07/schema#\"},{\"$ref\":"
        "\"http://h/other\"},{\"$ref\":\"#/x~1y/0\"},{\"$ref\":\"#n\"}],\"x/y\":[{\"type\":\"object\"}],"
        "\"definitions\":{\"n\":{\"$id\":\"#n\",\"format\":\"idn-hostname\"}},\"properties\":{");
    for (int i = 0; i < properties; i++)
        at += sprintf(
            at,
            "%s\"property-%d\":{\"pattern\":\"^(a%d|[^x-z]*)+\\\\s$\",\"enum\":[\"a\",%d,[1]],\"minimum\":%d,"
            "\"items\":[{\"maxItems\":3}],\"not\":{\"minProperties\":%d}}",
            i ? "," : "", i, i, i, i, i);
    at = stpcpy(at, "},\"required\":[\"property-1\"],\"dependencies\":{\"a\":[\"b\",\"c\"]}}");
    return text;
}

static void fail_each_allocation(const char *text)
{
    toka_schema *schema = NULL;
    fail_at = 0;
    cr_assert_eq(compile_counted(text, &schema), TOKA_OK);
    toka_schema_unref(schema);
    unsigned long total = allocations;
    cr_assert_gt(total, 2, "only %lu allocations to fail", total);
    cr_assert_eq(alive, 0);
    for (fail_at = 1; fail_at <= total; fail_at++) {
        schema = NULL;
        cr_expect_eq(compile_counted(text, &schema), TOKA_E_NO_MEMORY, "allocation %lu of %lu", fail_at,
                     total);
        cr_expect_null(schema);
        cr_expect_eq(alive, 0, "allocation %lu of %lu leaks %ld values", fail_at, total, alive);
    }
    fail_at = 0;
}

Test(schema_faults, every_failing_allocation_of_compiling_is_reported_and_leaks_nothing)
{
    json_set_alloc_funcs(json_allocate, json_release);
    for (int properties = 1; properties < 120; properties++) {
        char *text = rich_schema(properties);
        fail_each_allocation(text);
        free(text);
    }
    cr_expect_gt(injected, 500, "only %lu faults were injected", injected);
}

Test(schema_faults, validating_a_valid_instance_allocates_nothing)
{
    json_set_alloc_funcs(json_allocate, json_release);
    toka_schema_options options = {.assert_format = true};
    toka_schema *schema = compile_with("{\"properties\":{\"a\":{\"pattern\":\"^(?:[a-z]+-?)+$\","
                                       "\"maxLength\":90},\"b\":{\"uniqueItems\":true,\"contains\":"
                                       "{\"const\":[7]},\"items\":{\"anyOf\":[{\"multipleOf\":0.01},{"
                                       "\"type\":\"array\"}]}},\"c\":{\"format\":\"idn-email\"},"
                                       "\"d\":{\"contentEncoding\":\"base64\",\"contentMediaType\":"
                                       "\"application/json\"}},\"propertyNames\":{\"pattern\":"
                                       "\"^[a-d]$\"},\"required\":[\"a\",\"b\"],\"dependencies\":{\"a\":["
                                       "\"b\"]},\"if\":{\"required\":[\"c\"]},\"then\":"
                                       "{\"minProperties\":3},\"additionalProperties\":false}",
                                       &options);
    json_t *numbers = json_array();
    for (int i = 0; i < 20000; i++)
        json_array_append_new(numbers, i == 19999 ? json_pack("[i]", 7) : json_real(i / 100.0));
    json_t *instance = json_pack("{s:s,s:o,s:s,s:s}", "a", "one-two-three-four-five-six-seven-eight-nine-ten",
                                 "b", numbers, "c", "\xC3\xA9@\xC3\xA9.fr", "d", "eyJmb28iOiAiYmFyIn0K");
    counting = true;
    allocations = 0;
    toka_error err;
    toka_status status = toka_schema_validate(schema, instance, &err);
    counting = false;
    cr_expect_eq(status, TOKA_OK, "%s %s: %s", err.pointer, err.instance, err.message);
    cr_expect_eq(allocations, 0, "%lu allocations", allocations);
    cr_expect_eq(json_allocations, 0, "%lu allocations in jansson", json_allocations);
    json_decref(instance);
    toka_schema_unref(schema);
    cr_expect_eq(alive, 0);
}

Test(schema_faults, scratch_memory_that_is_not_there_is_reported)
{
    toka_schema *unique = compile("{\"uniqueItems\":true}"),
                *pattern = compile("{\"pattern\":\"^(?:a|b)*$\"}");
    json_t *array = json_array();
    for (unsigned i = 0; i <= TOKA_UNIQUE_MAX_STACK_ITEMS; i++)
        json_array_append_new(array, json_integer(i));
    char *letters = malloc(100001);
    memset(letters, 'a', 100000);
    letters[100000] = '\0';
    json_t *string = json_string(letters);
    fail_at = 1;
    counting = true;
    allocations = 0;
    toka_status first = toka_schema_validate(unique, array, NULL);
    allocations = 0;
    toka_status second = toka_schema_validate(pattern, string, NULL);
    counting = false;
    cr_expect_eq(first, TOKA_E_NO_MEMORY);
    cr_expect_eq(second, TOKA_E_NO_MEMORY);
    cr_expect_eq(injected, 2);
    cr_expect_eq(toka_schema_validate(pattern, string, NULL), TOKA_OK);
    free(letters);
    json_decref(string);
    json_decref(array);
    toka_schema_unref(unique);
    toka_schema_unref(pattern);
}
