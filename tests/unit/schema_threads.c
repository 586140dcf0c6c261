/*
 * One schema, many threads, for ThreadSanitizer to watch. A program of its own, since Criterion does not
 * start under ThreadSanitizer.
 */
#include <stdio.h>
#include <string.h>
#include <toka/schema.h>

#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 8, ROUNDS = 300 };

struct shared {
    toka_text text;
    toka_schema *schema;
    json_t *valid, *invalid;
    atomic_uint right;
};

static void *work(void *data)
{
    struct shared *shared = data;
    unsigned right = 0;
    for (int i = 0; i < ROUNDS; i++) {
        toka_error err;
        toka_schema *schema = toka_schema_ref(shared->schema);
        right += toka_schema_validate(schema, shared->valid, &err) == TOKA_OK;
        right += toka_schema_validate(schema, shared->invalid, &err) == TOKA_E_INVALID;
        toka_schema_unref(schema);
        toka_schema *own = NULL;
        right += toka_schema_compile(shared->text, NULL, &own, &err) == TOKA_OK;
        toka_schema_unref(own);
    }
    atomic_fetch_add(&shared->right, right);
    return NULL;
}

static int fail(const char *what)
{
    fprintf(stderr, "schema_threads: %s\n", what);
    return 1;
}

static json_t *parse(const char *text)
{
    return json_loads(text, 0, NULL);
}

static int validate_in_threads(struct shared *shared)
{
    pthread_t threads[THREADS];
    int started = 0;
    while (started < THREADS && pthread_create(&threads[started], NULL, work, shared) == 0)
        started++;
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    if (started < THREADS)
        return fail("no thread to be had");
    return atomic_load(&shared->right) == THREADS * ROUNDS * 3 ? 0 : fail("a thread got a wrong answer");
}

int main(void)
{
    static const char text[] =
        "{\"properties\":{\"default\":{\"pattern\":\"^(a|b)+$\"},\"enum\":{\"uniqueItems\":true,\"items\":{"
        "\"enum\":"
        "[1,[2],{\"a\":3}]}},\"title\":{\"$ref\":\"#/definitions/"
        "t\"}},\"propertyNames\":{\"pattern\":\"^[a-z]+$\"},"
        "\"definitions\":{\"t\":{\"type\":\"string\",\"maxLength\":3}},\"required\":[\"title\"]}";
    struct shared shared = {.text = {text, strlen(text)},
                            .valid =
                                parse("{\"default\":\"abab\",\"enum\":[1,[2],{\"a\":3}],\"title\":\"abc\"}"),
                            .invalid = parse("{\"default\":\"abc\",\"enum\":[4],\"title\":\"abcd\"}")};
    toka_error err;
    if (toka_schema_compile(shared.text, NULL, &shared.schema, &err) != TOKA_OK)
        return fail(err.message);
    int code = validate_in_threads(&shared);
    toka_schema_unref(shared.schema);
    json_decref(shared.valid);
    json_decref(shared.invalid);
    return code;
}
