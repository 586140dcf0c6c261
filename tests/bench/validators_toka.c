/* libtoka's part of validators/validators.js: validators_toka accept|time FILE. */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <toka/schema.h>

typedef struct item {
    char *line; /* the schema's, "S" before its text */
    toka_text text;
    toka_schema *schema;
    json_t **instances;
    size_t count;
} item;

static void *need(void *block)
{
    if (block)
        return block;
    fputs("validators_toka: out of memory\n", stderr);
    exit(1);
}

static json_t *parse(const char *text, size_t size)
{
    return need(json_loadb(text, size, toka_json_flags((toka_text){text, size}), NULL));
}

static item *read_items(const char *path, size_t *ret_count)
{
    FILE *file = need(fopen(path, "re"));
    item *items = NULL;
    size_t count = 0, room = 0;
    char *line = NULL;
    ssize_t size;

    while ((size = getline(&line, &room, file)) > 1) {
        if (line[size - 1] == '\n')
            size--;
        if (line[0] == 'S') {
            items = need(realloc(items, (count + 1) * sizeof *items));
            items[count] = (item){.line = line, .text = {line + 1, (size_t)size - 1}};
            count++;
            line = NULL;
            room = 0;
        } else if (count > 0) {
            item *of = &items[count - 1];
            of->instances = need(realloc(of->instances, (of->count + 1) * sizeof(json_t *)));
            of->instances[of->count++] = parse(line + 1, (size_t)size - 1);
        }
    }
    free(line);
    fclose(file);
    *ret_count = count;
    return items;
}

static toka_schema *compile(toka_text text)
{
    toka_schema *schema = NULL;
    return toka_schema_compile(text, NULL, &schema, NULL) == TOKA_OK ? schema : NULL;
}

static long long processor_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (long long)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void pass(item *items, size_t count, bool tell)
{
    size_t valid = 0, instances = 0;
    long long started = processor_ns();

    for (size_t i = 0; i < count; i++)
        items[i].schema = compile(items[i].text);
    long long compiled = processor_ns();
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < items[i].count; k++)
            valid += toka_schema_validate(items[i].schema, items[i].instances[k], NULL) == TOKA_OK;
        instances += items[i].count;
    }
    long long ended = processor_ns();
    if (tell)
        printf("%lld %lld %zu %zu\n", compiled - started, ended - compiled, instances, valid);
    for (size_t i = 0; i < count; i++)
        toka_schema_unref(items[i].schema);
}

int main(int argc, char **argv)
{
    size_t count = 0;

    if (argc != 3)
        return 2;
    item *items = read_items(argv[2], &count);
    if (strcmp(argv[1], "accept") == 0) {
        for (size_t i = 0; i < count; i++) {
            toka_schema *schema = compile(items[i].text);
            putchar(schema ? '1' : '0');
            toka_schema_unref(schema);
        }
        putchar('\n');
    } else {
        pass(items, count, false);
        pass(items, count, true);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < items[i].count; k++)
            json_decref(items[i].instances[k]);
        free(items[i].instances);
        free(items[i].line);
    }
    free(items);
    return 0;
}
