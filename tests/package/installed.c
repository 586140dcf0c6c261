/*
 * Goal: what cmake --install puts somewhere is whole, can be moved, and is all that another project needs.
 */
#include "command.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A program started from here that is a Criterion suite would take itself for one of this one's tests. */
static void leave_criterion(void)
{
    unsetenv("BXFI_MAP");
}

TestSuite(installed, .init = leave_criterion);

static char *path_in(const char *folder, const char *rest)
{
    char *path;
    cr_assert(lt(int, 0, asprintf(&path, "%s/%s", folder, rest)));
    return path;
}

static void expect_done(const command *given)
{
    command_result result = command_run(given);
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s%s", result.line, result.out, result.err);
    command_result_free(&result);
}

/* Installs below the folder and moves the prefix away from where it was installed; gives the moved one. */
static char *install_and_move(const char *folder)
{
    char *first = path_in(folder, "first prefix");
    char *moved = path_in(folder, "moved prefix");
    const command install = {.words = {HG_CMAKE, "--install", HG_BUILD_DIR, "--prefix", first}};
    expect_done(&install);
    cr_assert(eq(int, rename(first, moved), 0));
    free(first);
    return moved;
}

/* heapgate check of a plug-in's case with the installed program. */
static int check_case(const char *program, const char *chosen)
{
    setenv("HEAPGATE_TEST_CASE", chosen, 1);
    const command given = {.words = {program, "check", PLUGIN("broken"), "--allocator", "glibc",
                                     "--allocator", "jemalloc", "--quiet"}};
    command_result result = command_run(&given);
    int code = result.exit_code;
    cr_assert(eq(sz, result.err_size, 0), "%s\n%s", result.line, result.err);
    command_result_free(&result);
    return code;
}

Test(installed, measures_from_a_prefix_that_was_moved_and_has_a_space)
{
    char *folder = folder_make();
    char *prefix = install_and_move(folder);
    char *program = path_in(prefix, "bin/heapgate");
    cr_assert(eq(int, check_case(program, "clean"), 0));
    cr_assert(eq(int, check_case(program, "leak"), 1));
    char *link = path_in(folder, "link");
    cr_assert(eq(int, symlink(program, link), 0));
    cr_assert(eq(int, check_case(link, "leak"), 1));
    free(link);
    free(program);
    free(prefix);
    folder_remove(folder);
}

Test(installed, measures_from_below_a_DESTDIR)
{
    char *folder = folder_make();
    const command install = {.words = {HG_CMAKE, "--install", HG_BUILD_DIR, "--prefix", "/usr"}};
    setenv("DESTDIR", folder, 1);
    expect_done(&install);
    unsetenv("DESTDIR");
    char *program = path_in(folder, "usr/bin/heapgate");
    cr_assert(eq(int, check_case(program, "clean"), 0));
    cr_assert(eq(int, check_case(program, "leak"), 1));
    free(program);
    folder_remove(folder);
}

Test(installed, measures_from_an_unpacked_deb)
{
    char *folder = folder_make();
    char *program = path_in(folder, "usr/bin/heapgate");
    const command pack = {.words = {HG_CPACK, "-G", "DEB", "-B", folder}, .folder = HG_BUILD_DIR};
    expect_done(&pack);
    const command unpack = {.words = {"/bin/sh", "-c", "dpkg-deb --extract heapgate_*.deb ."},
                            .folder = folder};
    expect_done(&unpack);
    cr_assert(eq(int, check_case(program, "clean"), 0));
    cr_assert(eq(int, check_case(program, "leak"), 1));
    free(program);
    folder_remove(folder);
}

static void expect_complaint(const command *given, const char *says)
{
    command_result result = command_run(given);
    cr_assert(eq(int, result.exit_code, 2), "%s\n%s%s", result.line, result.out, result.err);
    cr_assert(ne(ptr, strstr(result.err, says), NULL), "%s\n%s", result.line, result.err);
    cr_assert(eq(str, strchr(result.err, '\n'), "\n"), "more than one line: %s", result.err);
    command_result_free(&result);
}

Test(installed, says_where_the_built_in_suite_is_and_which_part_is_missing)
{
    char *folder = folder_make();
    char *prefix = install_and_move(folder);
    char *program = path_in(prefix, "bin/heapgate");
    const command suite = {.words = {program, "run"}, .folder = folder};
    expect_complaint(&suite, "the built-in suite runs only in heapgate's source tree");
    char *runner = path_in(prefix, "libexec/heapgate/heapgate-runner");
    cr_assert(eq(int, unlink(runner), 0));
    const command check = {.words = {program, "check", PLUGIN("broken")}};
    expect_complaint(&check, "heapgate-runner is missing");
    free(runner);
    free(program);
    free(prefix);
    folder_remove(folder);
}

Test(installed, gives_pkg_config_the_headers_and_the_program)
{
    char *folder = folder_make();
    char *prefix = install_and_move(folder);
    char *packages = path_in(prefix, "share/pkgconfig");
    free(folder_write(folder, "keeps.c",
                      "#include <heapgate/workload.h>\n"
                      "static void *volatile kept;\n"
                      "int heapgate_iterate(uint64_t i) { kept = malloc(8); return i > 0 && !kept; }\n"));
    setenv("PKG_CONFIG_PATH", packages, 1);
    const command check = {
        .words = {"/bin/sh", "-ec",
                  "eval cc -g -shared -fPIC -o keeps.so keeps.c "
                  "$(pkg-config --cflags heapgate)\n"
                  "eval \"$(pkg-config --variable=heapgate heapgate) check keeps.so --quiet\""},
        .folder = folder};
    command_result result = command_run(&check);
    cr_assert(eq(int, result.exit_code, 1), "%s\n%s%s", result.line, result.out, result.err);
    cr_assert(eq(str, result.out, "leak\n"), "%s\n%s", result.line, result.out);
    command_result_free(&result);
    free(packages);
    free(prefix);
    folder_remove(folder);
}

static command_result run_tests(const char *build, const char *selects, const char *pattern)
{
    const command given = {
        .words = {HG_CTEST, "--test-dir", build, "--output-on-failure", selects, pattern, "-j2"}};
    return command_run(&given);
}

static void expect_says(const command_result *result, const char *text)
{
    cr_assert(ne(ptr, strstr(result->out, text), NULL), "'%s' is not said: %s\n%s", text, result->line,
              result->out);
}

static void configure_and_build(const char *project, const char *prefix, const char *build)
{
    char *where;
    cr_assert(lt(int, 0, asprintf(&where, "-DCMAKE_PREFIX_PATH=%s", prefix)));
    const command configure = {.words = {HG_CMAKE, "-S", project, "-B", build, "-G", HG_GENERATOR, where}};
    const command compile = {.words = {HG_CMAKE, "--build", build}};
    expect_done(&configure);
    expect_done(&compile);
    free(where);
}

Test(installed, lets_another_project_test_what_leaks_and_what_does_not)
{
    char *folder = folder_make();
    char *prefix = install_and_move(folder);
    char *build = path_in(folder, "example");
    configure_and_build(HG_SOURCE_DIR "/tests/package/example", prefix, build);

    command_result result = run_tests(build, "--exclude-regex", "leaking");
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s", result.line, result.out);
    expect_says(&result, "100% tests passed, 0 tests failed out of 4");
    command_result_free(&result);

    result = run_tests(build, "--tests-regex", "leaking");
    cr_assert(ne(int, result.exit_code, 0), "%s\n%s", result.line, result.out);
    expect_says(&result, "0% tests passed, 3 tests failed out of 3");
    expect_says(&result, "16 B and 1 block per line, which take 32 B of the heap:");
    expect_says(&result, "32 B and 2 blocks per input, which take 64 B of the heap:");
    expect_says(&result, "16 B and 1 block per mark:");
    expect_says(&result, "queue.c:25");
    expect_says(&result, "again: heapgate check");
    expect_says(&result, "again: heapgate exec --marks");
    command_result_free(&result);

    result = run_tests(build, "--label-regex", "fuzz");
    expect_says(&result, "1 tests failed out of 2");
    command_result_free(&result);
    free(build);
    free(prefix);
    folder_remove(folder);
}

Test(installed, gives_the_right_verdict_on_libraries_of_Debian_used_rightly_and_wrongly)
{
    char *folder = folder_make();
    char *prefix = install_and_move(folder);
    char *build = path_in(folder, "examples");
    configure_and_build(HG_SOURCE_DIR "/tests/examples", prefix, build);
    command_result result = run_tests(build, "--exclude-regex", "forgets");
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s", result.line, result.out);
    expect_says(&result, "100% tests passed, 0 tests failed out of 3");
    command_result_free(&result);

    result = run_tests(build, "--tests-regex", "forgets");
    cr_assert(ne(int, result.exit_code, 0), "%s\n%s", result.line, result.out);
    expect_says(&result, "0% tests passed, 3 tests failed out of 3");
    static const char *const culprits[] = {
        "1 block per message:", "examples/zstd.c:",       " blocks per match, ",
        "examples/re2.cc:",     " blocks per document, ", "examples/expat.c:"};
    for (size_t i = 0; i < sizeof culprits / sizeof *culprits; i++)
        expect_says(&result, culprits[i]);
    command_result_free(&result);
    free(build);
    free(prefix);
    folder_remove(folder);
}

/* Configured, built and tested from below a subfolder, in two configurations; what CTest was told in
 * *ret_told. */
static void run_configurations(const char *folder, const char *prefix, char **ret_told)
{
    char *where;
    cr_assert(lt(int, 0, asprintf(&where, "-DCMAKE_PREFIX_PATH=%s", prefix)));
    const command configure = {
        .words = {HG_CMAKE, "-S", folder, "-B", folder, "-G", "Ninja Multi-Config", where}};
    expect_done(&configure);
    static const char *const configurations[] = {"Debug", "Release"};
    for (size_t i = 0; i < 2; i++) {
        const command compile = {.words = {HG_CMAKE, "--build", folder, "--config", configurations[i]}};
        const command test = {.words = {HG_CTEST, "--test-dir", folder, "-C", configurations[i],
                                        "--label-regex", "leak", "--no-tests=error", "--output-on-failure"}};
        expect_done(&compile);
        expect_done(&test);
    }
    const command show = {.words = {HG_CTEST, "--test-dir", folder, "-C", "Debug", "--show-only=json-v1"}};
    command_result told = command_run(&show);
    *ret_told = told.out;
    told.out = NULL;
    command_result_free(&told);
    free(where);
}

Test(installed, adds_tests_in_a_subfolder_for_many_configurations_with_labels_and_timeouts)
{
    char *folder = folder_make();
    char *prefix = install_and_move(folder);
    char *sub = path_in(folder, "sub");
    char *told;
    cr_assert(eq(int, mkdir(sub, 0777), 0));
    free(folder_write(folder, "CMakeLists.txt",
                      "cmake_minimum_required(VERSION 3.25)\nproject(other C)\nenable_testing()\n"
                      "set(CMAKE_C_VISIBILITY_PRESET hidden)\nadd_subdirectory(sub)\n"));
    free(folder_write(sub, "CMakeLists.txt",
                      "find_package(heapgate REQUIRED)\n"
                      "heapgate_add_test(both SOURCES keeps.c ALLOCATORS glibc jemalloc LABELS leak slow)\n"
                      "heapgate_add_test(one SOURCES keeps.c LABELS leak TIMEOUT 77)\n"));
    free(folder_write(
        sub, "keeps.c",
        "#include <heapgate/workload.h>\n"
        "static void *volatile kept;\n"
        "int heapgate_iterate(uint64_t i) { free(kept); kept = malloc(8); return i > 0 && !kept; }\n"));
    run_configurations(folder, prefix, &told);
    cr_assert(ne(ptr, strstr(told, "800.0"), NULL), "two allocators, and not twice the time: %s", told);
    cr_assert(ne(ptr, strstr(told, "77.0"), NULL), "no timeout as told: %s", told);
    cr_assert(ne(ptr, strstr(told, "\"slow\""), NULL), "no second label: %s", told);
    free(told);
    free(sub);
    free(prefix);
    folder_remove(folder);
}

Test(installed, is_uninstalled_with_its_own_folders_and_without_what_is_not_its_own)
{
    if (HG_SANITIZED)
        cr_skip("a sanitized build has no manual pages");
    char *folder = folder_make();
    char *prefix = path_in(folder, "a prefix");
    const command install = {.words = {HG_CMAKE, "--install", HG_BUILD_DIR, "--prefix", prefix}};
    expect_done(&install);
    free(folder_write(prefix, "share/man/man1/other.1", "somebody else's\n"));
    free(folder_write(prefix, "include/heapgate/.mine", "in a folder of heapgate's\n"));
    /* As CMake writes it; its own is that of whichever test installed last. */
    static const char script[] = "cd \"$0\"\n"
                                 "find \"$0\" -type f ! -name other.1 ! -name .mine >../manifest\n"
                                 "\"$1\" -DMANIFEST=../manifest -P \"$2\"\n"
                                 "find . -type f | sort | tr '\\n' ' '\n"
                                 "find . -name heapgate\n";
    const command uninstall = {.words = {"/bin/sh", "-ec", script, prefix, HG_CMAKE,
                                         HG_SOURCE_DIR "/harness/cmake/uninstall.cmake"}};
    command_result result = command_run(&uninstall);
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s%s", result.line, result.out, result.err);
    cr_assert(eq(str, result.out, "./include/heapgate/.mine ./share/man/man1/other.1 ./include/heapgate\n"),
              "%s", result.line);
    command_result_free(&result);
    free(prefix);
    folder_remove(folder);
}

/* A project of these lines; what configuring it says. */
static void expect_refused(const char *folder, const char *prefix, const char *lines, const char *says)
{
    char *text;
    char *where;
    cr_assert(
        lt(int, 0,
           asprintf(&text, "cmake_minimum_required(VERSION 3.25)\nproject(other C)\nenable_testing()\n%s\n",
                    lines)));
    cr_assert(lt(int, 0, asprintf(&where, "-DCMAKE_PREFIX_PATH=%s", prefix)));
    free(folder_write(folder, "CMakeLists.txt", text));
    const command configure = {.words = {HG_CMAKE, "-S", folder, "-B", folder, "-G", HG_GENERATOR, where}};
    command_result result = command_run(&configure);
    cr_assert(ne(int, result.exit_code, 0), "%s\n%s", result.line, result.out);
    cr_assert(ne(ptr, strstr(result.err, says), NULL), "'%s' is not said: %s\n%s", says, result.line,
              result.err);
    command_result_free(&result);
    free(where);
    free(text);
}

Test(installed, refuses_a_wrong_version_and_wrong_arguments_when_a_project_is_configured)
{
    char *folder = folder_make();
    char *prefix = install_and_move(folder);
    expect_refused(folder, prefix, "find_package(heapgate 99 REQUIRED)", "version \"99\"");
#define FOUND "find_package(heapgate REQUIRED)\n"
    expect_refused(folder, prefix, FOUND "heapgate_add_test(a LIBRARIES b)", "SOURCES is missing");
    expect_refused(folder, prefix, FOUND "heapgate_add_test(a b.c)", "unknown argument 'b.c'");
    expect_refused(folder, prefix, FOUND "heapgate_add_test(a SOURCES b.c OPS)", "OPS has no value");
    free(prefix);
    folder_remove(folder);
}
