/*
 * Goal: a libFuzzer target is a leak test as it stands: every input of the corpus in turn, with a rate an
 * input.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder with these files: names and contents in turn, ended by NULL. */
static char *corpus_make(const char *const *files)
{
    char *folder = folder_make();
    for (size_t i = 0; files[i]; i += 2)
        free(folder_write(folder, files[i], files[i + 1]));
    return folder;
}

#define CORPUS(...) corpus_make((const char *const[]){__VA_ARGS__, NULL})

static checked check_with(const char *plugin, const char *chosen, const char *corpus)
{
    const char *const options[] = {"--corpus", corpus, NULL};
    return check(plugin, chosen, options);
}

static const json_t *expect_cell(const checked *done, int code, const char *verdict)
{
    const json_t *cell = checked_cell(done, 0);
    cr_assert(eq(str, (char *)text_of(cell, "verdict"), (char *)verdict), "%s: %s", text_of(cell, "reason"),
              done->result.line);
    cr_assert(eq(int, done->result.exit_code, code), "%s", done->result.line);
    return cell;
}

Test(fuzz_targets, sees_what_a_parser_of_libxml2_documents_forgets)
{
    char *corpus =
        CORPUS("1.xml", "<a><b/></a>", "2.xml", "<a>", "3.xml", "", "4.xml", "<!DOCTYPE a><a x='y'/>");
    checked leaking = check_with(PLUGIN("fuzz_libxml2_leaking"), "", corpus);
    const json_t *cell = expect_cell(&leaking, 1, "leak");
    cr_assert(eq(str, (char *)text_of(cell, "unit"), "input"));
    cr_assert(eq(str, (char *)text_of(culprit_of(cell, 0), "function"), "LLVMFuzzerTestOneInput"));
    checked_free(&leaking);
    checked healthy = check_with(PLUGIN("fuzz_libxml2_healthy"), "", corpus);
    expect_cell(&healthy, 0, "clean");
    checked_free(&healthy);
    folder_remove(corpus);
}

Test(fuzz_targets, counts_every_input_alike_an_empty_one_too)
{
    char *corpus = CORPUS("a", "a", "b", "", "c", "bb", ".hidden", "0123456789", "d", "ccccc");
    char *below;
    cr_assert(lt(int, 0, asprintf(&below, "%s/folder", corpus)));
    cr_assert(eq(int, mkdir(below, 0777), 0));
    checked done = check_with(PLUGIN("fuzz"), "loses", corpus);
    const json_t *cell = expect_cell(&done, 1, "leak");
    double expected = 16 + (1 + 0 + 2 + 5) / 4.0;
    double found = number_of(cell, "bytes_per_op");
    cr_assert(lt(dbl, fabs(found - expected), 1e-6), "%g, expected %g", found, expected);
    cr_assert(eq(int, (int)number_of(culprit_of(cell, 0), "line"), marked_line("fuzz.c", "lose_input")));
    checked_free(&done);
    free(below);
    folder_remove(corpus);
}

Test(fuzz_targets, keeps_to_a_budget_an_input_and_repeats_it)
{
    char *corpus = CORPUS("a", "a", "b", "bbb");
    const char *const enough[] = {"--corpus", corpus, "--max-bytes-per-op", "18", NULL};
    const char *const little[] = {"--corpus", corpus, "--max-bytes-per-op", "17.9", NULL};
    checked done = check(PLUGIN("fuzz"), "loses", enough);
    expect_cell(&done, 0, "clean");
    checked_free(&done);
    done = check(PLUGIN("fuzz"), "loses", little);
    const char *again = text_of(expect_cell(&done, 1, "leak"), "reproduce");
    cr_assert(ne(ptr, strstr(again, " --max-bytes-per-op 17.9 "), NULL), "%s", again);
    cr_assert(ne(ptr, strstr(again, corpus), NULL), "%s", again);
    checked_free(&done);
    folder_remove(corpus);
}

Test(fuzz_targets, gives_inputs_in_the_order_of_their_names_in_whole_passes)
{
    char *corpus = CORPUS("c.txt", "c", "a.txt", "a", "b.txt", "b");
    checked done = check_with(PLUGIN("fuzz"), "order", corpus);
    const json_t *cell = expect_cell(&done, 0, "clean");
    double ops = number_of(cell, "ops") / number_of(cell, "rounds");
    cr_assert(ge(dbl, ops, 1000));
    cr_assert(eq(dbl, fmod(ops, 3), 0), "%g ops a round", ops);
    checked_free(&done);
    const char *const options[] = {"--corpus", corpus, "--rounds", "7", NULL};
    done = check(PLUGIN("fuzz"), "order", options);
    cell = expect_cell(&done, 0, "clean");
    ops = number_of(cell, "ops") / number_of(cell, "rounds");
    cr_assert(eq(dbl, fmod(ops, 3), 0), "%g ops a round", ops);
    checked_free(&done);
    folder_remove(corpus);
}

Test(fuzz_targets, keeps_the_corpora_of_a_suite_apart)
{
    char *three = CORPUS("a", "a", "b", "b", "c", "c");
    char *seven = CORPUS("a", "", "b", "", "c", "", "d", "", "e", "", "f", "", "g", "");
    char *text;
    char path[4096];
    const char *pattern =
        "subjects: {main: {}}\nallocators: [glibc]\nworkloads:\n"
        "  three: {plugin: " PLUGIN("fuzz") ", corpus: %s}\n"
                                            "  seven: {plugin: " PLUGIN("fuzz") ", corpus: %s}\n";
    cr_assert(lt(int, 0, asprintf(&text, pattern, three, seven)));
    char *folder = folder_make();
    char *suite = folder_write(folder, "suite.yaml", text);
    const command given = {.words = {HEAPGATE, "run", "-c", suite, "--out", folder}};
    checked done = {.result = command_run(&given)};
    snprintf(path, sizeof path, "%s/run.json", folder);
    done.run = json_load_file(path, 0, NULL);
    cr_assert(eq(int, done.result.exit_code, 0), "%s\n%s%s", done.result.line, done.result.out,
              done.result.err);
    for (size_t i = 0; i < 2; i++) {
        double ops = number_of(checked_cell(&done, i), "ops") / number_of(checked_cell(&done, i), "rounds");
        cr_assert(eq(dbl, fmod(ops, i == 0 ? 3 : 7), 0), "%g ops a round", ops);
    }
    checked_free(&done);
    free(suite);
    free(text);
    folder_remove(folder);
    folder_remove(seven);
    folder_remove(three);
}

Test(fuzz_targets, takes_one_file_as_a_corpus_and_any_return_value)
{
    char *folder = folder_make();
    char *file = folder_write(folder, "input", "x");
    checked done = check_with(PLUGIN("fuzz"), "rejects", file);
    expect_cell(&done, 0, "clean");
    checked_free(&done);
    done = check_with(PLUGIN("fuzz"), "", file);
    expect_cell(&done, 0, "clean");
    checked_free(&done);
    free(file);
    folder_remove(folder);
}

Test(fuzz_targets, tells_in_which_op_a_target_crashed)
{
    char *corpus = CORPUS("1", "a", "2", "bb");
    checked done = check_with(PLUGIN("fuzz"), "crashes", corpus);
    const json_t *cell = expect_cell(&done, 4, "failed");
    cr_assert(ne(ptr, strstr(text_of(cell, "reason"), "crashed in op 1, input 2: signal 11"), NULL), "%s",
              text_of(cell, "reason"));
    checked_free(&done);
    folder_remove(corpus);
}

/* A corpus of 40 inputs, one of which is marked. */
static char *marked_corpus(void)
{
    char *folder = folder_make();
    for (int i = 0; i < 40; i++) {
        char name[16], text[32];
        snprintf(name, sizeof name, "input-%02d", i);
        snprintf(text, sizeof text, "%stext %d", i == 17 ? "!" : "", i);
        free(folder_write(folder, name, text));
    }
    return folder;
}

Test(fuzz_targets, a_target_in_cxx_with_a_mutator_is_told_from_its_cache)
{
    char *corpus = marked_corpus();
    checked cache = check_with(PLUGIN("fuzz_cxx"), "cache", corpus);
    expect_cell(&cache, 0, "clean");
    checked_free(&cache);
    const char *const leaks[] = {"grows", "one"};
    for (size_t i = 0; i < 2; i++) {
        checked done = check_with(PLUGIN("fuzz_cxx"), leaks[i], corpus);
        const json_t *cell = expect_cell(&done, 1, "leak");
        cr_assert(ne(ptr, strstr(text_of(culprit_of(cell, 0), "function"), "remember"), NULL), "%s",
                  done.result.line);
        checked_free(&done);
    }
    folder_remove(corpus);
}

Test(fuzz_targets, names_the_input_that_ended_the_target)
{
    static const struct {
        const char *chosen, *says;
    } cases[] = {
        {"exits", "ended the process in op 17, input input-17 with exit code 3"},
        {"aborts", "crashed in op 17, input input-17: signal 6"},
        {"throws", "crashed in op 17, input input-17: signal 6"},
    };
    char *corpus = marked_corpus();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        checked done = check_with(PLUGIN("fuzz_cxx"), cases[i].chosen, corpus);
        const json_t *cell = expect_cell(&done, 4, "failed");
        cr_assert(ne(ptr, strstr(text_of(cell, "reason"), cases[i].says), NULL), "%s",
                  text_of(cell, "reason"));
        checked_free(&done);
    }
    folder_remove(corpus);
}

static void expect_refusal(const char *plugin, const char *says)
{
    const command given = {.words = {HEAPGATE, "check", plugin, "--corpus", HG_SOURCE_DIR "/README.md"}};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 2), "%s\n%s%s", result.line, result.out, result.err);
    cr_assert(ne(ptr, strstr(result.err, says), NULL), "%s\n%s", result.line, result.err);
    command_result_free(&result);
}

#define PLUG_IN "int heapgate_iterate(unsigned long i){return i == 0;}"

Test(fuzz_targets, says_how_to_build_what_cannot_be_loaded)
{
    static const struct {
        const char *source, *options, *says;
    } cases[] = {
        {"int main(void){return 0;}", "", "measure it with heapgate exec"},
        {"int f(void){return 0;}", "-c", "this is an object file: link it with -shared -fPIC"},
        {"void __asan_init(void); void f(void){__asan_init();}", "-shared -fPIC",
         "compile it without -fsanitize"},
        {PLUG_IN, "-shared -fPIC -fsanitize=address",
         "made is built with a sanitizer: compile it without -fsanitize"},
        {PLUG_IN, "-shared -fPIC -fsanitize=thread", "compile it without -fsanitize"},
        {PLUG_IN, "-shared -fPIC -fsanitize=leak", "compile it without -fsanitize"},
    };
    char *folder = folder_make();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[512];
        free(folder_write(folder, "made.c", cases[i].source));
        snprintf(line, sizeof line, "cc %s -o made made.c", cases[i].options);
        const command build = {.words = {"sh", "-c", line}, .folder = folder};
        command_result built = command_run(&build);
        cr_assert(eq(int, built.exit_code, 0), "%s\n%s", built.line, built.err);
        command_result_free(&built);
        char *made;
        cr_assert(lt(int, 0, asprintf(&made, "%s/made", folder)));
        expect_refusal(made, cases[i].says);
        free(made);
    }
    folder_remove(folder);
    expect_refusal(HG_SOURCE_DIR "/README.md", "this is no shared object");
}

Test(fuzz_targets, says_so_of_a_library_that_is_built_with_a_sanitizer)
{
    static const char script[] =
        "echo 'int f(void){return 0;}' | cc -xc -shared -fPIC -fsanitize=address -o libf.so - && "
        "echo 'int f(void); " PLUG_IN " int (*used)(void) = f;' | "
        "cc -xc -shared -fPIC -o made.so - -L. -lf -Wl,-rpath,$PWD";
    char *folder = folder_make(), *made;
    const command build = {.words = {"sh", "-c", script}, .folder = folder};
    command_result built = command_run(&build);
    cr_assert(eq(int, built.exit_code, 0), "%s\n%s", built.line, built.err);
    command_result_free(&built);
    cr_assert(gt(int, asprintf(&made, "%s/made.so", folder), 0));
    expect_refusal(made, "a library of");
    expect_refusal(made, "is built with a sanitizer: compile it without -fsanitize");
    free(made);
    folder_remove(folder);
}

static void expect_complaint(const char *corpus, const char *says)
{
    const command given = {.words = {HEAPGATE, "check", PLUGIN("fuzz"), corpus ? "--corpus" : NULL, corpus}};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 2), "%s\n%s%s", result.line, result.out, result.err);
    cr_assert(ne(ptr, strstr(result.err, says), NULL), "%s\n%s", result.line, result.err);
    cr_assert(eq(str, strchr(result.err, '\n'), "\n"), "more than one line: %s", result.err);
    command_result_free(&result);
}

Test(fuzz_targets, complains_in_one_line_about_a_corpus_that_is_none)
{
    char *empty = folder_make();
    expect_complaint(NULL, "a libFuzzer target needs inputs");
    expect_complaint(empty, "no input in");
    free(folder_write(empty, ".gitignore", "*"));
    expect_complaint(empty, "no input in");
    expect_complaint("/nowhere", "cannot read /nowhere");
    char *link;
    cr_assert(lt(int, 0, asprintf(&link, "%s/dangling", empty)));
    cr_assert(eq(int, symlink("/nowhere", link), 0));
    expect_complaint(empty, "/dangling: No such file");
    cr_assert(eq(int, unlink(link), 0));
    cr_assert(eq(int, mkfifo(link, 0600), 0));
    expect_complaint(empty, "no input in");
    expect_complaint(link, "no input in");
    free(folder_write(empty, "large", ""));
    free(link);
    cr_assert(lt(int, 0, asprintf(&link, "%s/large", empty)));
    cr_assert(eq(int, truncate(link, (off_t)(1L << 30) + 1), 0));
    expect_complaint(empty, "larger than 1 GiB");
    free(link);
    folder_remove(empty);
}
