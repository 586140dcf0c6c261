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

Test(command_line_compare, a_fix_that_allocates_nothing_at_all_is_a_pass)
{
    compared done = compare(BUILD("before"), BUILD("still"));
    cr_assert(eq(int, done.result.exit_code, 0), "%s\n%s", done.result.line, done.result.out);
    cr_assert(eq(int, sites(&done, "fixed"), 2), "%s", done.result.out);
    expect_printed(&done.result, "before leaks, after is clean");
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
    expect_printed(&done.result, "probably renamed: handle_request");
    expect_printed(&done.result, "answer_request");
    release(&done);
}

static void expect_exit(const command *given, int code, const char *says)
{
    command_result result = command_run(given);
    cr_assert(eq(int, result.exit_code, code), "%s\n%s%s", result.line, result.out, result.err);
    bool said = strstr(result.err, says) || (code != 2 && strstr(result.out, says));
    cr_assert(said, "'%s' is not said: %s\n%s%s", says, result.line, result.out, result.err);
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
    cr_assert(eq(ptr, json_object_get(run, "shard"), NULL), "the whole run is no shard");
    json_decref(run);
    EXPECT(0, "leaks: 2 same", "diff", out, out);
    EXPECT(2, "is a shard that was given already", "merge", one, two, one, "--out", out);
    EXPECT(0, "pass", "merge", one, two, three, one, "--replace", "--out", out, "--quiet");
    EXPECT(2, "run.json", "merge", one, "/nowhere/run.json", "--out", out);
    EXPECT(2, "--out: cannot write", "merge", one, "--out", "/proc/nowhere");
    char *checked_folder = checked_build(BUILD("after"), "glibc");
    EXPECT(2, "join shards of one suite", "merge", one, checked_folder, "--out", out);
    char *const folders[] = {folder, one, two, three, out, checked_folder};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        folder_remove(folders[i]);
    free(suite);
}

static void expect_cell_once(const json_t *run, size_t cells)
{
    cr_assert(eq(sz, json_array_size(json_object_get(run, "cells")), cells));
    for (size_t i = 0; i < cells; i++)
        for (size_t k = 0; k < i; k++) {
            const json_t *a = json_array_get(json_object_get(run, "cells"), i);
            const json_t *b = json_array_get(json_object_get(run, "cells"), k);
            cr_assert(strcmp(text_of(a, "subject"), text_of(b, "subject")) != 0 ||
                      strcmp(text_of(a, "allocator"), text_of(b, "allocator")) != 0);
        }
}

Test(command_line_compare, shards_are_divided_by_the_times_of_a_former_run)
{
    char *folder = folder_make();
    char *suite = folder_write(folder, "suite.yaml", suite_text);
    EXPECT(0, "pass", "run", "-c", suite, "--out", folder, "-q");
    json_t *times = load(folder, "run.json");
    size_t index;
    json_t *cell;
    json_array_foreach(json_object_get(times, "cells"), index, cell)
        json_object_set_new(cell, "duration_seconds", json_real(index == 1 ? 30 : 10));
    char *text = json_dumps(times, 0);
    char *file = folder_write(folder, "times.json", text);
    char *one = folder_make(), *two = folder_make(), *out = folder_make();
    EXPECT(0, "1 of 1 cell", "run", "-c", suite, "--shard", "1/2", "--shard-times", file, "--out", one);
    EXPECT(0, "3 of 3 cells", "run", "-c", suite, "--shard", "2/2", "--shard-times", file, "--out", two);
    EXPECT(0, "4 of 4 cells", "merge", two, one, "--out", out);
    json_t *run = load(out, "run.json");
    expect_cell_once(run, 4);
    EXPECT(2, "--shard-times is only for --shard", "run", "-c", suite, "--shard-times", file);
    EXPECT(2, "nowhere.json: cannot open the file", "run", "-c", suite, "--shard", "1/2", "--shard-times",
           "nowhere.json");
    char *others = checked_build(BUILD("after"), "glibc");
    EXPECT(0, "has no cell of this suite", "run", "-c", suite, "--shard", "1/2", "--shard-times", others);
    EXPECT(0, "pass", "run", "-c", suite, "--shard", "1/2", "--out", one, "-q");
    EXPECT(2, "a cell that was given already", "merge", one, two, "--out", out);
    json_decref(times);
    json_decref(run);
    free(text);
    free(file);
    free(suite);
    char *const folders[] = {folder, one, two, out, others};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        folder_remove(folders[i]);
}

Test(command_line_compare, a_shard_that_is_missing_is_told_and_can_be_joined_later)
{
    char *folder = folder_make();
    char *suite = folder_write(folder, "suite.yaml", suite_text);
    char *one = run_shard(suite, "1/3"), *three = run_shard(suite, "3/3");
    char *part = folder_make(), *out = folder_make();
    EXPECT(2, "shard 2 of 3 is missing, and with it 1 of 4 cells", "merge", one, three, "--out", part);
    cr_assert(eq(sz, folder_count(part), 0), "nothing is written");
    EXPECT(4, "the others are joined", "merge", three, one, "--partial", "--out", part);
    char *two = run_shard(suite, "2/3");
    EXPECT(0, "4 of 4 cells", "merge", part, two, "--out", out);
    char *other = run_shard(suite, "2/4");
    EXPECT(2, "of 4 shards of 4 cells, the earlier ones are of 3 shards of 4 cells", "merge", one, other,
           "--out", out);
    char *const folders[] = {folder, one, two, three, part, out, other};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        folder_remove(folders[i]);
    free(suite);
}

Test(command_line_compare, a_shard_without_cells_passes_and_is_joined)
{
    char *folder = folder_make(), *out = folder_make(), *within = NULL;
    char *suite = folder_write(folder, "suite.yaml", suite_text);
    for (unsigned i = 1; i <= 5; i++) {
        char shard[8], name[64];
        snprintf(shard, sizeof shard, "%u/5", i);
        snprintf(name, sizeof name, "%s/job-%u", out, i);
        EXPECT(0, i == 5 ? "shard 5 of 5 has nothing to run: the suite has only 4 cells" : "pass", "run",
               "-c", suite, "--shard", shard, "--out", name);
    }
    cr_assert(ge(int, asprintf(&within, "%s/whole", folder), 0));
    EXPECT(0, "4 of 4 cells", "merge", out, "--out", within);
    EXPECT(2, "there is no run.json in this folder or in its subfolders", "merge",
           HG_BUILD_DIR "/tests/plugins", "--out", within);
    free(within);
    free(suite);
    folder_remove(folder);
    folder_remove(out);
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
    EXPECT(2, "one too many", "compare", LINKED, "b.so", "c.so");
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
    EXPECT(2, "unknown format 'pdf'", "diff", "a", "b", "--format", "pdf");
    EXPECT(2, "a: cannot open the file", "diff", "a", "b");
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
