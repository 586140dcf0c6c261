#include "schema_source.h"

#include "schema_generator.h"

#include <heapgate/workload.h>
#include <inttypes.h>
#include <stdio.h>

int schema_source_open_with(struct schema_source *source, const char *workload,
                            const toka_schema_store_options *options)
{
    const char *path = heapgate_corpus();

    *source = (struct schema_source){
        .workload = workload, .seed = heapgate_seed(), .capacity = SCHEMA_GENERATOR_BYTES};
    if (path) {
        if (corpus_open(&source->corpus, path))
            return 1;
        source->replays = true;
        source->capacity = source->corpus.longest + SCHEMA_COMMENT_BYTES;
    }
    source->buffer = malloc(source->capacity);
    if (!source->buffer || toka_schema_store_new(options, &source->store) != TOKA_OK) {
        fprintf(stderr, "%s: out of memory: cannot make a store and a schema of %zu bytes\n", workload,
                source->capacity);
        schema_source_close(source);
        return 1;
    }
    return 0;
}

int schema_source_open(struct schema_source *source, const char *workload, bool cached)
{
    const toka_schema_store_options options = {.cached = cached};

    return schema_source_open_with(source, workload, &options);
}

static size_t skip_blanks(toka_text text, size_t i)
{
    while (i < text.size && text.data[i] && strchr(" \t\r\n", text.data[i]))
        i++;
    return i;
}

void schema_text_write_new(struct text_writer *out, toka_text text, const char *what, uint64_t number)
{
    size_t brace = skip_blanks(text, 0), inner = 0;

    if (brace == text.size || text.data[brace] != '{') {
        text_put_bytes(out, text.data, text.size);
        return;
    }
    inner = skip_blanks(text, brace + 1);
    text_put(out, "{\"$comment\":\"");
    text_put(out, what);
    text_put(out, " ");
    text_put_number(out, number);
    text_put(out, inner < text.size && text.data[inner] == '}' ? "\"" : "\",");
    text_put_bytes(out, text.data + brace + 1, text.size - brace - 1);
}

toka_text schema_source_text(struct schema_source *source, uint64_t i)
{
    struct text_writer out = {.data = source->buffer, .capacity = source->capacity};
    size_t count = source->corpus.count;

    if (!source->replays)
        schema_generate(source->seed, i, &out);
    else if (i < count)
        return corpus_text(&source->corpus, (size_t)i);
    else
        schema_text_write_new(&out, corpus_text(&source->corpus, (size_t)(i % count)), "op", i);
    return (toka_text){out.data, out.size};
}

int schema_source_check(const struct schema_source *source, uint64_t i, toka_status status,
                        const toka_error *error)
{
    if (status == TOKA_OK)
        return 0;
    if (source->replays && status != TOKA_E_NO_MEMORY && status != TOKA_E_ARGUMENT)
        return 0;
    fprintf(stderr, "%s: op %" PRIu64 ": %s: %s at \"%s\"\n", source->workload, i, toka_status_name(status),
            error->message, error->pointer);
    return 1;
}

int schema_source_share(struct schema_source *copy, const struct schema_source *of)
{
    char *buffer = malloc(of->capacity);

    if (!buffer) {
        fprintf(stderr, "%s: out of memory: cannot make a schema of %zu bytes\n", of->workload, of->capacity);
        return 1;
    }
    *copy = *of;
    copy->buffer = buffer;
    return 0;
}

void schema_source_unshare(struct schema_source *copy)
{
    free(copy->buffer);
    *copy = (struct schema_source){0};
}

void schema_source_close(struct schema_source *source)
{
    toka_schema_store_free(source->store);
    corpus_close(&source->corpus);
    free(source->buffer);
    *source = (struct schema_source){0};
}
