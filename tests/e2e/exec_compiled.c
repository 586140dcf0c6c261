/*
 * Goal: a call path goes on through code that the program made at run time, which has no unwind tables, and
 * shows the names that the program gives it in a map for perf. Where such code keeps no frame pointer, the
 * path ends there, and nothing else happens.
 *
 * In the program, one of two such functions leaks, and both call the same function of the program's own.
 */
#include "exec_run.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define MARKS        OPTIONS("--marks", "--verify")

/* The path of the leak, from where it is shown: function names, ended by NULL. */
static void expect_path(const char *kind, const char *way, bool cut, const char *const *functions)
{
    checked done = exec_run(MARKS, OPTIONS(PROGRAM("compiles"), kind, way));
    exec_expect(&done, "leak", 1);
    const json_t *site = json_array_get(json_object_get(exec_cell(&done), "sites"), 0);
    const json_t *frames = json_object_get(site, "frames");
    size_t count = 0;
    for (; functions[count]; count++)
        cr_assert(
            eq(str, (char *)text_of(json_array_get(frames, count), "function"), (char *)functions[count]),
            "frame %zu: %s", count, done.result.line);
    cr_assert(eq(sz, json_array_size(frames), count), "%s", done.result.line);
    cr_assert(eq(int, json_is_true(json_object_get(site, "cut")), cut), "%s", done.result.line);
    cr_assert(ne(ptr, strstr(text_of(exec_cell(&done), "reason"), "walked again, all right"), NULL), "%s",
              text_of(exec_cell(&done), "reason"));
    checked_free(&done);
}

Test(exec_compiled, code_with_frame_pointers_is_on_the_call_path_by_name)
{
    expect_path("pointers", NULL, false, OPTIONS("leaks", "run", "main"));
}

static void expect_line(const char *kind)
{
    checked done = exec_run(MARKS, OPTIONS(PROGRAM("compiles"), kind));
    const json_t *site = json_array_get(json_object_get(exec_cell(&done), "sites"), 0);
    const json_t *culprit = json_array_get(json_object_get(site, "frames"), 0);
    cr_assert(eq(str, (char *)text_of(culprit, "file"), "/app/server.js"), "%s", done.result.line);
    cr_assert(eq(dbl, number_of(culprit, "line"), 12), "%s", done.result.line);
    checked_free(&done);
}

Test(exec_compiled, the_file_and_the_line_are_those_of_the_map)
{
    expect_line("pointers");
}

Test(exec_compiled, a_jitdump_names_code_as_a_map_does)
{
    expect_path("dump", NULL, false, OPTIONS("leaks", "run", "main"));
    expect_line("dump");
}

Test(exec_compiled, code_without_a_name_is_passed_too)
{
    expect_path("nameless", NULL, false, OPTIONS("keep_or_free", "(code made at run time)", "run", "main"));
}

Test(exec_compiled, code_without_frame_pointers_ends_the_call_path)
{
    expect_path("random", NULL, true, OPTIONS("leaks"));
    expect_path("astray", NULL, true, OPTIONS("leaks"));
}

Test(exec_compiled, code_that_calls_malloc_itself_is_no_different)
{
    expect_path("pointers", "direct", false, OPTIONS("leaks", "run", "main"));
    expect_path("random", "direct", true, OPTIONS("leaks"));
    expect_path("astray", "direct", true, OPTIONS("leaks"));
}
