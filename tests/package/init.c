/*
 * Goal: heapgate init is the first page of the manual: its own instructions, followed to the letter, give the
 * right verdict at once, in a project of any kind; and nobody loses a file to it.
 */
#include "command.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *joined(const char *folder, const char *rest)
{
    char *path;
    cr_assert(lt(int, 0, asprintf(&path, "%s/%s", folder, rest)));
    return path;
}

static command_result run_init(const char *program, const char *folder, const char *project)
{
    const command given = {.words = {program, "init", project}, .folder = folder};
    return command_run(&given);
}

/* The lines that stand in by four blanks, from one place in the text to another; NULL: its end. The
 * caller's. */
static char *lines_between(const char *text, const char *end)
{
    char *lines = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&lines, &size);
    for (const char *next; text && *text && text != end; text = next) {
        next = strchr(text, '\n') + 1;
        if (strncmp(text, "    ", 4) == 0)
            fwrite(text + 4, 1, (size_t)(next - text) - 4, out);
    }
    cr_assert(eq(int, fclose(out), 0));
    cr_assert(lt(sz, 0, size));
    return lines;
}

static void expect_outcome(const char *folder, const char *script, int code, const char *says)
{
    const command given = {.words = {"bash", "-e", "-c", script}, .folder = folder};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, code), "%s\n%s%s", result.line, result.out, result.err);
    cr_assert(ne(ptr, strstr(result.out, says), NULL), "'%s' is not said: %s\n%s", says, result.line,
              result.out);
    command_result_free(&result);
}

/*
 * Does what init says: adds its lines to the file named, then runs its commands. The verdict is clean;
 * without the free that the workload speaks of, a leak of just so many bytes.
 */
static void follow(const char *program, const char *folder, const char *project, const char *adds_to)
{
    command_result result = run_init(program, folder, project);
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s%s", result.line, result.out, result.err);
    char *at = strstr(result.out, "\nBuild and run it:\n");
    cr_assert(ne(ptr, at, NULL), "%s", result.out);
    char *commands = lines_between(at + 1, NULL);
    if (adds_to) {
        char *lines = lines_between(result.out, at + 1);
        FILE *file = fopen(adds_to, "a");
        cr_assert(ne(ptr, file, NULL));
        fputs(lines, file);
        cr_assert(eq(int, fclose(file), 0));
        free(lines);
    }
    expect_outcome(folder, commands, 0, "pass: 1 of 1 cell as expected");
    char *script;
    cr_assert(lt(int, 0,
                 asprintf(&script, "(cd -- '%s' && sed -i '/free(last)/d' leak-tests/first_leak_test.c)\n%s",
                          project, commands)));
    expect_outcome(folder, script, 1, "    6 B and 1 block per op, which take 32 B of the heap:");
    free(script);
    free(commands);
    command_result_free(&result);
}

Test(init, works_at_once_in_an_empty_folder)
{
    char *folder = folder_make();
    follow(HEAPGATE, folder, ".", NULL);
    folder_remove(folder);
}

Test(init, works_at_once_in_a_folder_with_a_hostile_name)
{
    char *folder = folder_make();
    char *project = joined(folder, "-a $(b)\t; it is");
    cr_assert(eq(int, mkdir(project, 0777), 0));
    const command given = {.words = {HEAPGATE, "init", "--", "-a $(b)\t; it is"}, .folder = folder};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s%s", result.line, result.out, result.err);
    char *commands = lines_between(strstr(result.out, "\nBuild and run it:\n") + 1, NULL);
    expect_outcome(folder, commands, 0, "pass: 1 of 1 cell as expected");
    free(commands);
    command_result_free(&result);
    free(project);
    folder_remove(folder);
}

/* Installs, and lets the PATH lead to it: the commands then say heapgate. */
static char *install(const char *folder, const char *name)
{
    char *prefix = joined(folder, name);
    char *path;
    const command given = {.words = {HG_CMAKE, "--install", HG_BUILD_DIR, "--prefix", prefix}};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s%s", result.line, result.out, result.err);
    command_result_free(&result);
    cr_assert(lt(int, 0, asprintf(&path, "%s/bin:%s", prefix, getenv("PATH"))));
    setenv("PATH", path, 1);
    free(path);
    return prefix;
}

/* A project that has C++ only, in a folder with a blank. */
static void follow_in_project(const char *prefix_name, const char *file, const char *text, const char *also)
{
    char *folder = folder_make();
    char *prefix = install(folder, prefix_name);
    char *project = joined(folder, "my project");
    cr_assert(eq(int, mkdir(project, 0777), 0));
    char *path = folder_write(project, file, text);
    follow("heapgate", folder, "my project", path);
    expect_outcome(project, also, 1, "6 B and 1 block per op");
    free(path);
    free(project);
    free(prefix);
    folder_remove(folder);
}

Test(init, works_at_once_in_a_project_of_CMake)
{
    follow_in_project("a prefix", "CMakeLists.txt",
                      "cmake_minimum_required(VERSION 3.25)\nproject(mine CXX)\n",
                      "ctest --test-dir build --label-regex leak --output-on-failure || exit 1");
}

/* What pkg-config tells of a path with a blank, Meson does not understand. */
Test(init, works_at_once_in_a_project_of_Meson)
{
    follow_in_project("prefix", "meson.build", "project('mine', 'cpp')\n",
                      "meson test -C build --suite leak --print-errorlogs || exit 1");
}

Test(init, says_what_an_installed_one_could_do_for_a_project_of_CMake)
{
    char *folder = folder_make();
    free(folder_write(folder, "CMakeLists.txt", "project(mine C)\n"));
    command_result result = run_init(HEAPGATE, folder, ".");
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s", result.line, result.err);
    cr_assert(ne(ptr, strstr(result.out, "once heapgate is installed"), NULL), "%s", result.out);
    cr_assert(eq(ptr, strstr(result.out, "add_subdirectory"), NULL), "%s", result.out);
    command_result_free(&result);
    folder_remove(folder);
}

static void expect_refusal(const char *folder, const char *project, const char *says)
{
    command_result result = run_init(HEAPGATE, folder, project);
    cr_assert(eq(int, result.exit_code, 2), "%s\n%s%s", result.line, result.out, result.err);
    cr_assert(eq(sz, result.out_size, 0), "%s\n%s", result.line, result.out);
    cr_assert(ne(ptr, strstr(result.err, says), NULL), "'%s' is not said: %s\n%s", says, result.line,
              result.err);
    cr_assert(eq(str, strchr(result.err, '\n'), "\n"), "more than one line: %s", result.err);
    command_result_free(&result);
}

Test(init, overwrites_nothing_and_then_writes_nothing)
{
    static const char *const there[] = {"heapgate.yaml", "leak-tests/first_leak_test.c"};
    for (size_t i = 0; i < 2; i++) {
        char *folder = folder_make();
        char *tests = joined(folder, "leak-tests");
        cr_assert(eq(int, mkdir(tests, 0777), 0));
        char *path = folder_write(folder, there[i], "mine\n");
        expect_refusal(folder, ".", there[i]);
        expect_outcome(folder, "cat heapgate.yaml leak-tests/* 2>/dev/null || true", 0, "mine\n");
        cr_assert(eq(sz, folder_count(folder) + folder_count(tests), 2));
        free(path);
        free(tests);
        folder_remove(folder);
    }
}

Test(init, follows_no_link_out_of_the_project)
{
    char *folder = folder_make();
    char *project = joined(folder, "project");
    char *link = joined(project, "heapgate.yaml");
    cr_assert(eq(int, mkdir(project, 0777), 0));
    cr_assert(eq(int, symlink("../elsewhere", link), 0));
    expect_refusal(folder, "project", "heapgate.yaml exists already");
    cr_assert(eq(sz, folder_count(folder), 1));
    free(link);
    free(project);
    folder_remove(folder);
}

Test(init, leaves_nothing_half_written)
{
    char *folder = folder_make();
    char *tests = folder_write(folder, "leak-tests", "a file where a folder should be\n");
    expect_refusal(folder, ".",
                   "cannot write ./leak-tests/first_leak_test.c: Not a directory; nothing was written");
    cr_assert(eq(sz, folder_count(folder), 1));
    expect_refusal(folder, "leak-tests", "cannot open the folder leak-tests: Not a directory");
    expect_refusal(folder, "nowhere", "cannot open the folder nowhere: No such file");
    free(tests);
    folder_remove(folder);
}
