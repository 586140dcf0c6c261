/*
 * Goal: a plug-in is measured with the library that was asked for, or heapgate says with exit code 2 why it
 * cannot be. The folders have two builds of one library: "before" leaks 40 bytes per call, "after" does not.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUILD(name) HG_BUILD_DIR "/tests/plugins/library-" name

/* One line on standard error, with the text and the folder; nothing else. */
static void expect_refused(const command *given, const char *says)
{
    command_result result = command_run(given);
    cr_assert(eq(int, result.exit_code, 2), "%s\n%s%s", result.line, result.out, result.err);
    cr_assert(ne(ptr, strstr(result.err, says), NULL), "'%s' is not said: %s\n%s", says, result.line,
              result.err);
    cr_assert(ne(ptr, strstr(result.err, BUILD("")), NULL), "%s", result.err);
    cr_assert(eq(sz, result.out_size, 0), "%s\n%s", result.line, result.out);
    cr_assert(eq(str, strchr(result.err, '\n'), "\n"), "more than one line: %s", result.err);
    command_result_free(&result);
}

static command_result expect_exit(const command *given, int code)
{
    command_result result = command_run(given);
    cr_assert(eq(int, result.exit_code, code), "%s\n%s%s", result.line, result.out, result.err);
    return result;
}

static command compare(const char *before, const char *after, const char *plugin)
{
    static const char heapgate[] = HEAPGATE;
    return (command){.words = {heapgate, "compare", "--quick", "--no-speed", "--before", before, "--after",
                               after, plugin}};
}

/* A suite with the two builds, in a folder of its own. */
static char *suite_in(const char *folder, const char *plugin)
{
    char text[4096];
    snprintf(text, sizeof text,
             "suite: linkage\n"
             "subjects:\n"
             "  before: {library_path: %s, expect: leak}\n"
             "  after: {library_path: %s, expect: clean}\n"
             "allocators: [glibc]\n"
             "workloads: {linked: {plugin: %s, ops: 2000}}\n",
             BUILD("before"), BUILD("after"), plugin);
    return folder_write(folder, "heapgate.yaml", text);
}

static void run_suite(const char *plugin, int code, const char *says)
{
    char *folder = folder_make();
    char *suite = suite_in(folder, plugin);
    const command given = {.words = {HEAPGATE, "run", "-c", suite}};
    if (code == 2) {
        expect_refused(&given, says);
    } else {
        command_result result = expect_exit(&given, code);
        cr_assert(ne(ptr, strstr(result.out, says), NULL), "%s", result.out);
        command_result_free(&result);
    }
    free(suite);
    folder_remove(folder);
}

Test(linkage, compare_measures_the_asked_build_although_the_plugin_has_an_rpath_to_the_fixed_one)
{
    const command leaks = compare(BUILD("after"), BUILD("before"), PLUGIN("linked_rpath"));
    command_result result = expect_exit(&leaks, 1);
    cr_assert(ne(ptr, strstr(result.out, "  handle_request    tests/e2e/plugins/library.c:"), NULL), "%s",
              result.out);
    command_result_free(&result);
    const command fixed = compare(BUILD("before"), BUILD("after"), PLUGIN("linked_rpath"));
    result = expect_exit(&fixed, 0);
    command_result_free(&result);
}

Test(linkage, a_suite_measures_the_asked_build_although_the_plugin_has_an_rpath_to_the_fixed_one)
{
    run_suite(PLUGIN("linked_rpath"), 0, "2 of 2 cells as expected");
}

Test(linkage, check_measures_the_build_in_LD_LIBRARY_PATH_although_the_plugin_has_an_rpath_to_the_fixed_one)
{
    setenv("LD_LIBRARY_PATH", BUILD("before"), true);
    const command given = {.words = {HEAPGATE, "check", "--quick", PLUGIN("linked_rpath")}};
    command_result result = expect_exit(&given, 1);
    command_result_free(&result);
}

Test(linkage, a_library_that_is_linked_in_statically_is_refused)
{
    const command given = compare(BUILD("after"), BUILD("before"), PLUGIN("linked_static"));
    expect_refused(&given, "static library or header code built in");
    run_suite(PLUGIN("linked_static"), 2, "static library or header code built in");
}

Test(linkage, a_library_of_another_soname_is_refused)
{
    const command given = compare(BUILD("after"), BUILD("before"), PLUGIN("linked_soname"));
    expect_refused(&given, "it needs the soname libhandled.so.2");
    run_suite(PLUGIN("linked_soname"), 2, "it needs the soname libhandled.so.2");
}

Test(linkage, a_library_that_is_named_by_its_path_is_refused)
{
    const command given = compare(BUILD("after"), BUILD("before"), PLUGIN("linked_path"));
    expect_refused(&given, "names that path");
    run_suite(PLUGIN("linked_path"), 2, "names that path");
    setenv("LD_LIBRARY_PATH", BUILD("before"), true);
    const command check = {.words = {HEAPGATE, "check", PLUGIN("linked_path")}};
    expect_refused(&check, "names that path");
}

Test(linkage, a_library_that_the_workload_loads_by_itself_in_an_op_counts)
{
    const command leaks = compare(BUILD("after"), BUILD("before"), PLUGIN("linked_late"));
    command_result result = expect_exit(&leaks, 1);
    command_result_free(&result);
}

Test(linkage, a_library_that_defines_a_function_of_the_c_library_calls_its_own)
{
    const command given = {.words = {HEAPGATE, "check", "--quick", PLUGIN("linked_own_thrd")}};
    command_result result = expect_exit(&given, 0);
    command_result_free(&result);
}

Test(linkage, growth_in_the_plugin_itself_is_pointed_out_when_builds_of_a_library_are_compared)
{
    const command given = compare(BUILD("after"), BUILD("before"), PLUGIN("linked_inlined"));
    command_result result = expect_exit(&given, 1);
    cr_assert(ne(ptr, strstr(result.err, "grows in the plug-in itself (inlined_part)"), NULL), "%s",
              result.err);
    command_result_free(&result);
    const command elsewhere = compare(BUILD("after"), BUILD("before"), PLUGIN("linked"));
    result = expect_exit(&elsewhere, 1);
    cr_assert(eq(ptr, strstr(result.err, "in the plug-in itself"), NULL), "%s", result.err);
    command_result_free(&result);
}

Test(linkage, two_plugins_that_have_a_library_built_in_are_compared)
{
    const command fixed = {.words = {HEAPGATE, "compare", "--ops", "300000", "--max-slowdown", "1000",
                                     PLUGIN("linked_static_leaks"), PLUGIN("linked_static")}};
    command_result result = expect_exit(&fixed, 0);
    cr_assert(ne(ptr, strstr(result.out, "1 fixed"), NULL), "%s", result.out);
    command_result_free(&result);
    const command same = {.words = {HEAPGATE, "compare", PLUGIN("linked"), PLUGIN("linked")}};
    result = expect_exit(&same, 2);
    cr_assert(ne(ptr, strstr(result.err, "the two plug-ins are the same file"), NULL), "%s", result.err);
    command_result_free(&result);
}

Test(linkage, a_suite_gives_each_subject_a_plugin_of_its_own)
{
    char *folder = folder_make();
    char text[4096];
    snprintf(text, sizeof text,
             "suite: headers\n"
             "subjects: {before: {expect: leak}, after: {expect: clean}}\n"
             "allocators: [glibc]\n"
             "workloads: {headers: {ops: 2000, plugin: {before: %s, after: %s}}}\n",
             PLUGIN("linked_static_leaks"), PLUGIN("linked_static"));
    char *suite = folder_write(folder, "heapgate.yaml", text);
    const command given = {.words = {HEAPGATE, "run", "-c", suite}};
    command_result result = expect_exit(&given, 0);
    cr_assert(ne(ptr, strstr(result.out, "2 of 2 cells as expected"), NULL), "%s", result.out);
    command_result_free(&result);
    free(suite);
    folder_remove(folder);
}
