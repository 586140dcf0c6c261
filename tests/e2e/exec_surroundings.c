/*
 * Goal: a program is measured wherever it goes: out of its folder, its root, its privileges or its limits;
 * and what passes through heapgate arrives as it was. Rates at marks are exact.
 */
#include "exec_run.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void expect_reason(const checked *done, const char *part)
{
    const char *reason = text_of(exec_cell(done), "reason");
    cr_assert(ne(ptr, strstr(reason, part), NULL), "%s, without '%s': %s", reason, part, done->result.line);
}

/* The leak of one block a mark is found, with the function's name. */
static void expect_counted(const char *kind)
{
    checked done = exec_run(OPTIONS("--marks"), OPTIONS(PROGRAM("leaves"), kind));
    const json_t *cell = exec_cell(&done);
    if (strstr(text_of(cell, "reason"), "exited with status 77")) {
        checked_free(&done);
        cr_skip_test("'%s' is not permitted here", kind);
    }
    exec_expect(&done, "leak", 1);
    cr_assert(epsilon_eq(dbl, number_of(cell, "bytes_per_op"), 40, 1e-9), "%s", done.result.line);
    cr_assert(eq(str, (char *)text_of(culprit_of(cell, 0), "function"), "lose"), "%s", done.result.line);
    checked_free(&done);
}

Test(exec_surroundings, a_program_that_changes_its_folder_closes_its_files_or_limits_itself_is_counted_on)
{
    static const char *const kinds[] = {"nothing",   "chdir",         "closefrom",
                                        "close-all", "address-space", "files"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        expect_counted(kinds[i]);
}

#if !HG_SANITIZED
Test(exec_surroundings, a_program_with_a_preloaded_library_of_its_own_that_wraps_malloc_is_counted_on)
{
    setenv("LD_PRELOAD", PLUGIN("wrapper"), 1);
    expect_counted("nothing");
}

Test(exec_surroundings, a_library_that_the_user_preloads_stays)
{
    char *folder = folder_make();
    char *loaded = folder_write(folder, "loaded", "");
    char line[64] = "";
    bool found = false;
    setenv("HEAPGATE_TEST_LOADED", loaded, 1);
    setenv("LD_PRELOAD", PLUGIN("preloaded"), 1);
    expect_counted("nothing");
    unsetenv("LD_PRELOAD");
    FILE *file = fopen(loaded, "r");
    while (file && fgets(line, sizeof line, file))
        found |= strcmp(line, "leaves\n") == 0;
    cr_assert(found, "loaded into something else last: %s", line);
    fclose(file);
    free(loaded);
    folder_remove(folder);
}
#endif

Test(exec_surroundings, a_program_that_drops_its_privileges_is_counted_on)
{
    expect_counted("privileges");
}

Test(exec_surroundings, a_program_that_changes_its_root_before_it_allocates_is_still_named)
{
    expect_counted("root");
}

Test(exec_surroundings, a_program_that_goes_into_the_background_is_told_to_stay)
{
    const char *const *const ways[] = {OPTIONS("--round-every", "1s"), OPTIONS("--marks")};
    const char *const kinds[] = {"daemon-twice", "daemon"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        checked done = exec_run(ways[i], OPTIONS(PROGRAM("leaves"), kinds[i]));
        exec_expect(&done, "inconclusive", 3);
        expect_reason(&done, "; the program went into the background and lives on as process ");
        expect_reason(&done, ", which is not measured: start it in the foreground");
        cr_assert(eq(ptr, strstr(text_of(exec_cell(&done), "reason"), "use --children"), NULL));
        checked_free(&done);
    }
}

Test(exec_surroundings, a_program_that_goes_into_the_background_after_its_rounds_is_not_clean)
{
    char *folder = folder_make();
    char where[4096];
    snprintf(where, sizeof where, "%s/pid", folder);
    const char *const *const ways[] = {OPTIONS("--round-every", "10ms"), OPTIONS("--children")};
    const char *const told[] = {", which is not measured: start", ", which is measured no further: start"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        checked done = exec_run(ways[i], OPTIONS(PROGRAM("ends"), "background", where));
        const json_t *cell = checked_cell(&done, 0);
        cr_assert(eq(str, (char *)text_of(cell, "verdict"), "inconclusive"), "%s", text_of(cell, "reason"));
        cr_assert(ne(ptr, strstr(text_of(cell, "reason"), told[i]), NULL), "%s", text_of(cell, "reason"));
        checked_free(&done);
    }
    folder_remove(folder);
}

Test(exec_surroundings, each_line_of_a_fast_program_ends_a_round)
{
    checked done = exec_run(OPTIONS("--round-line", "^line"), OPTIONS(PROGRAM("leaves"), "nothing"));
    exec_expect(&done, "leak", 1);
    const json_t *cell = exec_cell(&done);
    double found = number_of(cell, "bytes_per_op");
    cr_assert(lt(dbl, 36, found), "%g, expected 40: %s", found, done.result.line);
    cr_assert(lt(dbl, found, 44), "%g, expected 40: %s", found, done.result.line);
    cr_assert(lt(dbl, 8, number_of(cell, "rounds")), "%s", done.result.line);
    checked_free(&done);
}

Test(exec_surroundings, lines_that_come_in_bursts_are_told_so)
{
    checked done = exec_run(OPTIONS("--round-line", "^line"), OPTIONS(PROGRAM("leaves"), "bursts"));
    exec_expect(&done, "inconclusive", 3);
    expect_reason(&done, "its 200 lines came in bursts");
    checked_free(&done);
}

Test(exec_surroundings, no_write_of_a_program_fails_that_would_not_without_heapgate)
{
    static const char *const kinds[] = {"timer", "nonblocking"};
    for (size_t i = 0; i < 2; i++) {
        checked done = exec_run(OPTIONS("--round-line", "^line"), OPTIONS(PROGRAM("unwaiting"), kinds[i]));
        exec_expect(&done, "clean", 0);
        size_t lines = 0;
        for (const char *at = done.result.out; (at = strstr(at, "line ")); at++)
            lines += at[5] >= '0' && at[5] <= '9' && (at == done.result.out || at[-1] == '\n');
        cr_assert(eq(sz, lines, 400), "%s", done.result.line);
        checked_free(&done);
    }
}

Test(exec_surroundings, every_byte_passes_in_and_out_whatever_it_is)
{
    static const char script[] = "head -c 300000 /dev/urandom > in; " HEAPGATE
                                 " exec -q --round-line '^a' -- cat < in > out; cmp in out && " HEAPGATE
                                 " exec -q --round-every 1s -- cat < in | cmp in -";
    char *folder = folder_make();
    const command given = {.words = {"sh", "-c", script}, .folder = folder};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s%s", result.line, result.out, result.err);
    command_result_free(&result);
    folder_remove(folder);
}

Test(exec_surroundings, the_report_is_made_when_nobody_reads_the_output)
{
    static const char script[] = HEAPGATE " exec --report report --round-line '^line' -- " PROGRAM(
        "leaves") " nothing 100000 | head -1; grep -c 'signal 13' report; " HEAPGATE
                  " exec -q --marks -- " PROGRAM("leaves") " nothing >&-";
    char *folder = folder_make();
    const command given = {.words = {"sh", "-c", script}, .folder = folder};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 1), "%s\n%s%s", result.line, result.out, result.err);
    cr_assert(eq(str, result.out, "line 0\n2\n"), "%s\n%s", result.line, result.err);
    command_result_free(&result);
    folder_remove(folder);
}

Test(exec_surroundings, the_lines_are_counted_where_they_cannot_be_written)
{
    static const char script[] =
        "for out in '/dev/full' '&-'; do eval " HEAPGATE " exec --round-line '^line' -- " PROGRAM(
            "leaves") " nothing 2>err \">$out\"; echo $?; "
                      "grep -c 'cannot write to standard output what the program prints' err; "
                      "grep -c 'exited with status 0; [1-9][0-9]* rounds' err; done";
    char *folder = folder_make();
    const command given = {.words = {"sh", "-c", script}, .folder = folder};
    command_result result = command_run(&given);
    cr_assert(eq(str, result.out, "1\n1\n1\n1\n1\n1\n"), "%s\n%s", result.line, result.err);
    command_result_free(&result);
    folder_remove(folder);
}

Test(exec_surroundings, a_program_of_another_processor_and_a_script_without_an_interpreter_are_refused)
{
    static const char build[] = "printf '.globl _start\\n_start: hlt\\n' | as --32 -o p.o - && "
                                "ld -m elf_i386 -pie -dynamic-linker /lib/ld-linux.so.2 -o p p.o && "
                                "printf 'echo hello\\n' > script && chmod +x script";
    static const char *const refused[][2] = {{"./p", "is not an x86-64 program"},
                                             {"./script", "nor a script that begins with #!"}};
    char *folder = folder_make();
    const command made = {.words = {"sh", "-c", build}, .folder = folder};
    command_result result = command_run(&made);
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s", result.line, result.err);
    command_result_free(&result);
    for (size_t i = 0; i < 2; i++) {
        const command given = {.words = {HEAPGATE, "exec", "--", refused[i][0]}, .folder = folder};
        result = command_run(&given);
        cr_assert(eq(int, result.exit_code, 2), "%s", result.line);
        cr_assert(ne(ptr, strstr(result.err, refused[i][1]), NULL), "%s\n%s", result.line, result.err);
        command_result_free(&result);
    }
    folder_remove(folder);
}
