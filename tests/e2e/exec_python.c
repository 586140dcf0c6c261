/*
 * Goal: what a Python program keeps has the name of the function, the file and the line of the program that
 * made it, whatever the interpreter called for it; a twin that keeps nothing is clean; the probe takes no
 * stack and no line for another; and the program's output and status are its own.
 *
 * The program is programs/grows.py; the line of each kind ends in a comment with its name.
 */
#include "exec_run.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const char script[] = HG_SOURCE_DIR "/tests/e2e/programs/grows.py";

typedef struct kind {
    char name[16], function[24];
} kind;

static int line_of(const char *name)
{
    char line[256];
    char comment[32];
    FILE *file = fopen(script, "re");
    cr_assert(ne(ptr, file, NULL), "%s", script);
    snprintf(comment, sizeof comment, "  # %s\n", name);
    int number = 1;
    while (fgets(line, sizeof line, file) && !strstr(line, comment))
        number++;
    fclose(file);
    return number;
}

static checked run(const char *name, const char *way)
{
    setenv("PYTHONMALLOC", "malloc", 1);
    checked done = exec_run(WORDS("--marks", "--verify"), WORDS("/usr/bin/python3", script, name, way));
    const char *reason = text_of(exec_cell(&done), "reason");
    char out[32];
    int length = snprintf(out, sizeof out, "done %s\n", name);
    cr_assert(eq(int, memcmp(done.result.out, out, (size_t)length), 0), "%s", done.result.line);
    cr_assert(ne(ptr, strstr(reason, "walked again, all right"), NULL), "%s: %s", reason, done.result.line);
    return done;
}

ParameterizedTestParameters(exec_python, a_line_that_keeps_memory_is_named)
{
    static kind kinds[] = {
        {"list", "grow_list"},   {"closure", "make_handler"}, {"generator", "produce"},
        {"thread", "in_thread"}, {"ssl", "grow_ssl"},         {"recursion", "descend"},
    };
    return cr_make_param_array(kind, kinds, sizeof kinds / sizeof *kinds);
}

ParameterizedTest(kind *grown, exec_python, a_line_that_keeps_memory_is_named)
{
    checked done = run(grown->name, "leaks");
    exec_expect(&done, "leak", 1);
    const json_t *culprit = culprit_of(exec_cell(&done), 0);
    cr_assert(eq(str, (char *)text_of(culprit, "function"), grown->function), "%s", done.result.line);
    cr_assert(ne(ptr, strstr(text_of(culprit, "file"), "e2e/programs/grows.py"), NULL), "%s",
              done.result.line);
    cr_assert(eq(int, (int)number_of(culprit, "line"), line_of(grown->name)), "%s", done.result.line);
    checked_free(&done);

    done = run(grown->name, "healthy");
    exec_expect(&done, "clean", 0);
    checked_free(&done);
}

Test(exec_python, code_that_takes_the_place_of_other_code_has_its_own_name)
{
    checked done = run("source", "leaks");
    exec_expect(&done, "leak", 1);
    const json_t *culprit = culprit_of(exec_cell(&done), 0);
    cr_assert(eq(str, (char *)text_of(culprit, "function"), "keep_1"), "%s", done.result.line);
    cr_assert(eq(str, (char *)text_of(culprit, "file"), "<string>"), "%s", done.result.line);
    cr_assert(eq(int, (int)number_of(culprit, "line"), 3), "%s", done.result.line);
    checked_free(&done);
}
