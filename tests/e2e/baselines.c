/*
 * Goal: known leaks pass, anything more fails, and the file shrinks by itself; with the real program, in a
 * folder as a project would have it.
 */
#include "command.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char suite_text[] = "suite: known\n"
                                 "subjects: {main: {}}\n"
                                 "allocators: [glibc, jemalloc]\n"
                                 "workloads:\n"
                                 "  storm: {plugin: " PLUGIN("broken") ", ops: 4000}\n";

static char *folder;

static void make_project(void)
{
    folder = folder_make();
    free(folder_write(folder, "heapgate.yaml", suite_text));
    setenv("HEAPGATE_TEST_CASE", "leak", 1);
}

static void remove_project(void)
{
    folder_remove(folder);
}

TestSuite(baselines, .init = make_project, .fini = remove_project);

/* Runs heapgate in the project; expects the code, and the words in its output. */
static void expect(const char *const *words, int code, const char *says)
{
    command given = {.words = {HEAPGATE}, .folder = folder};
    for (size_t i = 0; words[i]; i++)
        given.words[i + 1] = words[i];
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, code), "%s\n%s%s", result.line, result.out, result.err);
    cr_assert(strstr(result.out, says) || strstr(result.err, says), "'%s' is not said: %s\n%s%s", says,
              result.line, result.out, result.err);
    command_result_free(&result);
}

#define EXPECT(code, says, ...) expect((const char *const[]){__VA_ARGS__, NULL}, code, says)

static bool has_baseline(void)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/heapgate.baseline.json", folder);
    return access(path, F_OK) == 0;
}

/* Replaces the first `old` in the baseline. */
static void edit(const char *old, const char *replacement)
{
    char path[4096];
    char text[8192];
    snprintf(path, sizeof path, "%s/heapgate.baseline.json", folder);
    FILE *file = fopen(path, "r");
    cr_assert(ne(ptr, file, NULL));
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    char *at = strstr(text, old);
    cr_assert(ne(ptr, at, NULL), "no '%s' in %s", old, text);
    char *changed;
    cr_assert(
        lt(int, 0, asprintf(&changed, "%.*s%s%s", (int)(at - text), text, replacement, at + strlen(old))));
    free(folder_write(folder, "heapgate.baseline.json", changed));
    free(changed);
}

Test(baselines, let_a_known_leak_pass_and_say_so)
{
    EXPECT(1, "NOT AS EXPECTED", "run");
    EXPECT(0, "new: storm, main (glibc): 24 B per op at lose", "baseline", "update");
    EXPECT(0, "known: storm, main (jemalloc): 24 B per op at lose, allowed by heapgate.baseline.json", "run");
    EXPECT(0, "pass", "baseline", "check", "--quiet");
}

Test(baselines, are_not_made_to_grow_by_accident)
{
    EXPECT(0, "1 entry", "baseline", "update");
    edit("lose", "another");
    EXPECT(1, "refused without --allow-growth: new: storm, main (glibc): 24 B per op at lose", "baseline",
           "update");
    EXPECT(0, "1 entry", "baseline", "update", "--allow-growth");
    edit("\"bytes_per_op\": 24.0", "\"bytes_per_op\": 10.0");
    EXPECT(1, "more: storm, main (glibc): was 10 B per op in heapgate.baseline.json, now 24 B at lose",
           "run");
    EXPECT(1, "refused without --allow-growth: more", "baseline", "update");
    EXPECT(1, "more", "baseline", "check");
}

Test(baselines, shrink_when_a_leak_is_fixed_or_less)
{
    EXPECT(0, "1 entry", "baseline", "update", "--allow-growth");
    edit("\"bytes_per_op\": 24.0", "\"bytes_per_op\": 30.0");
    EXPECT(0, "less: storm, main: was 30 B per op in heapgate.baseline.json, now 24 B at lose", "run");
    EXPECT(0, "to lower the baseline: heapgate baseline update", "run");
    EXPECT(0, "1 entry", "baseline", "update");
    setenv("HEAPGATE_TEST_CASE", "clean", 1);
    EXPECT(0, "gone: storm, main", "baseline", "check");
    EXPECT(0, "0 entries", "baseline", "update");
    setenv("HEAPGATE_TEST_CASE", "leak", 1);
    EXPECT(1, "new: storm, main", "run");
}

Test(baselines, can_be_made_from_a_run_that_was_kept)
{
    EXPECT(1, "NOT AS EXPECTED", "run", "--out", "out");
    EXPECT(0, "1 entry", "baseline", "update", "--from", "out/run.json", "--allow-growth");
    setenv("HEAPGATE_TEST_CASE", "crash", 1);
    EXPECT(0, "known: storm", "baseline", "check", "--from", "out");
    EXPECT(2, "nowhere", "baseline", "check", "--from", "nowhere");
}

Test(baselines, are_not_changed_by_a_run_without_a_verdict)
{
    EXPECT(0, "1 entry", "baseline", "update", "--allow-growth");
    setenv("HEAPGATE_TEST_CASE", "crash", 1);
    EXPECT(4, "storm, main (glibc): the verdict is failed, so the baseline was not changed", "baseline",
           "update");
    setenv("HEAPGATE_TEST_CASE", "unclear", 1);
    EXPECT(3, "the verdict is inconclusive, so the baseline was not changed", "baseline", "update");
    setenv("HEAPGATE_TEST_CASE", "leak", 1);
    EXPECT(0, "known", "run");
}

Test(baselines, let_a_waiver_end_on_its_day)
{
    EXPECT(0, "1 entry", "baseline", "update", "--allow-growth");
    edit("\"workload\": \"storm\"", "\"workload\": \"storm\", \"waiver\": {\"reason\": \"fixed in 2.0\", "
                                    "\"until\": \"2999-12-31\"}");
    EXPECT(0, "known", "run");
    edit("2999-12-31", "2001-12-31");
    EXPECT(1, "waiver ended on 2001-12-31: storm, main (glibc): 24 B per op at lose (fixed in 2.0)", "run");
    EXPECT(1, "refused without --allow-growth: waiver ended", "baseline", "update");
    edit("fixed in 2.0", "");
    EXPECT(2, "the waiver has no reason", "run");
}

Test(baselines, that_are_damaged_or_newer_are_told_before_any_work)
{
    setenv("HEAPGATE_TEST_CASE", "hang", 1);
    free(folder_write(folder, "heapgate.baseline.json",
                      "{\"schema\": \"heapgate-baseline/7\", \"entries\": []}"));
    EXPECT(2, "heapgate-baseline/7", "run");
    EXPECT(2, "heapgate-baseline/7", "baseline", "update");
    free(folder_write(folder, "heapgate.baseline.json", "{"));
    EXPECT(2, "heapgate.baseline.json: line 1: invalid JSON", "baseline", "check");
}

Test(baselines, lie_where_the_suite_says)
{
    char *text;
    cr_assert(lt(int, 0, asprintf(&text, "%sbaseline: ../known.json\n", suite_text)));
    char inner[4096];
    char *first = folder_write(folder, "known.json", "");
    unlink(first);
    free(first);
    snprintf(inner, sizeof inner, "%s/suites", folder);
    const command make = {.words = {"mkdir", inner}};
    command_result made = command_run(&make);
    command_result_free(&made);
    free(folder_write(inner, "suite.yaml", text));
    free(text);
    EXPECT(2, "suites/../known.json: there is no such baseline", "run", "-c", "suites/suite.yaml");
    EXPECT(0, "suites/../known.json: 1 entry", "baseline", "update", "-c", "suites/suite.yaml",
           "--allow-growth");
    EXPECT(0, "allowed by known.json", "run", "-c", "suites/suite.yaml");
    cr_assert(not(has_baseline()));
}

Test(baselines, refuse_words_that_make_no_sense)
{
    EXPECT(2, "needs update or check", "baseline");
    EXPECT(2, "expected update or check, got 'grow'", "baseline", "grow");
    EXPECT(2, "one too many", "baseline", "check", "update");
    EXPECT(2, "--allow-growth is only for update", "baseline", "check", "--allow-growth");
}

static const char tortured_text[] =
    "suite: tortured\n"
    "subjects: {main: {}}\n"
    "allocators: [glibc]\n"
    "workloads:\n"
    "  paths: {plugin: " PLUGIN("error_paths") ", ops: 400, torture: {ops: 5}}\n";

#define TORTURED "--torture", "--quick", "--no-speed"

Test(baselines, let_a_known_finding_pass_and_no_other)
{
    free(folder_write(folder, "heapgate.yaml", tortured_text));
    setenv("HEAPGATE_TEST_CASE", "loses_first", 1);
    EXPECT(1, "a call that fails is not survived", "run", TORTURED);
    EXPECT(0, "new: paths, main: leak where malloc fails at loses_first, not in heapgate.baseline.json",
           "baseline", "update", TORTURED);
    EXPECT(0, "known: paths, main: leak where malloc fails at loses_first, allowed by heapgate.baseline.json",
           "run", TORTURED);
    EXPECT(0, "leak (accepted)", "torture", "paths", "--ops", "5");
    setenv("HEAPGATE_TEST_CASE", "leaves_open", 1);
    EXPECT(1, "new: paths, main: descriptor where malloc fails at leaves_open", "run", TORTURED);
    EXPECT(1, "refused without --allow-growth: new: paths, main: descriptor", "baseline", "update", TORTURED);
}

Test(baselines, forget_a_finding_that_is_gone_but_only_if_it_was_tried)
{
    free(folder_write(folder, "heapgate.yaml", tortured_text));
    setenv("HEAPGATE_TEST_CASE", "loses_first", 1);
    EXPECT(0, "1 entry", "baseline", "update", TORTURED);
    setenv("HEAPGATE_TEST_CASE", "none", 1);
    EXPECT(0, "1 entry", "baseline", "update", "--quick", "--no-speed");
    EXPECT(0, "no findings", "torture", "paths", "--ops", "5", "--fail", "open");
    EXPECT(0,
           "gone: paths, main: leak where malloc fails at loses_first in error_paths.so, which "
           "heapgate.baseline.json allows",
           "run", TORTURED);
    EXPECT(0, "0 entries", "baseline", "update", TORTURED);
}

/* Two paths have the same functions and the same mistake: a third would be one too many. */
Test(baselines, count_the_paths_of_a_finding)
{
    free(folder_write(folder, "heapgate.yaml", tortured_text));
    setenv("HEAPGATE_TEST_CASE", "loses_both", 1);
    EXPECT(0, "1 entry", "baseline", "update", TORTURED);
    edit("\"faults\": 2", "\"faults\": 1");
    EXPECT(1,
           "more: paths, main: leak where malloc fails at loses_both: 1 call path in "
           "heapgate.baseline.json, now 2",
           "run", TORTURED);
    edit("\"faults\": 1", "\"faults\": 3");
    EXPECT(0,
           "less: paths, main: leak where malloc fails at loses_both: 3 call paths in "
           "heapgate.baseline.json, now 2",
           "run", TORTURED);
    edit("\"faults\": 3", "\"waiver\": {\"reason\": \"due\", \"until\": \"2020-01-31\"}, \"faults\": 2");
    EXPECT(1, "waiver ended on 2020-01-31: paths, main: leak", "run", TORTURED);
    edit("\"faults\": 2", "\"faults\": 0");
    EXPECT(2, "entry 1: 'faults' is below 1", "run", TORTURED);
}

/* git in the project, as somebody who has no settings. */
static void git(const char *const *words)
{
    command given = {
        .words = {"git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"},
        .folder = folder};
    for (size_t i = 0; words[i]; i++)
        given.words[i + 7] = words[i];
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s%s", result.line, result.out, result.err);
    command_result_free(&result);
}

#define GIT(...) git((const char *const[]){__VA_ARGS__, NULL})

/* A repository with the baseline of 24 B per op on its main branch, and a branch for the change. */
static void make_history(void)
{
    setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
    setenv("GIT_CONFIG_SYSTEM", "/dev/null", 1);
    GIT("init", "-q", "-b", "main");
    GIT("add", "heapgate.yaml");
    GIT("commit", "-qm", "a suite");
    GIT("tag", "before-the-baseline");
    EXPECT(0, "1 entry", "baseline", "update", "--out", "out");
    GIT("add", "heapgate.baseline.json");
    GIT("commit", "-qm", "a baseline");
    GIT("checkout", "-qb", "change");
}

static void commit_all(void)
{
    GIT("commit", "-qam", "a change");
}

Test(baselines, of_the_merge_base_cannot_be_widened_by_the_same_change)
{
    make_history();
    EXPECT(0, "allowed by heapgate.baseline.json of ", "baseline", "check", "--from", "out", "--against",
           "main");
    edit("\"bytes_per_op\": 24.0", "\"bytes_per_op\": 48.0");
    commit_all();
    EXPECT(0, "pass", "baseline", "check", "--from", "out");
    EXPECT(1,
           "wider: storm, main at lose in broken.so: this entry of heapgate.baseline.json allows more than "
           "before",
           "baseline", "check", "--from", "out", "--against", "main");
    edit("\"bytes_per_op\": 48.0", "\"bytes_per_op\": 12.0");
    EXPECT(0, "pass", "baseline", "check", "--from", "out", "--against", "main");
}

/* What main did since then is not the change's. */
Test(baselines, are_compared_with_the_merge_base_and_not_with_the_tip)
{
    make_history();
    GIT("checkout", "-q", "main");
    edit("\"bytes_per_op\": 24.0", "\"bytes_per_op\": 10.0");
    commit_all();
    GIT("checkout", "-q", "change");
    EXPECT(0, "pass", "baseline", "check", "--from", "out", "--against", "main");
    GIT("-c", "merge.ff=false", "merge", "-q", "main", "-m", "takes it over");
    EXPECT(1, "more: storm, main (glibc): was 10 B per op in heapgate.baseline.json of", "baseline", "check",
           "--from", "out", "--against", "main");
}

Test(baselines, that_are_new_in_a_change_allow_nothing_in_it)
{
    make_history();
    EXPECT(1, ": there was no such file, so nothing is allowed", "baseline", "check", "--from", "out",
           "--against", "before-the-baseline");
    EXPECT(1, "new: storm, main (glibc): 24 B per op at lose, not in heapgate.baseline.json of", "baseline",
           "check", "--from", "out", "--against", "before-the-baseline");
    GIT("rm", "-q", "heapgate.baseline.json");
    EXPECT(0, "pass", "baseline", "check", "--from", "out", "--against", "main");
}

Test(baselines, waivers_are_not_made_longer_by_the_same_change)
{
    make_history();
    edit("\"subject\"", "\"waiver\": { \"reason\": \"due\", \"until\": \"2999-01-31\" }, \"subject\"");
    EXPECT(0, "pass", "baseline", "check", "--from", "out", "--against", "main"); /* there was no end */
    commit_all();
    GIT("branch", "with-waiver");
    edit("2999-01-31", "2999-02-28");
    EXPECT(1, "has a later waiver", "baseline", "check", "--from", "out", "--against", "with-waiver");
}

Test(baselines, against_what_git_does_not_know_is_one_line)
{
    setenv("GIT_CEILING_DIRECTORIES", HG_BUILD_DIR "/tests", 1);
    EXPECT(2, "git knows no commit 'main' in", "baseline", "check", "--against", "main");
    make_history();
    EXPECT(2, "git knows no commit '--output=x' in", "baseline", "check", "--from", "out", "--against",
           "--output=x");
    EXPECT(2, "git knows no commit 'nothing' in", "baseline", "check", "--from", "out", "--against",
           "nothing");
    GIT("checkout", "-q", "--orphan", "apart");
    GIT("commit", "-qam", "another beginning");
    EXPECT(2, "have no commit in common", "baseline", "check", "--from", "out", "--against", "main");
    EXPECT(2, "only for check", "baseline", "update", "--against", "main");
    edit("\"entries\"", "\"entrie\"");
    commit_all();
    edit("\"entrie\"", "\"entries\"");
    EXPECT(2, "heapgate.baseline.json of ", "baseline", "check", "--from", "out", "--against", "apart");
}

Test(baselines, with_stale_entries_fail_where_that_is_asked)
{
    make_history();
    EXPECT(0, "pass", "baseline", "check", "--from", "out", "--strict");
    edit("\"bytes_per_op\": 24.0", "\"bytes_per_op\": 30.0");
    EXPECT(0, "less: storm", "baseline", "check", "--from", "out");
    EXPECT(1, "stale: less: storm, main: was 30 B per op in heapgate.baseline.json, now 24 B", "baseline",
           "check", "--from", "out", "--strict");
    commit_all();
    GIT("branch", "stale");
    EXPECT(1, "stale: less", "baseline", "check", "--from", "out", "--strict", "--against", "stale");
    edit("\"bytes_per_op\": 30.0", "\"bytes_per_op\": 24.0");
    EXPECT(0, "pass", "baseline", "check", "--from", "out", "--strict", "--against", "stale");
}
