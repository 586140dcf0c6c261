/*
 * What compiling real schemas costs, against what jansson needs to merely parse the same texts; and that
 * validating valid instances allocates nothing.
 *
 *   schema_bench DIR [ROUNDS]     DIR holds .json files, subfolders included
 *
 * Rounds are interleaved (parse all, compile all, parse all, ...), so that a slow phase of the machine hits
 * both; the medians are compared. Processor time, not wall time. malloc is counted by this program's own
 * definition of it, which every library of the process calls.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <toka/schema.h>

enum { MAX_ROUNDS = 99, STATUS_COUNT = TOKA_E_NOT_SUPPORTED + 1 };

static unsigned long allocations;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    allocations++;
    return __libc_realloc(block, size);
}

struct corpus {
    toka_text *texts;
    size_t count, capacity;
    size_t bytes;
};

static void *need(void *block)
{
    if (!block) {
        fputs("schema_bench: out of memory\n", stderr);
        exit(1);
    }
    return block;
}

static void corpus_add_file(struct corpus *corpus, const char *path)
{
    FILE *file = fopen(path, "rb");
    long size = -1;
    if (file && fseek(file, 0, SEEK_END) == 0)
        size = ftell(file);
    if (size > 0) {
        char *data = need(malloc((size_t)size));
        rewind(file);
        if (fread(data, 1, (size_t)size, file) != (size_t)size)
            size = 0;
        if (corpus->count == corpus->capacity) {
            corpus->capacity = corpus->capacity ? corpus->capacity * 2 : 1024;
            corpus->texts = need(realloc(corpus->texts, corpus->capacity * sizeof *corpus->texts));
        }
        corpus->texts[corpus->count++] = (toka_text){data, (size_t)size};
        corpus->bytes += (size_t)size;
    }
    if (file)
        fclose(file);
}

static void corpus_add_folder(struct corpus *corpus, const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        size_t size = strlen(name);
        char *child;
        if (name[0] != '.' && asprintf(&child, "%s/%s", path, name) >= 0) {
            if (size > 5 && strcmp(name + size - 5, ".json") == 0)
                corpus_add_file(corpus, child);
            else
                corpus_add_folder(corpus, child);
            free(child);
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

static double processor_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double parse_all(const struct corpus *corpus)
{
    double start = processor_ms();
    for (size_t i = 0; i < corpus->count; i++) {
        json_error_t error;
        json_decref(json_loadb(corpus->texts[i].data, corpus->texts[i].size, JSON_DECODE_ANY | JSON_ALLOW_NUL,
                               &error));
    }
    return processor_ms() - start;
}

static double compile_all(const struct corpus *corpus, size_t by_status[STATUS_COUNT])
{
    double start = processor_ms();
    memset(by_status, 0, STATUS_COUNT * sizeof *by_status);
    for (size_t i = 0; i < corpus->count; i++) {
        toka_schema *schema = NULL;
        toka_error err;
        by_status[toka_schema_compile(corpus->texts[i], NULL, &schema, &err)]++;
        toka_schema_unref(schema);
    }
    return processor_ms() - start;
}

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare_doubles);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* Each text as an instance of the metaschema. Returns the time; counts what was valid, and what that
 * allocated. */
static double validate_all(const struct corpus *corpus, size_t *valid, unsigned long *allocated)
{
    static const char text[] = "{\"$ref\": \"http://json-schema.org/draft-07/schema#\"}";
    toka_schema *schema = NULL;
    double spent = 0;
    if (toka_schema_compile((toka_text){text, sizeof text - 1}, NULL, &schema, NULL) != TOKA_OK)
        exit(1);
    for (size_t i = 0; i < corpus->count; i++) {
        json_t *instance =
            json_loadb(corpus->texts[i].data, corpus->texts[i].size, toka_json_flags(corpus->texts[i]), NULL);
        unsigned long before = allocations;
        double start = processor_ms();
        if (instance && toka_schema_validate(schema, instance, NULL) == TOKA_OK) {
            ++*valid;
            *allocated += allocations - before;
        }
        spent += processor_ms() - start;
        json_decref(instance);
    }
    toka_schema_unref(schema);
    return spent;
}

static void print_statuses(const size_t by_status[STATUS_COUNT])
{
    for (int status = 0; status < STATUS_COUNT; status++)
        if (by_status[status])
            printf("  %-12s %8zu\n", toka_status_name((toka_status)status), by_status[status]);
}

int main(int argc, char *argv[])
{
    int rounds = argc > 2 ? atoi(argv[2]) : 7;
    struct corpus corpus = {.texts = NULL};
    double parse[MAX_ROUNDS], compile[MAX_ROUNDS], ratio[MAX_ROUNDS];
    size_t by_status[STATUS_COUNT], valid = 0;
    unsigned long allocated = 0;
    if (argc < 2 || rounds < 1 || rounds > MAX_ROUNDS) {
        fputs("usage: schema_bench DIR [ROUNDS]\n", stderr);
        return 2;
    }
    corpus_add_folder(&corpus, argv[1]);
    if (corpus.count == 0) {
        fprintf(stderr, "schema_bench: no .json file under %s\n", argv[1]);
        return 2;
    }
    for (int round = 0; round < rounds; round++) {
        parse[round] = parse_all(&corpus);
        compile[round] = compile_all(&corpus, by_status);
        ratio[round] = compile[round] / parse[round];
    }
    double validate = validate_all(&corpus, &valid, &allocated);
    double count = (double)corpus.count, parse_ms = median(parse, (size_t)rounds);
    double compile_ms = median(compile, (size_t)rounds);
    printf("%zu schemas, %.1f MB, %d rounds\n\n", corpus.count, (double)corpus.bytes / 1e6, rounds);
    printf("%-34s %10s %12s\n", "", "ms", "us/schema");
    printf("%-34s %10.1f %12.2f\n", "jansson: parse and free", parse_ms, parse_ms * 1e3 / count);
    printf("%-34s %10.1f %12.2f\n", "libtoka: parse, compile and free", compile_ms, compile_ms * 1e3 / count);
    printf("%-34s %10.1f %12.2f\n", "libtoka: validate by the metaschema", validate, validate * 1e3 / count);
    printf("\nratio compile / parse (median of rounds)   %.2f\n", median(ratio, (size_t)rounds));
    printf("allocations while validating %zu valid instances   %lu\n\nschemas by status\n", valid, allocated);
    print_statuses(by_status);
    for (size_t i = 0; i < corpus.count; i++)
        free((char *)corpus.texts[i].data);
    free(corpus.texts);
    return 0;
}
