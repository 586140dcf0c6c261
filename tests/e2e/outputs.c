/*
 * Goal: whatever happens to what is written, the verdict is not lost, a file that was there is not lost, and
 * one line says what could not be written.
 *
 * A file that may not become larger (ulimit -f) stands for a full disk, which needs no rights; by default the
 * kernel kills a program that reaches this limit.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FULL_DISK "ulimit -f 1; exec \"$0\" \"$@\""

/* A plug-in without a leak, in the case that choose_clean chooses. */
static const char plain[] = PLUGIN("broken");

/* Reports that a folder has after a run, run.json among them. */
enum { REPORTS = 6 };

static char *at(const char *folder, const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* heapgate with its words, which the script has as "$0" "$@". */
static command_result in_shell(const char *script, const char *const *words)
{
    command given = {.words = {"/bin/sh", "-c", script, HEAPGATE}};
    for (size_t i = 0; words[i]; i++)
        given.words[4 + i] = words[i];
    return command_run(&given);
}

#define IN_SHELL(script, ...) in_shell(script, (const char *const[]){__VA_ARGS__, NULL})

static void expect(command_result result, int code, const char *says)
{
    cr_assert(eq(int, result.exit_code, code), "%s\n%s%s", result.line, result.out, result.err);
    cr_assert(says[0] == '\0' || strstr(result.err, says), "'%s' is not said: %s\n%s", says, result.line,
              result.err);
    command_result_free(&result);
}

/* The outcome of the run in the folder. */
static void expect_outcome(const char *folder, const char *outcome)
{
    json_t *run = json_load_file(at(folder, "run.json"), 0, NULL);
    cr_assert(ne(ptr, run, NULL), "no run.json in %s", folder);
    cr_assert(eq(str, (char *)text_of(run, "outcome"), (char *)outcome));
    cr_assert(eq(ptr, json_object_get(run, "unfinished"), NULL));
    json_decref(run);
}

static void choose_clean(void)
{
    setenv("HEAPGATE_TEST_CASE", "clean", 1);
}

TestSuite(outputs, .init = choose_clean);

Test(outputs, closed_standard_files_are_not_taken_for_others)
{
    char *folder = folder_make();
    expect(IN_SHELL("\"$0\" \"$@\" 2>&-", "check", plain, "--out", folder), 0, "");
    expect_outcome(folder, "pass");
    expect(IN_SHELL("\"$0\" \"$@\" >&-", "check", plain, "--out", folder), 2,
           "cannot write standard output: Bad file descriptor");
    expect_outcome(folder, "pass");
    expect(IN_SHELL("\"$0\" \"$@\" <&- >&- 2>&-", "check", plain, "--out", folder), 2, "");
    expect_outcome(folder, "pass");
    cr_assert(eq(sz, folder_count(folder), REPORTS));
    folder_remove(folder);
}

Test(outputs, a_full_standard_output_is_told_and_never_a_pass)
{
    static const char script[] = "exec \"$0\" \"$@\" >/dev/full";
    static const char says[] = "cannot write standard output: No space left on device";
    expect(IN_SHELL(script, "check", plain), 2, says);
    expect(IN_SHELL(script, "check", plain, "-q"), 2, says);
    expect(IN_SHELL(script, "list"), 2, says);
    expect(IN_SHELL(script, "--help"), 2, says);
    expect(IN_SHELL(script, "--version"), 2, says);
    setenv("HEAPGATE_TEST_CASE", "leak", 1);
    expect(IN_SHELL(script, "check", plain), 1, says);
}

Test(outputs, a_reader_that_goes_away_takes_no_report_along)
{
    char *folder = folder_make();
    expect(
        IN_SHELL("{ sleep 0.1; \"$0\" \"$@\"; echo $? >&3; } 3>&2 | true", "check", plain, "--out", folder),
        0, "0\n");
    expect_outcome(folder, "pass");
    cr_assert(eq(sz, folder_count(folder), REPORTS));
    folder_remove(folder);
}

Test(outputs, a_report_whose_reader_goes_away_is_no_mistake)
{
    static const char script[] = "trap '' PIPE; { sleep 0.1; \"$0\" \"$@\" 2>&3; echo $? >&3; } 3>&2 | true";
    char *folder = folder_make();
    expect(IN_SHELL("exec \"$0\" \"$@\"", "check", plain, "-q", "--out", folder), 0, "");
    const char *const formats[] = {"text", "html", "json"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        command_result result = IN_SHELL(script, "report", folder, "--format", formats[i]);
        cr_assert(eq(str, result.err, "0\n"), "%s", result.line);
        command_result_free(&result);
    }
    folder_remove(folder);
}

Test(outputs, a_terminal_shows_which_round_of_a_cell_runs)
{
    static const char script[] = "exec script -qec \"stty cols 60; '$0' $*\" /dev/null 2>&1";
    setenv("HEAPGATE_TEST_CASE", "sleeps", 1);
    command_result result =
        IN_SHELL(script, "check", PLUGIN("paced"), "--quick", "--no-speed", "--ops", "5000");
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s%s", result.line, result.out, result.err);
    char *line = strstr(result.out, "\r\033[Kpaced main glibc, look 1, round ");
    cr_assert(ne(ptr, line, NULL), "%s\n%s", result.line, result.out);
    char *later = strstr(result.out, ", about ");
    cr_assert(ne(ptr, later, NULL), "%s\n%s", result.line, result.out);
    command_result_free(&result);
    result = IN_SHELL("exec \"$0\" \"$@\"", "check", PLUGIN("paced"), "--quick", "--no-speed");
    cr_assert(eq(str, result.err, ""), "%s", result.line);
    command_result_free(&result);
}

Test(outputs, a_report_that_does_not_fit_leaves_the_one_that_was_there)
{
    static const char old[] = "the old one";
    char *folder = folder_make();
    char *file = folder_write(folder, "report", old);
    char text[64] = "";
    expect(IN_SHELL("exec \"$0\" \"$@\"", "check", plain, "-q", "--out", folder), 0, "");
    size_t files = folder_count(folder);
    expect(IN_SHELL(FULL_DISK, "report", folder, "--format", "html", "--output", file), 2,
           "report: File too large");
    FILE *stream = fopen(file, "r");
    cr_assert(ne(ptr, stream, NULL));
    cr_assert(ne(ptr, fgets(text, sizeof text, stream), NULL));
    fclose(stream);
    cr_assert(eq(str, text, (char *)old));
    cr_assert(eq(sz, folder_count(folder), files), "something was left behind");
    free(file);
    folder_remove(folder);
}

Test(outputs, a_limit_of_file_size_names_the_file_instead_of_killing_heapgate)
{
    static const char record[] = "cannot make the record of measurements, a file in memory: File too large";
    char *folder = folder_make();
    expect(IN_SHELL(FULL_DISK, "check", plain, "--out", folder), 2, record);
    expect(IN_SHELL(FULL_DISK, "exec", "--", "true"), 2, record);
    expect(IN_SHELL(FULL_DISK, "soak", "--for", "1s", plain), 2, record);
    expect(IN_SHELL(FULL_DISK, "doctor"), 2, record);
    cr_assert(eq(sz, folder_count(folder), 0));
    expect(IN_SHELL("exec \"$0\" \"$@\"", "check", plain, "-q", "--out", folder), 0, "");
    expect(IN_SHELL("ulimit -f 1; exec \"$0\" \"$@\" >\"$2/page\"", "report", folder, "-f", "html"), 2,
           "cannot write standard output: File too large");
    folder_remove(folder);
}

Test(outputs, a_limit_of_open_files_is_told_as_such_or_does_not_matter)
{
    static const char says[] = "the limit of open files is 20, and heapgate needs 32";
    expect(IN_SHELL("ulimit -n 20; exec \"$0\" \"$@\"", "check", plain), 2, says);
    expect(IN_SHELL("ulimit -n 20; exec \"$0\" \"$@\"", "soak", "--for", "1s", plain), 2, says);
    expect(IN_SHELL("ulimit -n 32; exec \"$0\" \"$@\"", "check", plain), 0, "");
    expect(IN_SHELL("ulimit -n 32; exec \"$0\" \"$@\"", "soak", "--for", "1s", plain), 0, "");
}

Test(outputs, a_limit_of_file_size_still_kills_the_program_that_is_watched)
{
    char *folder = folder_make();
    char *file = folder_write(folder, "file", "");
    setenv("FILE_AT_ITS_LIMIT", file, 1);
    expect(IN_SHELL("exec \"$0\" \"$@\"", "exec", "--", "sh", "-c",
                    "ulimit -f 1; exec dd if=/dev/zero of=\"$FILE_AT_ITS_LIMIT\" bs=4096 count=1"),
           4, "signal 25");
    free(file);
    folder_remove(folder);
}

Test(outputs, what_all_reports_are_made_of_is_written_before_the_others)
{
    char *folder = folder_make();
    cr_assert(eq(int, mkdir(at(folder, "report.txt"), 0777), 0));
    expect(IN_SHELL("exec \"$0\" \"$@\"", "check", plain, "-q", "--out", folder), 2,
           "report.txt: Is a directory");
    expect_outcome(folder, "pass");
    folder_remove(folder);
}

Test(outputs, a_report_goes_through_a_link_and_into_a_device)
{
    char *folder = folder_make();
    char *file = folder_write(folder, "target", "old");
    expect(IN_SHELL("exec \"$0\" \"$@\"", "check", plain, "-q", "--out", folder), 0, "");
    cr_assert(eq(int, symlink("target", at(folder, "link")), 0));
    expect(IN_SHELL("exec \"$0\" \"$@\"", "report", folder, "-f", "csv", "-o", at(folder, "link")), 0, "");
    expect(IN_SHELL("grep -q '^workload,' \"$1\" && test -L \"$2\"", file, at(folder, "link")), 0, "");
    expect(IN_SHELL("exec \"$0\" \"$@\"", "report", folder, "-f", "csv", "-o", "/dev/null"), 0, "");
    free(file);
    folder_remove(folder);
}

Test(outputs, a_report_of_exec_that_cannot_be_written_is_told_before_the_program_runs)
{
    char *folder = folder_make();
    expect(IN_SHELL("exec \"$0\" \"$@\"", "exec", "--report", "/nowhere/report", "--", "touch",
                    at(folder, "ran")),
           2, "--report: cannot write /nowhere/report: No such file");
    cr_assert(eq(sz, folder_count(folder), 0));
    folder_remove(folder);
}

Test(outputs, a_report_of_exec_that_finds_no_room_goes_to_standard_error_and_the_folder)
{
    char *folder = folder_make();
    command_result result =
        IN_SHELL("exec \"$0\" \"$@\"", "exec", "--report", "/dev/full", "--out", folder, "--", "true");
    cr_assert(eq(int, result.exit_code, 2), "%s\n%s", result.line, result.err);
    cr_assert(ne(ptr, strstr(result.err, "cannot write /dev/full"), NULL), "%s", result.err);
    cr_assert(ne(ptr, strstr(result.err, "true, main: inconclusive"), NULL), "%s", result.err);
    command_result_free(&result);
    expect_outcome(folder, "inconclusive");
    folder_remove(folder);
}

Test(outputs, an_empty_name_is_seen_in_the_complaint)
{
    expect(IN_SHELL("exec \"$0\" \"$@\"", "report", ""), 2, "is empty");
    expect(IN_SHELL("exec \"$0\" \"$@\"", "list", "-c", ""), 2, "is empty");
    expect(IN_SHELL("exec \"$0\" \"$@\"", "check", ""), 2, "'' (an empty name)");
    expect(IN_SHELL("exec \"$0\" \"$@\"", "check", plain, "--out", ""), 2, "'' (an empty name)");
}

Test(outputs, two_runs_do_not_write_to_one_folder_at_a_time)
{
    char *folder = folder_make();
    int other = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert(eq(int, flock(other, LOCK_EX | LOCK_NB), 0));
    expect(IN_SHELL("exec \"$0\" \"$@\"", "check", plain, "--out", folder), 2, "another heapgate writes to");
    expect(IN_SHELL("exec \"$0\" \"$@\"", "exec", "--out", folder, "--", "true"), 2,
           "another heapgate writes to");
    cr_assert(eq(sz, folder_count(folder), 0));
    close(other);
    expect(IN_SHELL("exec \"$0\" \"$@\"", "check", plain, "-q", "--out", folder), 0, "");
    folder_remove(folder);
}

Test(outputs, a_link_where_a_report_is_written_is_not_followed)
{
    char *folder = folder_make();
    char *victim = folder_write(folder, "victim", "untouched");
    cr_assert(eq(int, symlink("victim", at(folder, "run.json.part")), 0));
    cr_assert(eq(int, symlink("victim", at(folder, "report.html")), 0));
    expect(IN_SHELL("exec \"$0\" \"$@\"", "check", plain, "-q", "--out", folder), 0, "");
    expect(IN_SHELL("test \"$(cat \"$1\")\" = untouched", victim), 0, "");
    free(victim);
    folder_remove(folder);
}

Test(outputs, what_a_killed_writer_left_is_removed)
{
    char *folder = folder_make();
    free(folder_write(folder, "run.json.part-0123456789abcdef", "{"));
    free(folder_write(folder, "mine.part-1", "kept"));
    expect(IN_SHELL("exec \"$0\" \"$@\"", "check", plain, "-q", "--out", folder), 0, "");
    cr_assert(eq(sz, folder_count(folder), REPORTS + 1));
    folder_remove(folder);
}

Test(outputs, two_writers_of_one_file_do_not_mix)
{
    static const char race[] = "cd \"$2\" && \"$0\" report . -f html > a && \"$0\" report . -f json > b &&"
                               "for i in $(seq 30); do "
                               "  \"$0\" report . -f html -o both & \"$0\" report . -f json -o both & wait;"
                               "  cmp -s a both || cmp -s b both || exit 9; "
                               "done; test $(ls | grep -c both) = 1";
    char *folder = folder_make();
    expect(IN_SHELL("exec \"$0\" \"$@\"", "check", plain, "-q", "--out", folder), 0, "");
    expect(IN_SHELL(race, "", folder), 0, "");
    folder_remove(folder);
}
