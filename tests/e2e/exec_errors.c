/*
 * Goal: what cannot be measured is refused before anything is started, with one line and exit code 2.
 */
#include "exec_run.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* One line on standard error, and nothing else. */
static void expect_refusal(const char *const *words, const char *part)
{
    command given = {.words = {HEAPGATE, "exec"}};
    for (size_t i = 0; words[i]; i++)
        given.words[2 + i] = words[i];
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 2), "%s\n%s", result.line, result.err);
    cr_assert(ne(ptr, strstr(result.err, part), NULL), "%s\n%s, without '%s'", result.line, result.err, part);
    cr_assert(eq(ptr, strchr(result.err, '\n'), result.err + result.err_size - 1), "%s\n%s", result.line,
              result.err);
    cr_assert(eq(sz, result.out_size, 0), "%s\n%s", result.line, result.out);
    command_result_free(&result);
}

Test(exec_errors, programs_that_are_not_there_are_refused)
{
    expect_refusal(OPTIONS("--", "no-such-program"), "no program 'no-such-program' in PATH");
    expect_refusal(OPTIONS("--", "/no/such/program"),
                   "no program at /no/such/program: No such file or directory");
    expect_refusal(OPTIONS("--", "/usr"), "/usr is a folder");
    expect_refusal(OPTIONS("--", "/etc/passwd"), "/etc/passwd is not executable");
    expect_refusal(OPTIONS("--", ""), "the command is empty");
}

Test(exec_errors, programs_that_the_probe_cannot_reach_are_refused)
{
    char *folder = folder_make();
    char copy[4096];
    snprintf(copy, sizeof copy, "%s/serves", folder);
    const command copied = {.words = {"cp", PROGRAM("serves"), copy, NULL}};
    cr_assert(eq(int, command_wait(command_start(&copied)), 0));
    expect_refusal(OPTIONS("--", PROGRAM("static")), "is statically linked");
    expect_refusal(OPTIONS("--", PROGRAM("sanitized")), "brings the allocator of a sanitizer");
    cr_assert(eq(int, chmod(copy, 04755), 0));
    expect_refusal(OPTIONS("--", copy), "is setuid: the dynamic linker keeps the probe out of it");
    cr_assert(eq(int, chmod(copy, 02755), 0));
    expect_refusal(OPTIONS("--", copy), "is setgid: the dynamic linker keeps the probe out of it");
    folder_remove(folder);
}

Test(exec_errors, shares_that_are_none_are_refused)
{
    static const char *const shares[] = {"abc", "0%", "200%", "2", "-1%", "2%%", "1e1%", "", "nan%", "0x2%"};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        expect_refusal(OPTIONS("--overhead", shares[i], "--", "true"), "--overhead: expected a share");
    expect_refusal(OPTIONS("--overhead", "2%", "--holders", "auto", "--", "true"),
                   "--overhead and --holders:");
    expect_refusal(OPTIONS("--overhead", "2%", "--verify", "--", "true"), "--overhead and --verify:");
    expect_refusal(OPTIONS("--marks", "--overhead", "2%", "--", "true"), "--overhead and --marks:");
}

Test(exec_errors, a_script_is_as_good_as_its_interpreter)
{
    char *folder = folder_make();
    char line[4200];
    snprintf(line, sizeof line, "#!%s\n", PROGRAM("static"));
    char *script = folder_write(folder, "script", line);
    cr_assert(eq(int, chmod(script, 0755), 0));
    expect_refusal(OPTIONS("--", script), "is statically linked");
    free(script);
    script = folder_write(folder, "nowhere", "#!/usr/bin/env -S A=1 no-such-interpreter -x\n");
    cr_assert(eq(int, chmod(script, 0755), 0));
    expect_refusal(OPTIONS("--", script), "its interpreter 'no-such-interpreter' cannot be executed");
    free(script);
    folder_remove(folder);
}

Test(exec_errors, mistakes_on_the_command_line_are_named)
{
    expect_refusal(OPTIONS("--round-every", "0s", "--", "true"),
                   "--round-every: expected a time from 10ms to 24h, such as 1s, 500ms or 2m, got '0s'");
    expect_refusal(OPTIONS("--round-every", "25h", "--", "true"), "such as 1s, 500ms or 2m, got '25h'");
    expect_refusal(OPTIONS("--round-bytes", "63K", "--", "true"), "such as 64M or 512K, got '63K'");
    expect_refusal(OPTIONS("--round-bytes", "-1M", "--", "true"), "such as 64M or 512K, got '-1M'");
    expect_refusal(OPTIONS("--round-bytes", "18446744073709551615G", "--", "true"),
                   "--round-bytes: expected a size from 64K to 1024G");
    expect_refusal(OPTIONS("--round-bytes", "64Q", "--", "true"), "such as 64M or 512K, got '64Q'");
    expect_refusal(OPTIONS("--round-line", "(", "--", "true"),
                   "--round-line: '(' is not an extended regular");
    expect_refusal(OPTIONS("--round-signal", "KILL", "--", "true"),
                   "--round-signal: expected USR1, USR2 or HUP, got 'KILL'");
    expect_refusal(OPTIONS("--marks", "--round-every", "1s", "--", "true"), "give only one of them");
    expect_refusal(OPTIONS("--rounds-max", "0", "--", "true"),
                   "--rounds-max: expected a whole number from 1 to 4294967295, got '0'");
    expect_refusal(OPTIONS("--warmup", "x", "--", "true"),
                   "--warmup: expected a whole number from 1 to 4294967295, got 'x'");
    expect_refusal(OPTIONS("--expect", "maybe", "--", "true"),
                   "--expect: expected clean or leak, got 'maybe'");
    expect_refusal(OPTIONS("--max-bytes-per-op", "nan", "--", "true"),
                   "--max-bytes-per-op: expected a number of bytes, got 'nan'");
    expect_refusal(OPTIONS("--exit-status", "256", "--", "true"),
                   "--exit-status: expected a whole number from 0 to 255, got '256'");
    expect_refusal(OPTIONS("--allocator", "none", "--", "true"), "--allocator: unknown allocator 'none'");
    expect_refusal(OPTIONS("--bogus", "--", "true"), "unknown option '--bogus'");
    expect_refusal(OPTIONS("true"), "exec takes the command after --");
    expect_refusal(OPTIONS("--"), "exec needs a command");
    expect_refusal(OPTIONS("--out", "/proc/none", "--", "true"), "--out: cannot write to /proc/none");
}

Test(exec_errors, a_limit_of_addresses_that_leaves_no_room_for_the_record_is_named)
{
    const command given = {
        .words = {"/bin/sh", "-c", "ulimit -v 2000000; exec \"$0\" exec -- true", HEAPGATE, NULL}};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 2));
    cr_assert(ne(ptr, strstr(result.err, "raise the limit with ulimit -v unlimited"), NULL), "%s",
              result.err);
    command_result_free(&result);
}

Test(exec_errors, options_after_the_command_are_the_command_s)
{
    const command given = {
        .words = {HEAPGATE, "exec", "-q", "--", "echo", "--help", "--round-every", "x", NULL}};
    command_result result = command_run(&given);
    cr_assert(eq(str, result.out, "--help --round-every x\n"), "%s", result.err);
    cr_assert(eq(int, result.exit_code, 3));
    command_result_free(&result);
}
