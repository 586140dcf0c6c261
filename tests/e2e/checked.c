#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

checked check(const char *plugin, const char *chosen, const char *const *options)
{
    char *folder = folder_make();
    char path[4096];
    command given = {.words = {HEAPGATE, "check", plugin, "--out", folder, "--holders", "never"}};
    size_t used = 7;
    for (size_t i = 0; options && options[i] && used + 1 < COMMAND_MOST_WORDS; i++)
        given.words[used++] = options[i];
    if (chosen)
        setenv("HEAPGATE_TEST_CASE", chosen, 1);
    checked done = {.result = command_run(&given)};
    snprintf(path, sizeof path, "%s/run.json", folder);
    done.run = json_load_file(path, 0, NULL);
    folder_remove(folder);
    return done;
}

void checked_free(checked *done)
{
    command_result_free(&done->result);
    json_decref(done->run);
    done->run = NULL;
}

json_t *checked_cell(const checked *done, size_t index)
{
    json_t *cell = json_array_get(json_object_get(done->run, "cells"), index);
    cr_assert(ne(ptr, cell, NULL), "no cell %zu: %s\n%s%s", index, done->result.line, done->result.out,
              done->result.err);
    return cell;
}

size_t checked_cells(const checked *done)
{
    return json_array_size(json_object_get(done->run, "cells"));
}

const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    cr_assert(ne(ptr, (void *)text, NULL), "no text '%s'", key);
    return text;
}

double number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    bool is_number = json_is_number(value);
    cr_assert(is_number, "no number '%s'", key);
    return json_number_value(value);
}

json_t *culprit_of(const json_t *cell, size_t site)
{
    json_t *frames = json_object_get(json_array_get(json_object_get(cell, "sites"), site), "frames");
    cr_assert(lt(sz, 0, json_array_size(frames)), "site %zu has no frames", site);
    return json_array_get(frames, 0);
}

int marked_line(const char *source, const char *name)
{
    char path[4096];
    char marker[128];
    char line[512];
    snprintf(path, sizeof path, "%s/tests/e2e/plugins/%s", HG_SOURCE_DIR, source);
    snprintf(marker, sizeof marker, "/* here: %s */", name);
    FILE *file = fopen(path, "r");
    cr_assert(ne(ptr, file, NULL), "%s", path);
    int number = 0;
    int found = 0;
    while (!found && fgets(line, sizeof line, file)) {
        number++;
        if (strstr(line, marker))
            found = number;
    }
    fclose(file);
    cr_assert(lt(int, 0, found), "%s has no line with %s", path, marker);
    return found;
}

/* The allocators' words and the given options. */
static void join(const char *const *allocators, const char *const *options,
                 const char *ret_words[COMMAND_MOST_WORDS])
{
    size_t used = 0;
    const char *const *const lists[] = {allocators, options};
    for (size_t list = 0; list < 2; list++)
        for (size_t i = 0; lists[list] && lists[list][i] && used + 1 < COMMAND_MOST_WORDS; i++)
            ret_words[used++] = lists[list][i];
    ret_words[used] = NULL;
}

static const char *const every[] = {EVERY_ALLOCATOR, NULL};
static const char *const strict[] = {"--allocator", "glibc", "--allocator", "jemalloc", NULL};

static void expect_culprit(const expected_leak *expected, const json_t *cell, const char *line)
{
    const json_t *culprit = culprit_of(cell, 0);
    const char *file = text_of(culprit, "file");
    const char *slash = strrchr(file, '/');
    cr_assert(eq(str, (char *)text_of(culprit, "function"), (char *)expected->function), "%s", line);
    cr_assert(eq(str, (char *)(slash ? slash + 1 : file), (char *)expected->source), "%s", line);
    cr_assert(eq(int, (int)number_of(culprit, "line"), marked_line(expected->source, expected->chosen)), "%s",
              line);
}

static void expect_rate(const json_t *cell, const char *key, double expected, const char *line)
{
    double found = number_of(cell, key);
    cr_assert(le(dbl, fabs(found - expected), 0.01 * expected), "%s is %g, expected %g: %s", key, found,
              expected, line);
}

void expect_leak(const expected_leak *expected)
{
    const char *words[COMMAND_MOST_WORDS];
    const char *const one[] = {"--allocator", expected->only, NULL};
    size_t count = expected->only ? 1 : ALLOCATORS;
    join(expected->only ? one : every, expected->options, words);
    checked done = check(expected->plugin, expected->chosen, words);
    const char *line = done.result.line;
    cr_assert(eq(sz, checked_cells(&done), count), "%s\n%s%s", line, done.result.out, done.result.err);
    for (size_t i = 0; i < count; i++) {
        const json_t *cell = checked_cell(&done, i);
        cr_assert(eq(str, (char *)text_of(cell, "verdict"), "leak"), "%s: %s\n%s", text_of(cell, "reason"),
                  line, text_of(cell, "log"));
        expect_rate(cell, "bytes_per_op", expected->bytes_per_op, line);
        expect_rate(cell, "blocks_per_op", expected->blocks_per_op, line);
        expect_culprit(expected, cell, line);
    }
    cr_assert(eq(int, done.result.exit_code, 1), "%s", line);
    checked_free(&done);
}

static void expect_clean_on(const char *const *allocators, size_t count, const char *plugin,
                            const char *chosen, const char *const *options)
{
    const char *words[COMMAND_MOST_WORDS];
    join(allocators, options, words);
    checked done = check(plugin, chosen, words);
    cr_assert(eq(sz, checked_cells(&done), count), "%s\n%s%s", done.result.line, done.result.out,
              done.result.err);
    for (size_t i = 0; i < count; i++) {
        const json_t *cell = checked_cell(&done, i);
        cr_assert(eq(str, (char *)text_of(cell, "verdict"), "clean"), "%s: %s\n%s", text_of(cell, "reason"),
                  done.result.line, text_of(cell, "log"));
    }
    cr_assert(eq(int, done.result.exit_code, 0), "%s", done.result.line);
    checked_free(&done);
}

void expect_clean(const char *plugin, const char *chosen, const char *const *options)
{
    expect_clean_on(every, ALLOCATORS, plugin, chosen, options);
}

void expect_clean_where_strict(const char *plugin, const char *chosen, const char *const *options)
{
    expect_clean_on(strict, 2, plugin, chosen, options);
}

void expect_clean_only(const char *plugin, const char *chosen, const char *allocator)
{
    const char *const one[] = {"--allocator", allocator, NULL};
    expect_clean_on(one, 1, plugin, chosen, NULL);
}
