/*
 * Goal: heapgate profile runs each real tool over a workload, reads back what it found, leaves its file, and
 * says where the tool cannot see what heapgate sees.
 */
#include "command.h"
#include "tools.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Runs a profile into a new folder; more words are added, ended by NULL. */
static command_result profile(const char *tool, const char *out, const char *const *more)
{
    command given = {.words = {HEAPGATE, "profile", "--with", tool, "--out", out}};
    for (size_t i = 0; more[i]; i++)
        given.words[6 + i] = more[i];
    return command_run(&given);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void expect_text(const command_result *result, const char *part)
{
    cr_assert(ne(ptr, strstr(result->out, part), NULL), "without '%s'\n%s\n%s%s", part, result->line,
              result->out, result->err);
}

static void expect_file(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert(eq(int, access(path, R_OK), 0), "%s is missing", path);
}

/* The commands that open the files, as far as they need no window: each ends well and prints something. */
static void expect_openers(const command_result *result)
{
    static const char *const programs[] = {"  callgrind_annotate ", "  ms_print ", "  heaptrack_print ",
                                           "  jeprof "};
    size_t tried = 0;
    const char *at = strstr(result->out, "\nOpen it with\n");
    cr_assert(ne(ptr, (void *)at, NULL), "%s\n%s", result->line, result->out);
    for (at = strchr(at + 1, '\n'); at && at[1]; at = strchr(at + 1, '\n')) {
        char *line = strndup(at + 1, strcspn(at + 1, "\n"));
        for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
            if (strncmp(line, programs[i], strlen(programs[i])) != 0 || strstr(line, "(not installed"))
                continue;
            const command given = {.words = {"/bin/sh", "-c", line, NULL}};
            command_result opened = command_run(&given);
            cr_expect(eq(int, opened.exit_code, 0), "%s\n%s%s", line, opened.out, opened.err);
            cr_expect(lt(sz, 0, opened.out_size), "%s\n%s", line, opened.err);
            command_result_free(&opened);
            tried++;
        }
        free(line);
    }
    bool in_a_browser = strstr(result->out, "file:///usr/libexec/valgrind/dh_view.html") != NULL;
    cr_expect(tried > 0 || (in_a_browser && access("/usr/libexec/valgrind/dh_view.html", R_OK) == 0), "%s",
              result->out);
}

/* A plug-in that loses one block an op, or none. */
static void expect_profile(const char *tool, const char *chosen, const char *file, const char *const *parts)
{
    char *folder = folder_make();
    setenv("HEAPGATE_TEST_CASE", chosen, 1);
    command_result result = profile(tool, folder, WORDS(PLUGIN("growth"), "--ops", "100"));
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s%s", result.line, result.out, result.err);
    for (size_t i = 0; parts[i]; i++)
        expect_text(&result, parts[i]);
    expect_file(folder, file);
    if (strcmp(chosen, "none") != 0)
        expect_openers(&result);
    command_result_free(&result);
    folder_remove(folder);
}

Test(profile_tools, memcheck_agrees_on_a_block_lost_in_every_op)
{
    tool_or_skip("valgrind");
    expect_profile(
        "memcheck", "in_one_thread", "memcheck.xml",
        WORDS("heapgate   leak: 3.91 KiB and 1 block per op", "3.91 KiB and 1 block lost", "memcheck agrees",
              "It finds it in the function that heapgate names: lose_block", "growth.c:14",
              "lost at each checkpoint: 9 19 | 29 39 49 59 69 79 89 99 109 119 blocks", "kcachegrind /"));
}

Test(profile_tools, memcheck_agrees_where_nothing_is_lost)
{
    tool_or_skip("valgrind");
    expect_profile(
        "memcheck", "none", "memcheck.xtleak.kcg",
        WORDS("heapgate   clean: 0 B", "0 B and 0 blocks lost", "memcheck agrees: no round loses a block"));
}

Test(profile_tools, massif_shows_growth_between_its_snapshots)
{
    tool_or_skip("valgrind");
    expect_profile("massif", "in_one_thread", "massif.out",
                   WORDS("massif     3.91 KiB gained per op", "massif shows the growth", "lose_block",
                         "alive at each checkpoint: ", "ms_print /"));
}

Test(profile_tools, dhat_shows_what_is_alive_at_the_end)
{
    tool_or_skip("valgrind");
    expect_profile("dhat", "in_one_thread", "dhat.json",
                   WORDS("alive at the end per op", "dhat shows the growth. It takes no snapshots",
                         "It finds it in the function that heapgate names: lose_block", "dh_view.html"));
}

Test(profile_tools, heaptrack_counts_the_measured_rounds_alone)
{
    tool_or_skip("heaptrack");
    expect_profile("heaptrack", "in_one_thread", "heaptrack.data",
                   WORDS("heaptrack  3.91 KiB gained per op", "heaptrack shows the growth", "lose_block",
                         "heaptrack_print --print-leaks=1 --file /"));
}

Test(profile_tools, jeprof_subtracts_the_warm_up_and_runs_on_jemalloc)
{
    tool_or_skip("jeprof");
    expect_profile("jeprof", "in_one_thread", "jeprof.last.heap",
                   WORDS("on jemalloc)", "jeprof     4.00 KiB and 1 block gained per op",
                         "jeprof shows the growth",
                         "It finds it in the function that heapgate names: lose_block",
                         "jeprof --text --lines --base=/"));
}

Test(profile_tools, jeprof_of_a_healthy_plugin_gains_nothing)
{
    tool_or_skip("jeprof");
    expect_profile(
        "jeprof", "none", "jeprof.last.heap",
        WORDS("jeprof     0 B and 0 blocks gained per op", "jeprof shows no more than heapgate does"));
}

Test(profile_tools, a_registry_that_only_grows_is_reachable_to_memcheck_and_a_leak_to_heapgate)
{
    tool_or_skip("valgrind");
    char *folder = folder_make();
    command_result result = profile("memcheck", folder, WORDS("registry-storm", "--ops", "100"));
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s%s", result.line, result.out, result.err);
    expect_text(&result, "registry-storm, before, seed 1");
    expect_text(&result, "heapgate   leak");
    expect_text(&result, "0 B and 0 blocks lost");
    expect_text(&result, "memcheck cannot see this leak. Something still points to the blocks");
    expect_text(&result, "registry_entry_new");
    command_result_free(&result);
    folder_remove(folder);
}

Test(profile_tools, the_fixed_build_is_profiled_when_it_is_named)
{
    tool_or_skip("heaptrack");
    char *folder = folder_make();
    command_result result = profile("heaptrack", folder,
                                    WORDS("registry-storm", "--subject", "after", "--allocator", "jemalloc"));
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s%s", result.line, result.out, result.err);
    expect_text(&result, "registry-storm, after, seed 1");
    expect_text(&result, "heapgate   clean: 0 B");
    expect_text(&result, "on jemalloc)");
    command_result_free(&result);
    folder_remove(folder);
}
/* Characters that shells, valgrind and massif take apart. */
static void expect_hostile_out(const char *tool, const char *file)
{
    char *folder = folder_make();
    char out[4096];
    snprintf(out, sizeof out, "%s/it's a \"new\" $dir, 100%%p %%q{HOME};:", folder);
    setenv("HEAPGATE_TEST_CASE", "in_one_thread", 1);
    command_result result = profile(tool, out, WORDS(PLUGIN("growth"), "--ops", "40"));
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s%s", result.line, result.out, result.err);
    expect_file(out, file);
    expect_openers(&result);
    expect_text(&result, "it'\\''s a \"new\" $dir, 100%p");
    command_result_free(&result);
    folder_remove(folder);
}

Test(profile_tools, valgrinds_tools_write_to_a_folder_of_any_name)
{
    tool_or_skip("valgrind");
    expect_hostile_out("memcheck", "memcheck.xml");
    expect_hostile_out("massif", "massif.round-011");
}

Test(profile_tools, the_others_write_to_a_folder_of_any_name)
{
    tool_or_skip("heaptrack");
    tool_or_skip("jeprof");
    expect_hostile_out("heaptrack", "heaptrack.data");
    expect_hostile_out("jeprof", "jeprof.warm.heap");
}

Test(profile_tools, a_plugin_of_any_name_is_profiled)
{
    tool_or_skip("valgrind");
    char *folder = folder_make();
    char copy[4096];
    snprintf(copy, sizeof copy, "%s/it's 100%% <mine> & yours.so", folder);
    const command copied = {.words = {"cp", PLUGIN("growth"), copy, NULL}};
    cr_assert(eq(int, command_wait(command_start(&copied)), 0));
    setenv("HEAPGATE_TEST_CASE", "in_one_thread", 1);
    command_result result = profile("memcheck", folder, WORDS(copy, "--ops", "40"));
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s%s", result.line, result.out, result.err);
    expect_text(&result, "memcheck agrees");
    expect_text(&result, "it's 100% <mine> & yours, main");
    command_result_free(&result);
    folder_remove(folder);
}
