/*
 * Goal: heapgate doctor says whether heapgate can measure here, and what to do where it cannot.
 */
#include "command.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static command_result doctor(const char *before)
{
    char script[256];
    snprintf(script, sizeof script, "%sexec \"$0\" doctor", before);
    const command given = {.words = {"/bin/sh", "-c", script, HEAPGATE, NULL}};
    return command_run(&given);
}

static void expect_part(const command_result *result, const char *part)
{
    cr_expect(ne(ptr, strstr(result->out, part), NULL), "without '%s'\n%s\n%s%s", part, result->line,
              result->out, result->err);
}

Test(doctor, measures_its_control_on_every_allocator)
{
    command_result result = doctor("");
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s%s", result.line, result.out, result.err);
    expect_part(&result,
                "  ok       glibc                    control of 0.21 B per op found again: 0.21 B\n");
    expect_part(&result, "  ok       jemalloc                 control of 0.21 B per op found again: 0.21 B");
    expect_part(&result, "heapgate_setup is in ");
    expect_part(&result, "  ok       ptrace                   not needed");
    expect_part(&result, "\nheapgate can measure here\n");
    command_result_free(&result);
}

Test(doctor, names_what_is_missing_and_how_to_install_it)
{
    command_result result = doctor("PATH=/nowhere; export PATH; ");
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s%s", result.line, result.out, result.err);
    expect_part(&result,
                "  missing  valgrind                 for profile --with memcheck, massif and dhat, and run "
                "--cross-check: apt install valgrind\n");
    expect_part(
        &result,
        "  missing  jeprof                   for profile --with jeprof: apt install libjemalloc-dev\n");
    command_result_free(&result);
}

Test(doctor, a_limit_that_is_too_low_ends_with_2_and_says_what_to_raise)
{
    command_result result = doctor("ulimit -n 50; ");
    cr_assert(eq(int, result.exit_code, 2), "%s\n%s%s", result.line, result.out, result.err);
    expect_part(&result, "  bad      limit of open files      50: ulimit -n 1024\n");
    expect_part(&result, "\nheapgate cannot measure here\n");
    command_result_free(&result);
}

Test(doctor, takes_no_argument)
{
    const command given = {.words = {HEAPGATE, "doctor", "who", NULL}};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 2), "%s\n%s", result.line, result.err);
    cr_assert(eq(str, result.err, "heapgate: doctor takes no argument 'who'\n"));
    command_result_free(&result);
}
