/*
 * Goal: whichever compiler built the code and wherever its debug information lies, the user's own function is
 * the culprit, by file and line where there is debug information. The plug-ins are kept.cc and kept.rs.
 */
#include "checked.h"
#include "tools.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUILT(name) HG_BUILD_DIR "/tests/languages/" name "/" name ".so"

/* NULL: none */
static char *sysroot;

static checked check_built(const char *plugin)
{
    if (access(plugin, R_OK) != 0)
        cr_skip("%s was not built: its compiler is not installed", plugin);
    const char *const quick[] = {"--quick", sysroot ? "--sysroot" : NULL, sysroot, NULL};
    checked done = check(plugin, NULL, quick);
    cr_assert(eq(int, done.result.exit_code, 1), "%s\n%s%s", done.result.line, done.result.out,
              done.result.err);
    return done;
}

/* All that grows, grows in the function, at a line of the file; without a file there is no line. */
static void expect_culprits(const checked *done, const char *function, const char *file, int least, int most)
{
    const json_t *cell = checked_cell(done, 0);
    size_t count = json_array_size(json_object_get(cell, "sites"));
    cr_assert(lt(sz, 0, count));
    for (size_t i = 0; i < count; i++) {
        const json_t *frame = culprit_of(cell, i);
        const json_t *line = json_object_get(frame, "line");
        const char *found = json_string_value(json_object_get(frame, "file"));
        const char *slash = found ? strrchr(found, '/') : NULL;
        cr_assert(eq(str, (char *)text_of(frame, "function"), (char *)function), "%s\n%s", done->result.line,
                  done->result.out);
        cr_assert(eq(str,
                     (char *)(slash   ? slash + 1
                              : found ? found
                                      : ""),
                     (char *)file),
                  "%s\n%s", done->result.line, done->result.out);
        bool within = json_integer_value(line) >= least && json_integer_value(line) <= most;
        cr_assert(within, "line %d: %s\n%s", (int)json_integer_value(line), done->result.line,
                  done->result.out);
    }
}

static void expect_kept(const char *plugin)
{
    checked done = check_built(plugin);
    expect_culprits(&done, "app::store::keep", "kept.cc", marked_line("kept.cc", "first"),
                    marked_line("kept.cc", "last"));
    checked_free(&done);
}

/* Function names alone; and the report says once what is missing, and shows no line 0. */
static void expect_function_only(const char *plugin, const char *function)
{
    checked done = check_built(plugin);
    expect_culprits(&done, function, "", 0, 0);
    char *said = strstr(done.result.out, "has no line information: build it with -g");
    cr_assert(ne(ptr, said, NULL), "%s\n%s", done.result.line, done.result.out);
    cr_assert(eq(ptr, strstr(said + 1, "has no line information"), NULL), "%s", done.result.out);
    cr_assert(eq(ptr, strstr(done.result.out, ":0\n"), NULL), "%s", done.result.out);
    checked_free(&done);
}

Test(languages, gcc_leads_to_file_and_line)
{
    expect_kept(BUILT("gcc_dwarf4"));
    expect_kept(BUILT("gcc_dwarf5"));
}

Test(languages, gcc_with_split_dwarf_leads_to_file_and_line)
{
    expect_kept(BUILT("gcc_split4"));
    expect_kept(BUILT("gcc_split5"));
}

Test(languages, line_tables_alone_lead_to_file_and_line)
{
    expect_kept(BUILT("gcc_g1"));
    expect_kept(BUILT("clang_g1"));
}

Test(languages, gcc_with_lto_leads_to_file_and_line)
{
    expect_kept(BUILT("gcc_lto"));
}

Test(languages, clang_leads_to_file_and_line)
{
    expect_kept(BUILT("clang_dwarf4"));
    expect_kept(BUILT("clang_dwarf5"));
}

Test(languages, clang_with_split_dwarf_leads_to_file_and_line)
{
    expect_kept(BUILT("clang_split4"));
    expect_kept(BUILT("clang_split5"));
}

Test(languages, split_dwarf_without_its_dwo_files_leads_to_a_line_of_the_function)
{
    const char *const plugins[] = {BUILT("gcc_lost_dwo"), BUILT("clang_lost_dwo")};
    for (size_t i = 0; i < 2; i++) {
        checked done = check_built(plugins[i]);
        expect_culprits(&done, "app::store::keep", "kept.cc", marked_line("kept.cc", "first") - 3,
                        marked_line("kept.cc", "last") + 1);
        checked_free(&done);
    }
}

/* The variable that keeps the blocks, by its types, file and line. */
static void expect_holder(const char *plugin, const char *path, const char *name, const char *file)
{
    if (access(plugin, R_OK) != 0)
        return;
    static const char *const words[] = {"--allocator", "glibc", "--quick", "--holders", "auto", NULL};
    checked done = check(plugin, NULL, words);
    const json_t *site = json_array_get(json_object_get(checked_cell(&done, 0), "sites"), 0);
    const json_t *holder = json_array_get(json_object_get(json_object_get(site, "held"), "holders"), 0);
    cr_assert(ne(ptr, (void *)holder, NULL), "%s\n%s", done.result.line, done.result.out);
    bool begins = strncmp(text_of(holder, "path"), path, strlen(path)) == 0;
    cr_assert(begins, "%s: %s", text_of(holder, "path"), done.result.line);
    cr_assert(eq(str, (char *)text_of(holder, "name"), (char *)name), "%s", done.result.line);
    cr_assert(strstr(text_of(holder, "file"), file) != NULL, "%s: %s", text_of(holder, "file"),
              done.result.line);
    cr_assert(lt(dbl, 0, number_of(holder, "line")), "%s", done.result.line);
    checked_free(&done);
}

Test(languages, holders_are_named_whatever_the_debug_information_is_like)
{
    static const char *const builds[] = {BUILT("gcc_dwarf4"),   BUILT("gcc_dwarf5"),   BUILT("gcc_split4"),
                                         BUILT("gcc_split5"),   BUILT("gcc_lto"),      BUILT("clang_dwarf4"),
                                         BUILT("clang_dwarf5"), BUILT("clang_split4"), BUILT("clang_split5"),
                                         BUILT("debuglink")};
    for (size_t i = 0; i < sizeof builds / sizeof *builds; i++)
        expect_holder(builds[i], "app::shared.", "app::shared", "kept.cc");
}

Test(languages, holders_of_rust_are_named)
{
    expect_holder(BUILT("rust_optimised"), "kept::keep::STORE.kept[]", "kept::keep::STORE", "kept.rs");
}

Test(languages, rust_leads_to_the_users_method_and_not_to_the_library)
{
    const char *const plugins[] = {BUILT("rust_optimised"), BUILT("rust_plain")};
    int line = marked_line("kept.rs", "rust");
    for (size_t i = 0; i < 2; i++) {
        checked done = check_built(plugins[i]);
        expect_culprits(&done, "kept::keep::Store::cycle", "kept.rs", line, line);
        checked_free(&done);
    }
}

Test(languages, rust_without_lines_leads_to_the_users_function)
{
    expect_function_only(BUILT("rust_no_lines"), "kept::keep::turn");
}

Test(languages, cxx_without_lines_leads_to_the_users_function_and_says_once_what_is_missing)
{
    expect_function_only(BUILT("gcc_no_lines"), "app::store::keep");
    expect_function_only(BUILT("clang_no_lines"), "app::store::keep");
}

Test(languages, a_stripped_library_with_a_debuglink_leads_to_file_and_line)
{
    expect_kept(BUILT("debuglink"));
}

Test(languages, a_stripped_library_with_mini_debug_info_leads_to_the_function)
{
    expect_function_only(BUILT("mini_debug_info"), "app::store::keep");
}

Test(languages, a_stripped_library_whose_build_id_a_server_knows_leads_to_file_and_line)
{
    if (!dlopen("libdebuginfod.so.1", RTLD_LAZY)) /* as libdw does */
        cr_skip("libdebuginfod is not installed");
    char *cache = folder_make();
    char port[8], address[64];
    snprintf(port, sizeof port, "%d", 20000 + (int)getpid() % 10000);
    snprintf(address, sizeof address, "http://127.0.0.1:%s/", port);
    const command server = {.words = {"python3", "-m", "http.server", "--bind", "127.0.0.1", port},
                            .folder = HG_BUILD_DIR "/tests/languages/server/server"};
    setenv("DEBUGINFOD_CACHE_PATH", cache, true);
    setenv("DEBUGINFOD_URLS", address, true);
    pid_t running = command_start(&server);
    sleep(2);
    expect_kept(BUILT("server"));
    kill(running, SIGTERM);
    command_wait(running);
    folder_remove(cache);
}

Test(languages, a_stripped_library_whose_full_build_is_below_the_sysroot_leads_to_file_and_line)
{
    static char root[] = HG_BUILD_DIR "/tests/languages/sysroot/root";
    sysroot = root;
    expect_kept(BUILT("sysroot"));
}

Test(languages, a_stripped_library_whose_build_id_is_below_the_sysroot_leads_to_file_and_line)
{
    sysroot = folder_make();
    const command place = {
        .words = {"sh", "-c",
                  "cd " HG_BUILD_DIR "/tests/languages/server/server/buildid/* && id=${PWD##*/} && "
                  "below=$0/usr/lib/debug/.build-id/$(echo $id | cut -c 1-2) && mkdir -p $below && "
                  "cp debuginfo $below/$(echo $id | cut -c 3-).debug",
                  sysroot}};
    command_result placed = command_run(&place);
    cr_assert(eq(int, placed.exit_code, 0), "%s", placed.err);
    command_result_free(&placed);
    expect_kept(BUILT("server"));
    folder_remove(sysroot);
}

Test(languages, another_build_below_the_sysroot_is_not_believed)
{
    sysroot = folder_make();
    const command place = {.words = {"sh", "-c",
                                     "mkdir -p $0$(dirname $1) && cp " BUILT("gcc_dwarf4") " $0$1", sysroot,
                                     BUILT("gcc_dwarf5")}};
    command_result placed = command_run(&place);
    cr_assert(eq(int, placed.exit_code, 0), "%s", placed.err);
    command_result_free(&placed);
    expect_kept(BUILT("gcc_dwarf5"));
    folder_remove(sysroot);
}

static void expect_found_by(const char *tool)
{
    char *folder = folder_make();
    const command given = {
        .words = {HEAPGATE, "profile", "--with", tool, "--out", folder, BUILT("gcc_dwarf5")}};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s%s", result.line, result.out, result.err);
    bool found = strstr(result.out, "It finds it in the function that heapgate names: app::store::keep") &&
                 strstr(result.out, "\n      app::store::keep(");
    cr_assert(found, "%s\n%s", result.line, result.out);
    command_result_free(&result);
    folder_remove(folder);
}

Test(languages, valgrinds_tools_find_a_leak_of_cxx_in_the_users_function)
{
    tool_or_skip("valgrind");
    expect_found_by("memcheck");
    expect_found_by("massif");
    expect_found_by("dhat");
}

Test(languages, heaptrack_finds_a_leak_of_cxx_in_the_users_function)
{
    tool_or_skip("heaptrack");
    expect_found_by("heaptrack");
}
