/*
 * Goal: runs are repeatable, divisible, interruptible, and leave nothing behind.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char suite_text[] =
    "suite: pair\n"
    "subjects:\n"
    "  before: {expect: leak}\n"
    "  after: {expect: leak}\n"
    "allocators: [glibc, jemalloc]\n"
    "workloads:\n"
    "  plain: {plugin: " PLUGIN("entry_points") ", ops: 2000}\n"
                                                "  again: {plugin: " PLUGIN(
                                                    "entry_points") ", ops: 3000, rate_per_hour: 10}\n";

enum { SUITE_CELLS = 8 };

typedef struct suite_run {
    char *folder;
    json_t *run;
    command_result result;
} suite_run;

static suite_run run_suite(const char *option, const char *value)
{
    suite_run done = {.folder = folder_make()};
    char path[4096];
    char *suite = folder_write(done.folder, "suite.yaml", suite_text);
    setenv("HEAPGATE_TEST_CASE", "strdup", 1);
    const command given = {.words = {HEAPGATE, "run", "-c", suite, "--out", done.folder, option, value}};
    done.result = command_run(&given);
    snprintf(path, sizeof path, "%s/run.json", done.folder);
    done.run = json_load_file(path, 0, NULL);
    cr_assert(ne(ptr, done.run, NULL), "%s\n%s", done.result.line, done.result.err);
    free(suite);
    return done;
}

static void suite_run_free(suite_run *done)
{
    json_decref(done->run);
    command_result_free(&done->result);
    folder_remove(done->folder);
}

/* Takes out what depends on the clock, on the machine's load and on the names in the command line. */
static void strip(json_t *value)
{
    static const char *const varying[] = {
        "started",        "command",   "duration_seconds", "ops_per_second", "wall_ns", "cpu_ns",
        "resident_bytes", "reproduce", "allocated_bytes",  "mapped_bytes",   "mappings"};
    const char *key;
    size_t index;
    json_t *child;
    if (json_is_array(value)) {
        json_array_foreach(value, index, child) strip(child);
        return;
    }
    for (size_t i = 0; i < sizeof varying / sizeof *varying; i++)
        json_object_del(value, varying[i]);
    json_object_foreach(value, key, child) strip(child);
}

Test(command_line_runs, gives_the_same_run_whatever_runs_at_the_same_time)
{
    suite_run one = run_suite("-j", "1");
    suite_run many = run_suite("-j", "8");
    cr_assert(eq(sz, json_array_size(json_object_get(one.run, "cells")), SUITE_CELLS));
    strip(one.run);
    strip(many.run);
    char *first = json_dumps(one.run, JSON_INDENT(1));
    char *second = json_dumps(many.run, JSON_INDENT(1));
    cr_assert(eq(str, first, second), "%s\n%s", one.result.line, many.result.line);
    free(first);
    free(second);
    suite_run_free(&one);
    suite_run_free(&many);
}

static size_t count_cells(const json_t *run, const json_t *wanted)
{
    size_t count = 0;
    size_t index;
    json_t *cell;
    json_array_foreach(json_object_get(run, "cells"), index, cell)
    {
        count += strcmp(text_of(cell, "workload"), text_of(wanted, "workload")) == 0 &&
                 strcmp(text_of(cell, "subject"), text_of(wanted, "subject")) == 0 &&
                 strcmp(text_of(cell, "allocator"), text_of(wanted, "allocator")) == 0;
    }
    return count;
}

Test(command_line_runs, divides_into_shards_that_cover_every_cell_once)
{
    suite_run whole = run_suite("--shard", "1/1");
    suite_run shards[] = {run_suite("--shard", "1/3"), run_suite("--shard", "2/3"),
                          run_suite("--shard", "3/3")};
    size_t index;
    json_t *cell;
    json_array_foreach(json_object_get(whole.run, "cells"), index, cell)
    {
        size_t count = 0;
        for (size_t i = 0; i < 3; i++)
            count += count_cells(shards[i].run, cell);
        cr_assert(eq(sz, count, 1), "%s %s", text_of(cell, "workload"), text_of(cell, "subject"));
    }
    size_t sum = 0;
    for (size_t i = 0; i < 3; i++) {
        sum += json_array_size(json_object_get(shards[i].run, "cells"));
        suite_run_free(&shards[i]);
    }
    cr_assert(eq(sz, sum, SUITE_CELLS));
    suite_run_free(&whole);
}

Test(command_line_runs, selects_cells_by_name)
{
    char *folder = folder_make();
    char *suite = folder_write(folder, "suite.yaml", suite_text);
    setenv("HEAPGATE_TEST_CASE", "strdup", 1);
    const command given = {.words = {HEAPGATE, "run", "-c", suite, "--out", folder, "--workload", "again",
                                     "--subject", "after", "--allocator", "jemalloc", "--ops", "1500"}};
    command_result result = command_run(&given);
    char path[4096];
    snprintf(path, sizeof path, "%s/run.json", folder);
    json_t *run = json_load_file(path, 0, NULL);
    const json_t *cells = json_object_get(run, "cells");
    cr_assert(eq(sz, json_array_size(cells), 1), "%s\n%s", result.line, result.err);
    const json_t *cell = json_array_get(cells, 0);
    cr_assert(eq(str, (char *)text_of(cell, "workload"), "again"));
    cr_assert(eq(str, (char *)text_of(cell, "subject"), "after"));
    cr_assert(eq(str, (char *)text_of(cell, "allocator"), "jemalloc"));
    cr_assert(eq(int, (int)number_of(cell, "ops"), 1500));
    cr_assert(eq(int, result.exit_code, 0), "the leak was expected: %s", result.line);
    json_decref(run);
    command_result_free(&result);
    free(suite);
    folder_remove(folder);
}

Test(command_line_runs, can_be_run_again_by_the_command_it_names)
{
    suite_run first = run_suite("--shard", "1/8");
    const json_t *cell = json_array_get(json_object_get(first.run, "cells"), 0);
    const char *reproduce = text_of(cell, "reproduce");
    cr_assert(eq(int, strncmp(reproduce, "heapgate ", 9), 0), "%s", reproduce);
    char *line;
    cr_assert(lt(int, 0, asprintf(&line, "%s/%s --quiet", HG_BUILD_DIR, reproduce)));
    const command shell = {.words = {"sh", "-c", line}};
    command_result again = command_run(&shell);
    cr_assert(eq(str, again.out, "pass\n"), "%s\n%s", line, again.err);
    cr_assert(eq(int, again.exit_code, first.result.exit_code), "%s", line);
    free(line);
    command_result_free(&again);
    suite_run_free(&first);
}

/* Runs a printed command in bash, which finds heapgate in PATH; its exit code. */
static int run_in_bash(const char *line)
{
    const command shell = {.words = {"bash", "-c", line}};
    command_result result = command_run(&shell);
    int code = result.exit_code;
    command_result_free(&result);
    return code;
}

static void find_heapgate_in_path(void)
{
    char *path;
    cr_assert(lt(int, 0, asprintf(&path, "%s:%s", HG_BUILD_DIR, getenv("PATH"))));
    setenv("PATH", path, 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    free(path);
}

/* What a printed command gives its program, which writes its arguments to $ARGUMENTS. */
static void expect_arguments(const char *line, const char *folder, const char *expected)
{
    char *file = folder_write(folder, "again", "");
    setenv("ARGUMENTS", file, 1);
    cr_assert(eq(int, run_in_bash(line), 3), "%s", line);
    const command compare = {.words = {"cmp", expected, file}};
    command_result same = command_run(&compare);
    cr_assert(eq(int, same.exit_code, 0), "%s: %s%s", line, same.out, same.err);
    command_result_free(&same);
    free(file);
}

Test(command_line_runs, prints_commands_that_bash_runs_with_the_same_arguments)
{
    static const char *const hostile[] = {"",      "a b",  "it's",           "a\nb",   "\t\x1b[31m\x7f\r",
                                          "\3771", "\xc3", "$HOME `id`\"\\", "\\n'\n", "-n",
                                          "!~*?",  "ä",    "\u202e\u00a0"};
    find_heapgate_in_path();
    char *folder = folder_make();
    char *expected = folder_write(folder, "arguments", "");
    setenv("ARGUMENTS", expected, 1);
    command given = {.words = {HEAPGATE, "exec", "--out", folder, "--", "sh", "-c",
                               "printf '%s\\0' \"$@\" >\"$ARGUMENTS\"", "sh"}};
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++)
        given.words[9 + i] = hostile[i];
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 3), "%s\n%s", result.line, result.err);
    char path[4096];
    snprintf(path, sizeof path, "%s/run.json", folder);
    json_t *run = json_load_file(path, 0, NULL);
    const json_t *cell = json_array_get(json_object_get(run, "cells"), 0);
    char *again = strstr(result.err, "again: ");
    cr_assert(ne(ptr, again, NULL), "%s", result.err);
    again[strcspn(again, "\n")] = '\0';
    expect_arguments(again + strlen("again: "), folder, expected);
    expect_arguments(text_of(cell, "reproduce"), folder, expected);
    expect_arguments(text_of(run, "command"), folder, expected);
    json_decref(run);
    command_result_free(&result);
    free(expected);
    folder_remove(folder);
}

Test(command_line_runs, quotes_a_path_in_the_commands_of_run_json)
{
    char plugin[4096], path[4096];
    find_heapgate_in_path();
    char *folder = folder_make();
    snprintf(plugin, sizeof plugin, "%s/a plug-in\nof 'mine'.so", folder);
    snprintf(path, sizeof path, "%s/run.json", folder);
    cr_assert(eq(int, symlink(PLUGIN("broken"), plugin), 0));
    setenv("HEAPGATE_TEST_CASE", "leak", 1);
    const command given = {.words = {HEAPGATE, "check", plugin, "-q", "--out", folder}};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 1), "%s\n%s", result.line, result.err);
    command_result_free(&result);
    json_t *run = json_load_file(path, 0, NULL);
    const json_t *cell = json_array_get(json_object_get(run, "cells"), 0);
    const char *const lines[] = {text_of(run, "command"), text_of(cell, "reproduce")};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        cr_assert(eq(int, run_in_bash(lines[i]), 1), "%s", lines[i]);
    json_decref(run);
    folder_remove(folder);
}

Test(command_line_runs, makes_every_report_again_from_run_json)
{
    suite_run done = run_suite("-j", "2");
    const char *const formats[] = {"text", "html", "json"};
    for (size_t i = 0; i < 3; i++) {
        const command report = {.words = {HEAPGATE, "report", done.folder, "--format", formats[i]}};
        command_result result = command_run(&report);
        cr_assert(eq(int, result.exit_code, 0), "%s\n%s", result.line, result.err);
        cr_assert(ne(ptr, strstr(result.out, "again"), NULL), "%s", result.line);
        command_result_free(&result);
    }
    suite_run_free(&done);
}

/* The processes whose numbers stand in the file. */
static size_t read_pids(const char *path, pid_t *ret_pids, size_t most)
{
    size_t count = 0;
    FILE *file = fopen(path, "r");
    while (file && count < most && fscanf(file, "%d", &ret_pids[count]) == 1)
        count++;
    if (file)
        fclose(file);
    return count;
}

static bool is_gone_soon(pid_t pid)
{
    for (int i = 0; i < 500 && kill(pid, 0) == 0; i++)
        usleep(10000);
    return kill(pid, 0) != 0;
}

static void expect_interruption(int signal)
{
    enum { PIDS = 4 }; /* two cells at once, each with a child */
    pid_t pids[PIDS];
    char *folder = folder_make();
    char *list = folder_write(folder, "pids", "");
    setenv("HEAPGATE_TEST_CASE", "hang", 1);
    setenv("HEAPGATE_TEST_PIDS", list, 1);
    const command given = {.words = {HEAPGATE, "check", PLUGIN("broken"), "-j", "2", "--allocator", "glibc",
                                     "--allocator", "jemalloc"}};
    pid_t heapgate = command_start(&given);
    for (int i = 0; i < 3000 && read_pids(list, pids, PIDS) < PIDS; i++)
        usleep(10000);
    cr_assert(eq(sz, read_pids(list, pids, PIDS), PIDS), "the workloads did not start");
    cr_assert(eq(int, kill(heapgate, signal), 0));
    cr_assert(eq(int, command_wait(heapgate), signal == SIGKILL ? 128 + SIGKILL : 130));
    /* Killed outright, heapgate leaves nothing behind either. */
    for (size_t i = 0; i < PIDS; i++)
        cr_assert(is_gone_soon(pids[i]), "process %d is still there after signal %d", (int)pids[i], signal);
    for (size_t i = 0; i < PIDS; i++)
        kill(pids[i], SIGKILL);
    free(list);
    folder_remove(folder);
}

Test(command_line_runs, stops_its_children_when_interrupted)
{
    expect_interruption(SIGINT);
    expect_interruption(SIGTERM);
}

Test(command_line_runs, takes_its_workloads_along_when_killed)
{
    expect_interruption(SIGKILL);
}

/* Entries of a folder that several programs share, with heapgate in their name. */
static size_t count_ours(const char *path)
{
    size_t count = 0;
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        count += strstr(entry->d_name, "heapgate") != NULL;
    if (folder)
        closedir(folder);
    return count;
}

Test(command_line_runs, leave_no_files_anywhere)
{
    char *folder = folder_make();
    const char *const shared[] = {"/tmp", "/dev/shm", "/var/tmp"};
    size_t before[3];
    for (size_t i = 0; i < 3; i++)
        before[i] = count_ours(shared[i]);
    const char *const cases[] = {"leak", "crash"};
    for (size_t i = 0; i < 2; i++) {
        setenv("HEAPGATE_TEST_CASE", cases[i], 1);
        const command given = {.words = {HEAPGATE, "check", PLUGIN("broken")}, .folder = folder};
        command_result result = command_run(&given);
        cr_assert(eq(sz, folder_count(folder), 0), "%s", result.line);
        command_result_free(&result);
    }
    for (size_t i = 0; i < 3; i++)
        cr_assert(eq(sz, count_ours(shared[i]), before[i]), "%s", shared[i]);
    folder_remove(folder);
}

Test(command_line_runs, leave_only_reports_in_the_output_folder)
{
    char *folder = folder_make();
    setenv("HEAPGATE_TEST_CASE", "leak", 1);
    const command given = {.words = {HEAPGATE, "check", PLUGIN("broken"), "--out", folder}};
    command_result result = command_run(&given);
    DIR *open_folder = opendir(folder);
    cr_assert(ne(ptr, open_folder, NULL));
    size_t reports = 0;
    for (struct dirent *entry; (entry = readdir(open_folder));) {
        if (entry->d_name[0] == '.' && (entry->d_name[1] == '\0' || entry->d_name[1] == '.'))
            continue;
        bool is_report =
            strncmp(entry->d_name, "run.", 4) == 0 || strncmp(entry->d_name, "report.", 7) == 0 ||
            strcmp(entry->d_name, "junit.xml") == 0 || strcmp(entry->d_name, "heapgate.sarif") == 0;
        cr_assert(is_report && !strstr(entry->d_name, ".part"), "%s: %s", entry->d_name, result.line);
        reports++;
    }
    closedir(open_folder);
    cr_assert(ge(sz, reports, 2), "%s", result.line);
    command_result_free(&result);
    folder_remove(folder);
}

Test(command_line_runs, frees_all_its_own_memory)
{
    if (HG_SANITIZED || access("/usr/bin/valgrind", X_OK) != 0)
        cr_skip_test("needs valgrind and a build without sanitizers");
    char *folder = folder_make();
    setenv("HEAPGATE_TEST_CASE", "strdup", 1);
    const command given = {.words = {"valgrind", "--quiet", "--leak-check=full", "--error-exitcode=9",
                                     HEAPGATE, "check", PLUGIN("entry_points"), "--no-speed", "--out",
                                     folder}};
    command_result result = command_run(&given);
    /* 9 where valgrind found anything, else heapgate's own: the case leaks. The process that names holders
     * has no exit code of its own. */
    cr_assert(eq(int, result.exit_code, 1), "%s\n%s", result.line, result.err);
    cr_assert(ne(ptr, strstr(result.out, "nothing points to"), NULL), "%s\n%s", result.line, result.out);
    command_result_free(&result);
    folder_remove(folder);
}

Test(command_line_runs, names_modules_by_whole_paths_when_run_from_the_root)
{
    char *folder = folder_make();
    setenv("HEAPGATE_TEST_CASE", "strdup", 1);
    const command given = {.words = {HEAPGATE, "check", PLUGIN("entry_points"), "--out", folder, "-q"},
                           .folder = "/"};
    command_result result = command_run(&given);
    char path[4096];
    snprintf(path, sizeof path, "%s/run.json", folder);
    json_t *run = json_load_file(path, 0, NULL);
    const json_t *cell = json_array_get(json_object_get(run, "cells"), 0);
    const json_t *site = json_array_get(json_object_get(cell, "sites"), 0);
    const json_t *frame = json_array_get(json_object_get(site, "frames"), 0);
    cr_assert(eq(int, access(text_of(frame, "module"), R_OK), 0), "%s: %s", text_of(frame, "module"),
              result.line);
    cr_assert(eq(int, text_of(frame, "module")[0], '/'), "%s", text_of(frame, "module"));
    json_decref(run);
    command_result_free(&result);
    folder_remove(folder);
}
