/* --corpus: what is read from a directory, in which order, and how each kind of failure is told. */
#include "schema_source.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/heapgate-corpus-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[200];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static void write_file(const char *name, const char *content)
{
    FILE *file = fopen(path_of(name), "w");

    cr_assert_not_null(file);
    cr_assert_geq(fputs(content, file), 0);
    cr_assert_eq(fclose(file), 0);
}

static void make_directory(void)
{
    cr_assert_not_null(mkdtemp(directory));
    cr_redirect_stderr();
}

static void remove_directory(void)
{
    char command[100];

    snprintf(command, sizeof command, "rm -r %s", directory);
    cr_assert_eq(system(command), 0);
}

TestSuite(workload_corpus, .init = make_directory, .fini = remove_directory);

static void expect_text(toka_text text, const char *expected)
{
    cr_expect(text.size == strlen(expected) && memcmp(text.data, expected, text.size) == 0,
              "%.*s instead of %s", (int)text.size, text.data, expected);
}

static void expect_refused(const char *path)
{
    struct schema_source source = {0};

    cr_assert_eq(setenv("HEAPGATE_CORPUS", path, 1), 0);
    cr_expect_neq(schema_source_open(&source, "test", false), 0);
    cr_expect_null(source.buffer);
    cr_expect_null(source.corpus.bytes);
    cr_expect_null(source.store);
    fflush(stderr);
}

Test(workload_corpus, files_are_read_recursively_and_in_order)
{
    struct corpus corpus = {0};

    cr_assert_eq(mkdir(path_of("b"), 0777), 0);
    write_file("c.json", "3");
    write_file("a.json", "1");
    write_file("b/z.json", "2");
    write_file("b/notes.txt", "not this one");
    cr_assert_eq(corpus_open(&corpus, directory), 0);
    cr_assert_eq(corpus.count, 3);
    expect_text(corpus_text(&corpus, 0), "1");
    expect_text(corpus_text(&corpus, 1), "2");
    expect_text(corpus_text(&corpus, 2), "3");
    corpus_close(&corpus);
    cr_expect_null(corpus.bytes);
}

Test(workload_corpus, a_single_file_is_a_corpus_too)
{
    struct corpus corpus = {0};

    write_file("one.json", "{}");
    cr_assert_eq(corpus_open(&corpus, path_of("one.json")), 0);
    cr_expect_eq(corpus.count, 1);
    corpus_close(&corpus);
}

Test(workload_corpus, test_suite_files_give_their_schemas)
{
    struct corpus corpus = {0};

    write_file("suite.json", " [{\"description\":\"d\",\"schema\":{\"type\": \"null\"},\"tests\":[]},"
                             "{\"schema\":false,\"tests\":[]}]");
    write_file("suite2.json", "[{\"schema\":{}}]"); /* without tests it is a text like any other */
    write_file("torn.json", "[{\"schema\":");
    cr_assert_eq(corpus_open(&corpus, directory), 0);
    cr_assert_eq(corpus.count, 4);
    expect_text(corpus_text(&corpus, 0), "{\"type\": \"null\"}");
    expect_text(corpus_text(&corpus, 1), "false");
    expect_text(corpus_text(&corpus, 2), "[{\"schema\":{}}]");
    expect_text(corpus_text(&corpus, 3), "[{\"schema\":");
    corpus_close(&corpus);
}

Test(workload_corpus, a_second_pass_makes_every_object_new)
{
    struct schema_source source = {0};

    write_file("a.json", "\n{ \"type\": \"null\" }");
    write_file("b.json", "{ }");
    write_file("c.json", "true");
    write_file("d.json", "");
    cr_assert_eq(setenv("HEAPGATE_CORPUS", directory, 1), 0);
    cr_assert_eq(schema_source_open(&source, "test", false), 0);
    expect_text(schema_source_text(&source, 0), "\n{ \"type\": \"null\" }");
    expect_text(schema_source_text(&source, 1), "{ }");
    expect_text(schema_source_text(&source, 4), "{\"$comment\":\"op 4\", \"type\": \"null\" }");
    expect_text(schema_source_text(&source, 5), "{\"$comment\":\"op 5\" }");
    expect_text(schema_source_text(&source, 6), "true");
    expect_text(schema_source_text(&source, 7), "");
    cr_expect_not_null(schema_source_text(&source, 7).data);
    expect_text(schema_source_text(&source, 18446744073709551612u),
                "{\"$comment\":\"op 18446744073709551612\", "
                "\"type\": \"null\" }");
    schema_source_close(&source);
}

Test(workload_corpus, any_answer_but_want_of_memory_will_do_for_a_corpus)
{
    struct schema_source replay = {.workload = "test", .replays = true}, generated = {.workload = "test"};
    toka_error error = {0};

    cr_expect_eq(schema_source_check(&replay, 0, TOKA_E_SYNTAX, &error), 0);
    cr_expect_neq(schema_source_check(&replay, 0, TOKA_E_NO_MEMORY, &error), 0);
    cr_expect_neq(schema_source_check(&generated, 0, TOKA_E_SYNTAX, &error), 0);
    cr_expect_eq(schema_source_check(&generated, 0, TOKA_OK, &error), 0);
}

Test(workload_corpus, missing_directory_is_told_in_one_line)
{
    expect_refused("/nonexistent/corpus");
    cr_assert_stderr_eq_str("corpus /nonexistent/corpus: No such file or directory\n");
}

Test(workload_corpus, empty_directory_is_told_in_one_line)
{
    char expected[200];

    snprintf(expected, sizeof expected, "corpus %s: no .json file in it\n", directory);
    expect_refused(directory);
    cr_assert_stderr_eq_str(expected);
}

Test(workload_corpus, dangling_link_is_told_in_one_line)
{
    char expected[300];

    write_file("a.json", "{}");
    cr_assert_eq(symlink("/nonexistent/target", path_of("b.json")), 0);
    snprintf(expected, sizeof expected, "corpus %s: a link to nowhere\n", path_of("b.json"));
    expect_refused(directory);
    cr_assert_stderr_eq_str(expected);
}

Test(workload_corpus, oversized_file_is_told_in_one_line)
{
    char expected[300];

    write_file("a.json", "{}");
    cr_assert_eq(truncate(path_of("a.json"), CORPUS_MAX_FILE_BYTES + 1), 0);
    snprintf(expected, sizeof expected, "corpus %s: larger than 16 MiB\n", path_of("a.json"));
    expect_refused(directory);
    cr_assert_stderr_eq_str(expected);
}

Test(workload_corpus, unreadable_file_is_told_in_one_line)
{
    char expected[300];

    write_file("a.json", "{}");
    cr_assert_eq(chmod(path_of("a.json"), 0), 0);
    if (geteuid() == 0) /* the superuser reads everything, so read as somebody else */
        cr_assert(chmod(directory, 0755) == 0 && seteuid(65534) == 0);
    snprintf(expected, sizeof expected, "corpus %s: Permission denied\n", path_of("a.json"));
    expect_refused(directory);
    cr_expect(getuid() != 0 || seteuid(0) == 0);
    cr_assert_stderr_eq_str(expected);
}
