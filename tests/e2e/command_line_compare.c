/*
 * Goal: two builds, two runs and many shards are compared and joined as the help says: by exit code, in the
 * words that are printed, and in the files that are written.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUILD(name) HG_BUILD_DIR "/tests/plugins/library-" name
#define LINKED      PLUGIN("linked")

typedef struct compared {
    command_result result;
    json_t *run, *diff;
} compared;

static json_t *load(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return json_load_file(path, 0, NULL);
}

static compared compare(const char *before, const char *after)
{
    char *folder = folder_make();
    const command given = {.words = {HEAPGATE, "compare", "--before", before, "--after", after, LINKED,
                                     "--allocator", "glibc", "--allocator", "jemalloc", "--out", folder}};
    compared done = {.result = command_run(&given)};
    done.run = load(folder, "run.json");
    done.diff = load(folder, "diff.json");
    cr_assert(ne(ptr, done.run, NULL), "%s\n%s", done.result.line, done.result.err);
    cr_assert(ne(ptr, done.diff, NULL), "%s\n%s", done.result.line, done.result.err);
    folder_remove(folder);
    return done;
}

static void release(compared *done)
{
    command_result_free(&done->result);
    json_decref(done->run);
    json_decref(done->diff);
}

static int sites(const compared *done, const char *change)
{
    return (int)number_of(json_object_get(done->diff, "sites"), change);
}

static void expect_printed(const command_result *result, const char *text)
{
    cr_assert(ne(ptr, strstr(result->out, text), NULL), "'%s' is not printed: %s\n%s%s", text, result->line,
              result->out, result->err);
}

Test(command_line_compare, a_leak_that_the_build_after_fixes_is_a_pass)
{
    compared done = compare(BUILD("before"), BUILD("after"));
    cr_assert(eq(int, done.result.exit_code, 0), "%s\n%s", done.result.line, done.result.out);
    cr_assert(eq(sz, json_array_size(json_object_get(done.run, "cells")), 4));
    cr_assert(eq(int, sites(&done, "fixed"), 2), "%s", done.result.out);
    cr_assert(eq(int, sites(&done, "new"), 0));
    expect_printed(&done.result, "before leaks, after is clean");
    expect_printed(&done.result, "2 fixed; nothing is new or worse in B");
    cr_assert(eq(sz, done.result.err_size, 0), "%s", done.result.err);
    const json_t *cell = json_array_get(json_object_get(done.diff, "cells"), 0);
    cr_assert(eq(dbl, number_of(json_object_get(cell, "a"), "bytes_per_op"), 40));
    release(&done);
}

Test(command_line_compare, a_leak_that_the_build_after_brings_is_told_and_fails)
{
    compared done = compare(BUILD("after"), BUILD("before"));
    cr_assert(eq(int, done.result.exit_code, 1), "%s\n%s", done.result.line, done.result.out);
    cr_assert(eq(int, sites(&done, "new"), 2));
    expect_printed(&done.result, "handle_request");
    expect_printed(&done.result, "library.c:");
    cr_assert(ne(ptr, strstr(done.result.err, "the build before is clean"), NULL), "%s", done.result.err);
    release(&done);
}

Test(command_line_compare, a_leak_that_grows_is_worse_and_one_that_shrinks_better)
{
    compared done = compare(BUILD("before"), BUILD("worse"));
    cr_assert(eq(int, done.result.exit_code, 1));
    cr_assert(eq(int, sites(&done, "worse"), 2), "%s", done.result.out);
    release(&done);
    done = compare(BUILD("worse"), BUILD("before"));
    cr_assert(eq(int, done.result.exit_code, 1), "it still leaks");
    cr_assert(eq(int, sites(&done, "better"), 2), "%s", done.result.out);
    release(&done);
}

Test(command_line_compare, a_renamed_function_is_likely_the_same_leak)
{
    compared done = compare(BUILD("before"), BUILD("renamed"));
    cr_assert(eq(int, done.result.exit_code, 1), "it still leaks");
    cr_assert(eq(int, sites(&done, "same"), 2), "%s", done.result.out);
    expect_printed(&done.result, "likely renamed: handle_request");
    expect_printed(&done.result, "answer_request");
    release(&done);
}

static void expect_exit(const command *given, int code, const char *says)
{
    command_result result = command_run(given);
    cr_assert(eq(int, result.exit_code, code), "%s\n%s%s", result.line, result.out, result.err);
    cr_assert(ne(ptr, strstr(code == 2 ? result.err : result.out, says), NULL), "'%s' is not said: %s\n%s%s",
              says, result.line, result.out, result.err);
    if (code == 2) {
        char *end = strchr(result.err, '\n');
        cr_assert(eq(sz, result.out_size, 0), "%s\n%s", result.line, result.out);
        cr_assert(ne(ptr, end, NULL));
        cr_assert(eq(str, end, "\n"), "more than one line: %s\n%s", result.line, result.err);
    }
    command_result_free(&result);
}

#define EXPECT(code, says, ...)                                                                              \
    do {                                                                                                     \
        const command given_command = {.words = {HEAPGATE, __VA_ARGS__}};                                    \
        expect_exit(&given_command, code, says);                                                             \
    } while (0)

/* A folder with the run of the plug-in against one build. */
static char *checked_build(const char *build, const char *allocator)
{
    char *folder = folder_make();
    setenv("LD_LIBRARY_PATH", build, 1);
    const command given = {
        .words = {HEAPGATE, "check", LINKED, "--allocator", allocator, "--out", folder, "--quiet"}};
    command_result result = command_run(&given);
    cr_assert(le(int, result.exit_code, 1), "%s\n%s", result.line, result.err);
    command_result_free(&result);
    unsetenv("LD_LIBRARY_PATH");
    return folder;
}

Test(command_line_compare, two_runs_are_read_from_the_first_to_the_second)
{
    char *leaks = checked_build(BUILD("before"), "glibc");
    char *clean = checked_build(BUILD("after"), "glibc");
    char *other = checked_build(BUILD("after"), "jemalloc");
    EXPECT(0, "1 same; nothing is new or worse", "diff", leaks, leaks);
    EXPECT(0, "1 fixed", "diff", leaks, clean);
    EXPECT(1, "1 new", "diff", clean, leaks);
    EXPECT(1, "\"new\": 1", "diff", clean, leaks, "--format", "json");
    EXPECT(1, "## ❌ heapgate diff, leaks: 1 new", "diff", clean, leaks, "--format", "markdown");
    EXPECT(2, "have no cell in common", "diff", clean, other);
    EXPECT(2, "have no cell in common", "diff", clean, leaks, "--from", "main", "--to", "nobody");
    EXPECT(1, "1 new", "diff", clean, leaks, "--from", "main", "--to", "main");
    folder_remove(leaks);
    folder_remove(clean);
    folder_remove(other);
}

Test(command_line_compare, a_diff_is_written_to_a_file_that_can_be_written)
{
    char *leaks = checked_build(BUILD("before"), "glibc");
    char *file = folder_write(leaks, "diff.json", "old");
    EXPECT(0, "", "diff", leaks, leaks, "--format", "json", "--output", file);
    json_t *diff = load(leaks, "diff.json");
    cr_assert(eq(str, (char *)text_of(diff, "schema"), "heapgate-diff/1"));
    json_decref(diff);
    EXPECT(2, "cannot write /nowhere/diff", "diff", leaks, leaks, "--output", "/nowhere/diff");
    EXPECT(2, "cannot write /dev/full", "diff", leaks, leaks, "--output", "/dev/full");
    free(file);
    folder_remove(leaks);
}

static const char suite_text[] =
    "suite: shards\n"
    "subjects:\n"
    "  before: {library_path: " BUILD("before") ", expect: leak}\n"
                                                "  after: {library_path: " BUILD(
                                                    "after") ", expect: clean}\n"
                                                             "allocators: [glibc, jemalloc]\n"
                                                             "workloads:\n"
                                                             "  linked: {plugin: " LINKED ", ops: 2000}\n";

static char *run_shard(const char *suite, const char *shard)
{
    char *folder = folder_make();
    const command given = {.words = {HEAPGATE, "run", "-c", suite, "--shard", shard, "--out", folder, "-q"}};
    expect_exit(&given, 0, "pass");
    return folder;
}

Test(command_line_compare, shards_are_joined_into_the_whole_run)
{
    char *folder = folder_make();
    char *suite = folder_write(folder, "suite.yaml", suite_text);
    char *one = run_shard(suite, "1/3"), *two = run_shard(suite, "2/3"), *three = run_shard(suite, "3/3");
    char *out = folder_make();
    EXPECT(0, "4 of 4 cells as expected", "merge", one, two, three, "--out", out);
    json_t *run = load(out, "run.json");
    cr_assert(eq(sz, json_array_size(json_object_get(run, "cells")), 4));
    cr_assert(eq(str, (char *)text_of(run, "suite"), "shards"));
    json_decref(run);
    EXPECT(0, "leaks: 2 same", "diff", out, out);
    EXPECT(2, "has a cell that is there already", "merge", one, two, one, "--out", out);
    EXPECT(0, "pass", "merge", one, two, one, "--replace", "--out", out, "--quiet");
    EXPECT(2, "run.json", "merge", one, "/nowhere/run.json", "--out", out);
    EXPECT(2, "--out: cannot write", "merge", one, "--out", "/proc/nowhere");
    char *checked_folder = checked_build(BUILD("after"), "glibc");
    EXPECT(2, "join shards of one suite", "merge", one, checked_folder, "--out", out);
    char *const folders[] = {folder, one, two, three, out, checked_folder};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        folder_remove(folders[i]);
    free(suite);
}

Test(command_line_compare, the_joined_run_fails_as_its_shards_do)
{
    char *leaks = checked_build(BUILD("before"), "glibc");
    char *clean = checked_build(BUILD("after"), "jemalloc");
    EXPECT(1, "leak", "merge", clean, leaks, "--out", leaks, "-q");
    folder_remove(leaks);
    folder_remove(clean);
}

Test(command_line_compare, names_what_is_wrong_with_the_words)
{
    EXPECT(2, "needs two folders and a plug-in", "compare");
    EXPECT(2, "needs two folders and a plug-in", "compare", LINKED, "--before", BUILD("before"));
    EXPECT(2, "one too many", "compare", LINKED, "b.so");
    EXPECT(2, "no folder at /nowhere", "compare", "--before", BUILD("before"), "--after", "/nowhere", LINKED);
    EXPECT(2, "the same folder", "compare", "--before", BUILD("before"), "--after",
           BUILD("after") "/../library-before", LINKED);
    EXPECT(2, "no shared library", "compare", "--before", BUILD("before"), "--after", "/proc/self/fd",
           LINKED);
    EXPECT(2, "no plug-in at", "compare", "--before", BUILD("before"), "--after", BUILD("after"),
           "/nowhere.so");
    EXPECT(2, "needs two runs", "diff");
    EXPECT(2, "needs two runs", "diff", "a");
    EXPECT(2, "one too many", "diff", "a", "b", "c");
    EXPECT(2, "go together", "diff", "a", "b", "--from", "x");
    EXPECT(2, "unknown format 'html'", "diff", "a", "b", "--format", "html");
    EXPECT(2, "a: cannot be opened", "diff", "a", "b");
    EXPECT(2, "needs runs", "merge", "--out", "x");
    EXPECT(2, "needs a folder", "merge", "a");
    EXPECT(2, "--nope", "merge", "--nope");
    EXPECT(2, "--nope", "diff", "--nope");
    EXPECT(2, "--nope", "compare", "--nope");
}

Test(command_line_compare, tells_a_damaged_or_newer_run_on_either_side)
{
    static const char *const damaged[] = {"", "{", "[]", "{\"schema\": \"heapgate-run/99\"}", "\xff\xfe"};
    char *good = checked_build(BUILD("after"), "glibc");
    char *folder = folder_make();
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        char *bad = folder_write(folder, "run.json", damaged[i]);
        EXPECT(2, bad, "diff", bad, good);
        EXPECT(2, bad, "diff", good, bad);
        EXPECT(2, bad, "merge", good, bad, "--out", folder);
        EXPECT(2, bad, "merge", bad, good, "--out", folder);
        EXPECT(2, bad, "report", bad, "--format", "sarif");
        free(bad);
    }
    folder_remove(folder);
    folder_remove(good);
}

Test(command_line_compare, helps)
{
    EXPECT(0, "--before=DIR", "compare", "--help");
    EXPECT(0, "RUN_A RUN_B", "diff", "--help");
    EXPECT(0, "--replace", "merge", "--help");
    EXPECT(0, "compare", "--help");
}
