/*
 * Goal: what is alive at exit is declared, bounded, or needs a review; what a suite does not ask for fails
 * nothing; a declaration ends, goes stale, and never excuses growth; suppressions of other tools come in and
 * go out. With the real program, in a folder as a project would have it.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *folder;

static void make_project(void)
{
    folder = folder_make();
    setenv("HEAPGATE_TEST_CASE", "everything", 1);
}

static void remove_project(void)
{
    folder_remove(folder);
}

TestSuite(review, .init = make_project, .fini = remove_project);

/* The suite of the plug-in, and these lines. */
static void write_suite(const char *lines)
{
    char *text;
    cr_assert(lt(int, 0,
                 asprintf(&text,
                          "suite: shop\nsubjects: { main: {} }\nallocators: [glibc]\n"
                          "workloads: { shop: { plugin: " PLUGIN("left_at_exit") ", ops: 2000 } }\n%s",
                          lines)));
    free(folder_write(folder, "heapgate.yaml", text));
    free(text);
}

/* Runs heapgate in the project; expects the code, what is said, and what is not. NULL: anything. */
static void expect(const char *const *words, int code, const char *says, const char *does_not_say)
{
    command given = {.words = {HEAPGATE}, .folder = folder};
    for (size_t i = 0; words[i]; i++)
        given.words[i + 1] = words[i];
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, code), "%s\n%s%s", result.line, result.out, result.err);
    bool said = !says || strstr(result.out, says) || strstr(result.err, says);
    cr_assert(said, "'%s' is not said: %s\n%s%s", says, result.line, result.out, result.err);
    bool silent = !does_not_say || (!strstr(result.out, does_not_say) && !strstr(result.err, does_not_say));
    cr_assert(silent, "'%s' is said: %s\n%s%s", does_not_say, result.line, result.out, result.err);
    command_result_free(&result);
}

#define RUN(code, says, does_not, ...)                                                                       \
    expect((const char *const[]){"run", "--quick", "--no-speed", ##__VA_ARGS__, NULL}, code, says, does_not)
#define KNOWN(code, says, does_not, ...)                                                                     \
    expect((const char *const[]){"known", __VA_ARGS__, NULL}, code, says, does_not)

/* All that stays, so that a test declares the rest. */
#define TABLE "  - { function: table_new, why: one for the process, who: storage, until: never }\n"
#define LOST  "  - { stack: [lose_one], why: it is small, who: storage, until: 2999-12-31 }\n"
#define CACHE "  - { anywhere: entry_*, why: a small cache, who: storage, until: 2999-12-31 }\n"

Test(review, is_no_concern_of_a_suite_that_declares_nothing)
{
    write_suite("");
    RUN(0, "pass: 1 of 1", "at exit");
}

Test(review, lists_what_nobody_declared_and_fails_where_it_is_told_to)
{
    write_suite("undeclared_leaks: warn\n");
    RUN(0, "table_new", NULL);
    RUN(0, "keeps 1 block and 1000 B at exit", "_IO_file");
    write_suite("undeclared_leaks: fail\n");
    RUN(1, "clean, but memory at exit needs a review", NULL, "--out", "out");
    static const char *const formats[] = {"markdown", "html", "text"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        expect((const char *const[]){"report", "out", "--format", formats[i], NULL}, 0,
               "Memory at exit that needs a review", NULL);
    expect((const char *const[]){"report", "out", "--format", "github", NULL}, 0,
           "::error file=tests/e2e/plugins/left_at_exit.c,line=", "::error title");
    RUN(1, "lose_one", "scratch"); /* what the teardown frees is not alive */
    setenv("HEAPGATE_TEST_CASE", "tidy", 1);
    RUN(0, "pass", "NEEDS REVIEW");
}

Test(review, a_list_of_leaks_asks_for_the_rest)
{
    write_suite("leaks:\n" TABLE);
    RUN(0, "NEEDS REVIEW", "table_new");
    write_suite("leaks:\n" TABLE LOST CACHE);
    RUN(0, "pass", "NEEDS REVIEW");
    write_suite("undeclared_leaks: fail\nleaks:\n" TABLE LOST CACHE);
    RUN(0, "pass", "NEEDS REVIEW");
    write_suite("undeclared_leaks: fail\nleaks:\n" TABLE LOST);
    RUN(1, "entry_new keeps 8 blocks and 384 B at exit, which leaks: does not declare", NULL);
}

Test(review, takes_a_bound_or_a_holder_for_a_declaration)
{
    write_suite("undeclared_leaks: fail\nbounds: { cache: { blocks: 8 } }\nleaks:\n" LOST
                "  - { holder: table, why: one for the process, who: storage, until: never }\n");
    RUN(0, "pass", "NEEDS REVIEW");
    write_suite("undeclared_leaks: fail\nbounds: { cache: { blocks: 8 } }\nleaks:\n" LOST);
    RUN(1, "held by table", "held by cache");
    write_suite("leaks:\n  - { holder: table, why: one, who: storage, until: never }\nholders: never\n");
    RUN(2, "declares leaks by holder, and has 'holders: never'", NULL);
}

Test(review, says_who_holds_it_only_where_that_is_known)
{
    write_suite("undeclared_leaks: warn\n");
    RUN(0, "who holds it is not known (--holders always)", "held by");
    RUN(0, "held by table", "(--holders always)", "--holders", "always");
    RUN(0, "nothing points to it", NULL, "--holders", "always");
}

Test(review, declarations_end)
{
    write_suite("leaks:\n" LOST CACHE
                "  - { function: table_new, why: until 2.0, who: storage, until: 2020-01-31 }\n");
    RUN(1, "table_new keeps 1 block and 1000 B at exit, and its declaration in leaks: has ended", NULL);
    RUN(1, "declared as function: table_new", NULL);
    write_suite("undeclared_leaks: ignore\nleaks:\n" LOST CACHE
                "  - { function: table_new, why: until 2.0, who: storage, until: 2020-01-31 }\n");
    RUN(1, "has ended", NULL);
}

Test(review, declarations_that_match_nothing_are_told_and_can_fail)
{
    write_suite("leaks:\n" TABLE LOST CACHE
                "  - { function: gone, why: it was there, who: storage, until: never }\n");
    RUN(0, "heapgate.yaml:9: this leak is declared, and nothing of it is alive at exit (function: gone)",
        NULL, "--out", "out");
    const command twice = {
        .words = {HEAPGATE, "known", "check", "--quick", "--no-speed", "--out", "out", NULL},
        .folder = folder};
    command_result told = command_run(&twice);
    const char *first = strstr(told.err, "nothing of it is alive");
    cr_assert(first && !strstr(first + 1, "nothing of it is alive"), "%s\n%s", told.line, told.err);
    command_result_free(&told);
    KNOWN(0, "Nothing that is alive at exit needs a review", NULL, "check", "--from", "out");
    KNOWN(1, "function: gone", NULL, "check", "--from", "out", "--strict");
}

/* Another workload may have it. */
Test(review, declarations_are_not_called_stale_by_a_part_of_the_suite)
{
    free(folder_write(folder, "heapgate.yaml",
                      "suite: shop\nsubjects: { main: {} }\nallocators: [glibc]\n"
                      "workloads:\n  shop: { plugin: " PLUGIN(
                          "left_at_exit") ", ops: 2000 }\n"
                                          "  other: { plugin: " PLUGIN(
                                              "left_at_exit") ", ops: 2000 }\nleaks:\n" TABLE LOST CACHE
                                                              "  - { function: gone, why: it was there, who: "
                                                              "storage, until: never }\n"));
    RUN(0, "nothing of it is alive", NULL);
    RUN(0, NULL, "nothing of it is alive", "--workload", "shop");
}

Test(review, never_excuses_growth)
{
    setenv("HEAPGATE_TEST_CASE", "growing", 1);
    write_suite("leaks:\n" TABLE);
    RUN(1, "main: leak, expected clean", "NEEDS REVIEW");
}

Test(review, checks_a_run_that_was_kept)
{
    write_suite("");
    RUN(0, "pass", NULL, "--out", "out");
    KNOWN(0, "shop, main (glibc): NEEDS REVIEW  table_new", NULL, "check", "--from", "out");
    KNOWN(1, "entry_new", NULL, "check", "--from", "out", "--strict");
    write_suite("leaks:\n" TABLE LOST CACHE);
    KNOWN(0, "Nothing that is alive at exit", "table_new", "check", "--from", "out", "--strict");
    KNOWN(2, "expected check, import or export, got 'chck'", NULL, "chck");
    KNOWN(2, "only for export", NULL, "check", "--from", "out", "--format", "lsan");
}

static const char of_memcheck[] =
    "# written by hand\n"
    "{\n   the table\n   Memcheck:Leak\n   match-leak-kinds: reachable\n"
    "   fun:malloc\n   fun:table_new\n   ...\n   fun:heapgate_*\n}\n"
    "{\n   a socket\n   Memcheck:Param\n   socketcall.sendto(msg)\n   fun:send\n}\n"
    "{\n   C++\n   Memcheck:Leak\n   fun:_Znwm\n   fun:_ZN4shop4openEv\n}\n"
    "{\n   all of it\n   Memcheck:Leak\n   fun:malloc\n}\n";
static const char of_sanitizer[] = "# written by hand\nleak:^entry_new$\nleak:left_at_exit.so\nleak:libssl\n";

Test(review, imports_suppressions_and_tells_what_they_are_good_for)
{
    write_suite("");
    RUN(0, "pass", NULL, "--out", "out");
    free(folder_write(folder, "memcheck.supp", of_memcheck));
    free(folder_write(folder, "lsan.supp", of_sanitizer));
    KNOWN(0, "  - stack: [\"table_new\", \"...\", \"heapgate_*\"]\n    why: \"valgrind: the table\"\n", NULL,
          "import", "memcheck.supp");
    KNOWN(0, "stack: [\"shop::open\"]", NULL, "import", "memcheck.supp");
    KNOWN(0, "memcheck.supp:23: left out: it is of every leak", NULL, "import", "memcheck.supp");
    KNOWN(0, "1 of its suppressions is not about leaks", NULL, "import", "memcheck.supp");
    KNOWN(1, "memcheck.supp:17: nothing that was alive at exit matches: valgrind: C++",
          "matches: valgrind: the table", "import", "memcheck.supp", "--from", "out", "--strict");
    KNOWN(0, "anywhere: \"entry_new\"", NULL, "import", "lsan.supp", "--who", "storage", "--until", "never");
    KNOWN(1, "lsan.supp:4: nothing that was alive at exit matches: LeakSanitizer: leak:libssl",
          "matches: LeakSanitizer: leak:^", "import", "lsan.supp", "--from", "out", "--strict");
    free(folder_write(folder, "cut.supp", "{\n   cut off\n   Memcheck:Leak\n   fun:malloc\n"));
    KNOWN(2, "cut.supp:4: the file ends within the suppression that begins in line 1", NULL, "import",
          "cut.supp");
    KNOWN(2, "cannot read nowhere.supp", NULL, "import", "nowhere.supp");
}

Test(review, what_is_imported_is_a_suite_and_goes_out_again)
{
    free(folder_write(folder, "lsan.supp", "leak:^table_new$\nleak:lose\nleak:^entry\n"));
    const command given = {.words = {HEAPGATE, "known", "import", "lsan.supp", "--who", "storage", NULL},
                           .folder = folder};
    command_result imported = command_run(&given);
    char *lines;
    cr_assert(lt(int, 0, asprintf(&lines, "undeclared_leaks: fail\n%s", imported.out)));
    write_suite(lines);
    RUN(0, "pass", "nothing of it is alive");
    KNOWN(0, "leak:^table_new$\nleak:lose\nleak:^entry\n", NULL, "export", "--format", "lsan");
    KNOWN(0, "   Memcheck:Leak\n   ...\n   fun:table_new\n", NULL, "export", "--format", "valgrind");
    write_suite("leaks:\n  - { holder: table, why: one, who: storage, until: never }\n" CACHE);
    KNOWN(1, "heapgate.yaml:6: left out: the format has no words for it", NULL, "export", "--format",
          "valgrind", "--strict");
    command_result_free(&imported);
    free(lines);
}

static int truncate_run(const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return truncate(path, 1000);
}

Test(review, an_audit_is_one_page_of_the_runs_that_can_be_read)
{
    static const char suite[] = "undeclared_leaks: warn\nleaks:\n" TABLE;
    write_suite(suite);
    RUN(0, "pass", NULL, "--out", "history/1");
    write_suite("undeclared_leaks: warn\nleaks:\n" TABLE LOST);
    RUN(0, "pass", NULL, "--out", "history/2");
    expect((const char *const[]){"audit", "--since", "history", NULL}, 0, "2 runs, ", "Left out");
    expect((const char *const[]){"audit", "--since", "history", NULL}, 0,
           "| `stack: lose_one` | `it is small` | `storage` | `seen since", NULL);
    expect((const char *const[]){"audit", "--since", "history", "--format", "html", NULL}, 0,
           "</b>: NEEDS REVIEW; entry_new", "lose_one (");
    cr_assert(eq(int, truncate_run("history/1/run.json"), 0));
    expect((const char *const[]){"audit", "--since", "history", NULL}, 0,
           "note: left out: history/1/run.json: file is cut short", NULL);
    expect((const char *const[]){"audit", "--since", "history", NULL}, 0, "Left out: 1 unreadable file.",
           NULL);
    cr_assert(eq(int, truncate_run("history/2/run.json"), 0));
    expect((const char *const[]){"audit", "--since", "history", NULL}, 2, "no run could be read", NULL);
    expect((const char *const[]){"audit", NULL}, 2, "audit needs runs: heapgate audit --since DIR", NULL);
    expect((const char *const[]){"audit", "history/2", "-c", "none.yaml", NULL}, 2, "none.yaml", NULL);
}
