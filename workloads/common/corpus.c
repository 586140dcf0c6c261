#include "corpus.h"

#include <errno.h>
#include <fts.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int corpus_fail(const char *path, const char *problem)
{
    fprintf(stderr, "corpus %s: %s\n", path, problem);
    return 1;
}

/* Makes room for `more` bytes behind what is there. */
static bool corpus_reserve(struct corpus *corpus, size_t more)
{
    size_t capacity = corpus->capacity ? corpus->capacity : 1u << 20;
    char *bytes = NULL;

    if (corpus->bytes && more <= corpus->capacity - corpus->size)
        return true;
    if (more > CORPUS_MAX_BYTES - corpus->size)
        return false;
    while (capacity - corpus->size < more)
        capacity *= 2;
    bytes = realloc(corpus->bytes, capacity);
    if (!bytes)
        return false;
    corpus->bytes = bytes;
    corpus->capacity = capacity;
    return true;
}

/* Makes a text of the last `size` bytes. */
static bool corpus_add_text(struct corpus *corpus, size_t size)
{
    if (corpus->count == corpus->text_capacity) {
        size_t capacity = corpus->text_capacity ? 2 * corpus->text_capacity : 1024;
        struct corpus_text *texts = NULL;

        if (capacity > 2 * (size_t)CORPUS_MAX_TEXTS)
            return false;
        texts = realloc(corpus->texts, capacity * sizeof *texts);
        if (!texts)
            return false;
        corpus->texts = texts;
        corpus->text_capacity = capacity;
    }
    corpus->texts[corpus->count++] = (struct corpus_text){corpus->size - size, size};
    corpus->longest = size > corpus->longest ? size : corpus->longest;
    return true;
}

static bool is_suite(const json_t *document)
{
    const json_t *group = NULL;
    size_t i = 0;

    json_array_foreach(document, i, group)
    {
        if (!json_object_get(group, "schema") || !json_is_array(json_object_get(group, "tests")))
            return false;
    }
    return json_array_size(document) > 0;
}

static bool corpus_add_group(struct corpus *corpus, const json_t *group)
{
    char *schema = json_dumps(json_object_get(group, "schema"), JSON_ENCODE_ANY);
    size_t size = schema ? strlen(schema) : 0;
    bool added = schema && corpus_reserve(corpus, size);

    if (added) {
        memcpy(corpus->bytes + corpus->size, schema, size);
        corpus->size += size;
        added = corpus_add_text(corpus, size);
    }
    free(schema);
    return added;
}

/* Makes the last `size` bytes, one file, into texts. */
static bool corpus_add_file(struct corpus *corpus, size_t size)
{
    const char *start = corpus->bytes + corpus->size - size;
    size_t blank = 0;
    json_t *suite = NULL;
    bool added = true;

    while (blank < size && strchr(" \t\r\n", start[blank]) && start[blank])
        blank++;
    if (blank < size && start[blank] == '[')
        suite = json_loadb(start, size, JSON_ALLOW_NUL, NULL);
    if (suite && is_suite(suite)) {
        corpus->size -= size;
        for (size_t i = 0; i < json_array_size(suite) && added; i++)
            added = corpus_add_group(corpus, json_array_get(suite, i));
    } else {
        added = corpus_add_text(corpus, size);
    }
    json_decref(suite);
    return added;
}

static int corpus_read_file(struct corpus *corpus, const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat info;
    size_t size = 0, got = 0;
    bool read_all = false;

    if (!file)
        return corpus_fail(path, strerror(errno));
    if (fstat(fileno(file), &info) != 0 || info.st_size > (off_t)CORPUS_MAX_FILE_BYTES) {
        fclose(file);
        return corpus_fail(path, "larger than 16 MiB");
    }
    size = (size_t)info.st_size;
    if (!corpus_reserve(corpus, size)) {
        fclose(file);
        return corpus_fail(path, "out of memory, or the corpus is larger than 1 GiB");
    }
    if (size > 0)
        got = fread(corpus->bytes + corpus->size, 1, size, file);
    read_all = got == size && !ferror(file);
    fclose(file);
    if (!read_all)
        return corpus_fail(path, "cannot be read");
    corpus->size += size;
    return corpus_add_file(corpus, size) ? 0
                                         : corpus_fail(path, "out of memory, or more than 1,000,000 schemas");
}

static int compare_names(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool is_json_name(const FTSENT *entry)
{
    return entry->fts_namelen > 5 && strcmp(entry->fts_name + entry->fts_namelen - 5, ".json") == 0;
}

static int corpus_walk(struct corpus *corpus, FTS *tree)
{
    int failed = 0;

    for (FTSENT *entry = fts_read(tree); entry && !failed; entry = failed ? entry : fts_read(tree)) {
        if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS)
            failed = corpus_fail(entry->fts_path, strerror(entry->fts_errno));
        else if (entry->fts_info == FTS_SLNONE && is_json_name(entry))
            failed = corpus_fail(entry->fts_path, "a link to nowhere");
        else if (entry->fts_info == FTS_F && (is_json_name(entry) || entry->fts_level == FTS_ROOTLEVEL))
            failed = corpus_read_file(corpus, entry->fts_accpath);
    }
    return failed;
}

int corpus_open(struct corpus *corpus, const char *path)
{
    char *root = strdup(path);
    FTS *tree = root ? fts_open((char *const[]){root, NULL}, FTS_LOGICAL | FTS_NOCHDIR, compare_names) : NULL;
    int failed = tree ? corpus_walk(corpus, tree) : corpus_fail(path, strerror(errno));

    if (tree)
        fts_close(tree);
    free(root);
    if (!failed && corpus->count == 0)
        failed = corpus_fail(path, "no .json file in it");
    if (failed)
        corpus_close(corpus);
    return failed;
}

toka_text corpus_text(const struct corpus *corpus, size_t index)
{
    return (toka_text){corpus->bytes + corpus->texts[index].offset, corpus->texts[index].size};
}

void corpus_close(struct corpus *corpus)
{
    free(corpus->bytes);
    free(corpus->texts);
    *corpus = (struct corpus){0};
}
