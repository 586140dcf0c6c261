/*
 * Goal: a soak of a few seconds says what one of a day would: the verdict and its exit code, one alert when a
 * leak is sure, and whatever ends it, a readable report of what was seen until then.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const char program[] = HEAPGATE;
static const char growth[] = PLUGIN("growth");
static const char broken[] = PLUGIN("broken");

typedef struct soaked {
    command_result result;
    char *folder;
    json_t *run; /* NULL: no run.json */
} soaked;

static json_t *read_run(const char *folder)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/run.json", folder);
    return json_load_file(path, 0, NULL);
}

/* heapgate soak WORDS --out FOLDER. */
static soaked soak(const char *chosen, const char *const *words)
{
    soaked done = {.folder = folder_make()};
    command given = {.words = {program, "soak", "--out", done.folder}};
    for (size_t i = 0; words[i]; i++)
        given.words[4 + i] = words[i];
    if (chosen)
        setenv("HEAPGATE_TEST_CASE", chosen, 1);
    done.result = command_run(&given);
    done.run = read_run(done.folder);
    return done;
}

static void end(soaked *done)
{
    json_decref(done->run);
    command_result_free(&done->result);
    folder_remove(done->folder);
}

static const json_t *cell_of(const soaked *done)
{
    const json_t *cell = json_array_get(json_object_get(done->run, "cells"), 0);
    cr_assert(ne(ptr, (void *)cell, NULL), "%s\n%s", done->result.line, done->result.err);
    return cell;
}

static size_t count(const char *text, const char *what)
{
    size_t found = 0;
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
        found++;
    return found;
}

static void expect(const soaked *done, int code, const char *verdict, const char *reason)
{
    const json_t *cell = cell_of(done);
    cr_assert(eq(int, done->result.exit_code, code), "%s\n%s%s", done->result.line, done->result.out,
              done->result.err);
    cr_assert(eq(str, (char *)text_of(cell, "verdict"), (char *)verdict), "%s", done->result.line);
    cr_assert(ne(ptr, strstr(text_of(cell, "reason"), reason), NULL), "'%s': %s", text_of(cell, "reason"),
              done->result.line);
    cr_assert(eq(ptr, json_object_get(done->run, "unfinished"), NULL), "%s", done->result.line);
    cr_assert(eq(int, (int)number_of(done->run, "exit_code"), code), "%s", done->result.line);
}

Test(soak, calls_a_steady_workload_clean)
{
    static const char *const words[] = {growth, "--for", "2s", "--rate", "3600000", NULL};
    soaked done = soak("none", words);
    expect(&done, 0, "clean", "");
    cr_assert(eq(sz, count(done.result.err, "ALERT"), 0), "%s", done.result.err);
    cr_assert(lt(dbl, 0, number_of(cell_of(&done), "ops")), "%s", done.result.line);
    end(&done);
}

/* Samples are taken for whoever looks at the curve: the alert needs none. */
Test(soak, tells_in_its_alert_the_rate_that_was_measured)
{
    static const char *const words[] = {growth,    "--for",          "3s", "--rate",
                                        "3600000", "--sample-every", "1h", NULL};
    soaked done = soak("in_one_thread", words);
    expect(&done, 1, "leak", "grow");
    cr_assert(ne(ptr, strstr(done.result.err, " per hour at this rate"), NULL), "%s", done.result.err);
    cr_assert(eq(ptr, strstr(done.result.err, ", 0 B per hour"), NULL), "%s", done.result.err);
    end(&done);
}

Test(soak, raises_one_alert_for_a_leak_and_goes_on)
{
    static const char *const words[] = {growth, "--for", "3s", "--rate", "3600000", "--quiet", NULL};
    soaked done = soak("in_one_thread", words);
    expect(&done, 1, "leak", "grow");
    cr_assert(eq(sz, count(done.result.err, "\n"), 1), "%s\n%s", done.result.line, done.result.err);
    cr_assert(eq(sz, count(done.result.err, "ALERT"), 1), "%s\n%s", done.result.line, done.result.err);
    cr_assert(ne(ptr, strstr(done.result.err, "lose_block tests/e2e/plugins/growth.c:"), NULL), "%s",
              done.result.err);
    cr_assert(ne(ptr, strstr(done.result.err, "again: heapgate soak"), NULL), "%s", done.result.err);
    double rate = number_of(cell_of(&done), "bytes_per_op");
    cr_assert(epsilon_eq(dbl, rate, 4000, 40), "%g: %s", rate, done.result.line);
    const json_t *site = json_array_get(json_object_get(cell_of(&done), "sites"), 0);
    cr_assert(lt(dbl, 0, number_of(json_object_get(site, "held"), "lost_blocks")), "%s", done.result.line);
    end(&done);
}

Test(soak, finds_out_at_the_first_alert_who_holds_the_blocks)
{
    static const char *const words[] = {growth, "--for", "3s", "--rate", "3600000", NULL};
    char path[4096];
    soaked done = soak("in_one_thread", words);
    expect(&done, 1, "leak", "grow");
    cr_assert(eq(sz, count(done.result.err, "at the ALERT, nothing points to "), 1), "%s\n%s",
              done.result.line, done.result.err);
    snprintf(path, sizeof path, "%s/alert.json", done.folder);
    json_t *run = json_load_file(path, 0, NULL);
    cr_assert(ne(ptr, run, NULL), "%s: %s", path, done.result.line);
    const json_t *cell = json_array_get(json_object_get(run, "cells"), 0);
    const json_t *site = json_array_get(json_object_get(cell, "sites"), 0);
    cr_assert(lt(dbl, 0, number_of(json_object_get(site, "held"), "lost_blocks")), "%s", done.result.line);
    cr_assert(le(dbl, number_of(cell, "ops"), number_of(cell_of(&done), "ops")), "%s", done.result.line);
    cr_assert(ne(ptr, strstr(text_of(run, "unfinished"), "at its first alert"), NULL), "%s",
              done.result.line);
    json_decref(run);
    end(&done);
}

/* The one of the three files that is made last, and needs the most. */
Test(soak, leaves_a_snapshot_of_an_alert_where_it_serves)
{
    static const char *const words[] = {growth,    "--for",   "3s",          "--rate",
                                        "3600000", "--serve", "127.0.0.1:0", NULL};
    char pattern[4096];
    glob_t found;
    soaked done = soak("in_one_thread", words);
    expect(&done, 1, "leak", "grow");
    cr_assert(eq(sz, count(done.result.err, "a snapshot of the ALERT is in "), 1), "%s\n%s", done.result.line,
              done.result.err);
    snprintf(pattern, sizeof pattern, "%s/alert-*/run.json", done.folder);
    cr_assert(eq(int, glob(pattern, 0, NULL, &found), 0), "%s: %s", pattern, done.result.line);
    cr_assert(eq(sz, found.gl_pathc, 1), "%s", done.result.line);
    json_t *run = json_load_file(found.gl_pathv[0], 0, NULL);
    const json_t *cell = json_array_get(json_object_get(run, "cells"), 0);
    cr_assert(eq(str, (char *)text_of(cell, "verdict"), "leak"), "%s", done.result.line);
    json_decref(run);
    globfree(&found);
    snprintf(pattern, sizeof pattern, "%s/alert-*/heap.pb.gz", done.folder);
    cr_assert(eq(int, glob(pattern, 0, NULL, &found), 0), "%s: %s", pattern, done.result.line);
    globfree(&found);
    end(&done);
}

Test(soak, stops_at_a_leak_where_it_is_to)
{
    static const char *const words[] = {growth, "--for", "1m", "--rate", "3600000", "--stop-on-leak", NULL};
    soaked done = soak("in_one_thread", words);
    expect(&done, 1, "leak", "grow");
    cr_assert(ne(ptr, strstr(done.result.err, "stopped after"), NULL), "%s", done.result.err);
    end(&done);
}

Test(soak, reports_what_was_seen_until_a_crash)
{
    static const char *const words[] = {broken, "--for", "10m", "--rate", "7200000", NULL};
    soaked done = soak("crash", words);
    expect(&done, 4, "failed", "crashed in op 3000: signal 11");
    cr_assert(lt(sz, 0, json_array_size(json_object_get(cell_of(&done), "samples"))), "%s", done.result.line);
    cr_assert(ne(ptr, strstr(text_of(cell_of(&done), "log"), "about to crash"), NULL), "%s",
              done.result.line);
    end(&done);
}

Test(soak, tells_what_an_op_returned)
{
    static const char *const words[] = {broken, "--for", "10m", "--rate", "max", NULL};
    soaked done = soak("fails", words);
    expect(&done, 4, "failed", "heapgate_iterate(3000) returned 42");
    end(&done);
}

Test(soak, gives_the_verdict_from_what_was_seen_at_the_memory_limit)
{
    static const char *const words[] = {growth,     "--for",    "30s",   "--rate",
                                        "36000000", "--memory", "80MiB", NULL};
    soaked done = soak("in_one_thread", words);
    expect(&done, 1, "leak", "at its memory limit of 80 MiB");
    end(&done);
}

#define SUITE(timeout, plugin)                                                                               \
    "suite: timed\n"                                                                                         \
    "subjects: {main: {}}\n"                                                                                 \
    "allocators: [glibc]\n"                                                                                  \
    "limits: {timeout: " timeout "}\n"                                                                       \
    "workloads: {only: {plugin: " PLUGIN(plugin) "}}\n"

Test(soak, ends_a_workload_that_hangs)
{
    char *folder = folder_make();
    char *suite = folder_write(folder, "suite.yaml", SUITE("1s", "broken"));
    const char *const words[] = {"-c", suite, "--for", "10m", NULL};
    soaked done = soak("hang", words);
    expect(&done, 4, "failed", "hangs in op 0: nothing has happened for 1 s");
    end(&done);
    free(suite);
    folder_remove(folder);
}

static void expect_hang(const char *chosen, const char *const *words, const char *reason)
{
    soaked done = soak(chosen, words);
    expect(&done, 4, "failed", reason);
    const char *told = text_of(cell_of(&done), "reason");
    cr_assert(eq(ptr, strstr(told, "let it run longer"), NULL), "'%s': %s", told, done.result.line);
    end(&done);
}

Test(soak, fails_a_workload_that_does_not_end_with_it)
{
    char *folder = folder_make();
    char *suite = folder_write(folder, "suite.yaml", SUITE("2s", "broken"));
    const char *const words[] = {"-c", suite, "--for", "1s", "--rate", "max", NULL};
    expect_hang("hang_late", words, "hangs in op 3000: nothing has happened for 2 s since it was to end");
    expect_hang("hang_in_teardown", words,
                "hangs in heapgate_teardown: nothing has happened for 2 s since it was to end");
    free(suite);
    folder_remove(folder);
}

/* A short soak does not wait for as long as the time limit. */
Test(soak, fails_a_workload_that_does_not_begin_with_it)
{
    static const char *const words[] = {broken, "--for", "1s", "--rate", "max", NULL};
    expect_hang("hang_in_setup", words, "hangs in heapgate_setup: nothing has happened for 10 s, after ");
}

/* What has failed cannot run longer, and the first op of a soak at full speed is all of its warm-up. */
Test(soak, gives_no_advice_to_a_workload_that_crashed)
{
    static const char *const words[] = {broken, "--for", "1m", "--rate", "max", NULL};
    soaked done = soak("crash", words);
    expect(&done, 4, "failed", "crashed in op 3000: signal 11");
    const char *reason = text_of(cell_of(&done), "reason");
    cr_assert(eq(ptr, strstr(reason, "warm-up, at op"), NULL), "%s", reason);
    cr_assert(eq(ptr, strstr(reason, "let it run longer"), NULL), "%s", reason);
    end(&done);
}

/* Full before there are rounds enough: whose blocks those are is told, and what may help. */
Test(soak, tells_whose_blocks_filled_the_memory_at_once)
{
    static const char *const words[] = {growth,     "--for",    "10m",   "--rate",
                                        "36000000", "--memory", "80MiB", NULL};
    soaked done = soak("in_one_thread", words);
    expect(&done, 4, "failed", "at its memory limit of 80 MiB");
    const json_t *cell = cell_of(&done);
    cr_assert(ne(ptr, strstr(text_of(cell, "reason"), "give it more --memory, or a lower --rate"), NULL),
              "%s", text_of(cell, "reason"));
    cr_assert(ne(sz, json_array_size(json_object_get(cell, "sites")), 0), "%s", done.result.line);
    end(&done);
}

/* The same workload, the same words: what check says of it stands in command_line_failures. */
Test(soak, says_that_a_workload_wrote_over_its_record)
{
    static const char *const words[] = {broken, "--for", "4s", "--rate", "36000000", NULL};
    static const char *const ways[] = {"scribble", "scribble_text"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        soaked done = soak(ways[i], words);
        expect(&done, 4, "failed", "the workload wrote over the harness's record of it");
        end(&done);
    }
}

static const char fragments[] = PLUGIN("fragments");

/* Expected clean, a fragmented heap will do, as it does for check. */
Test(soak, passes_a_heap_that_fragments_where_no_leak_is_expected)
{
    static const char *const words[] = {fragments, "--for", "3s", "--rate", "3600000", NULL};
    soaked done = soak("pinned", words);
    expect(&done, 0, "fragmentation", "live memory stands still");
    end(&done);
}

Test(soak, passes_a_heap_that_fragments_where_that_is_expected_and_nothing_else)
{
    static const struct {
        const char *chosen, *verdict;
        int code;
    } cases[] = {{"pinned", "fragmentation", 0}, {"packed", "clean", 1}};
    char *folder = folder_make();
    char *suite = folder_write(folder, "suite.yaml",
                               "subjects: {main: {expect: fragmentation}}\nallocators: [glibc]\n"
                               "workloads: {records: {plugin: " PLUGIN("fragments") "}}\n");
    const char *const words[] = {"-c",    suite, "-w",     "records", "-S", "main",
                                 "--for", "3s",  "--rate", "3600000", NULL};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        soaked done = soak(cases[i].chosen, words);
        expect(&done, cases[i].code, cases[i].verdict, "");
        end(&done);
    }
    free(suite);
    folder_remove(folder);
}

static pid_t start(const char *chosen, const char *folder, const char *time)
{
    const command given = {.words = {program, "soak", growth, "--for", time, "--rate", "3600000",
                                     "--sample-every", "20ms", "--out", folder}};
    setenv("HEAPGATE_TEST_CASE", chosen, 1);
    return command_start(&given);
}

/* Waits until run.json has a cell with so many rounds. */
static void wait_for_rounds(const char *folder, double rounds)
{
    for (int i = 0; i < 30000; i++) {
        json_t *run = read_run(folder);
        const json_t *cell = json_array_get(json_object_get(run, "cells"), 0);
        double seen = cell ? number_of(cell, "rounds") : 0;
        json_decref(run);
        if (seen >= rounds)
            return;
        usleep(10000);
    }
    cr_fatal("no %g rounds came", rounds);
}

Test(soak, ends_with_its_report_when_interrupted)
{
    static const int signals[] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < 2; i++) {
        char *folder = folder_make();
        pid_t heapgate = start("none", folder, "1m");
        wait_for_rounds(folder, 4);
        cr_assert(eq(int, kill(heapgate, signals[i]), 0));
        cr_assert(eq(int, command_wait(heapgate), 0));
        json_t *run = read_run(folder);
        cr_assert(eq(str, (char *)text_of(run, "outcome"), "pass"));
        cr_assert(eq(ptr, json_object_get(run, "unfinished"), NULL));
        json_decref(run);
        folder_remove(folder);
    }
}

Test(soak, goes_on_at_a_hang_up_under_nohup)
{
    signal(SIGHUP, SIG_IGN); /* as nohup starts it */
    char *folder = folder_make();
    pid_t heapgate = start("none", folder, "1m");
    wait_for_rounds(folder, 4);
    cr_assert(eq(int, kill(heapgate, SIGHUP), 0));
    wait_for_rounds(folder, 8);
    cr_assert(eq(int, kill(heapgate, SIGTERM), 0));
    cr_assert(eq(int, command_wait(heapgate), 0));
    folder_remove(folder);
}

/* While it runs and after it was killed, run.json says that it is not all. */
Test(soak, says_that_it_was_broken_off_and_when)
{
    char *folder = folder_make();
    pid_t heapgate = start("in_one_thread", folder, "5m");
    wait_for_rounds(folder, 4);
    const command resume = {.words = {program, "soak", "--resume", folder}};
    const command report = {.words = {program, "report", folder}};
    const command second = {.words = {program, "soak", growth, "--for", "1s", "--out", folder}};
    command_result too_early = command_run(&resume);
    cr_assert(eq(int, too_early.exit_code, 2), "%s", too_early.line);
    cr_assert(ne(ptr, strstr(too_early.err, "still running"), NULL), "%s", too_early.err);
    command_result occupied = command_run(&second);
    cr_assert(eq(int, occupied.exit_code, 2), "%s", occupied.line);
    cr_assert(ne(ptr, strstr(occupied.err, "another heapgate writes to"), NULL), "%s", occupied.err);
    kill(heapgate, SIGKILL);
    cr_assert(eq(int, command_wait(heapgate), 128 + SIGKILL));
    command_result text = command_run(&report);
    cr_assert(eq(int, text.exit_code, 0), "%s\n%s", text.line, text.err);
    cr_assert(ne(ptr, strstr(text.out, "still running or was cut short"), NULL), "%s", text.out);
    command_result resumed = command_run(&resume);
    cr_assert(eq(int, resumed.exit_code, 4), "%s\n%s", resumed.line, resumed.err);
    cr_assert(ne(ptr, strstr(resumed.out, "the soak was cut short"), NULL), "%s", resumed.out);
    cr_assert(ne(ptr, strstr(resumed.out, "of 5 min 0 s planned; last sign of life at 20"), NULL), "%s",
              resumed.out);
    cr_assert(ne(ptr, strstr(resumed.out, "lose_block"), NULL), "%s", resumed.out);
    command_result_free(&too_early);
    command_result_free(&occupied);
    command_result_free(&text);
    command_result_free(&resumed);
    folder_remove(folder);
}

/* A folder on a disk of 1.25 MiB, which the samples nearly fill. */
Test(soak, goes_on_when_the_disk_is_full)
{
    char *folder = folder_make();
    char hog[4096];
    if (mount("none", folder, "tmpfs", 0, "size=1280k") != 0) {
        folder_remove(folder);
        cr_skip_test("SKIPPED: only root can mount a small disk");
    }
    snprintf(hog, sizeof hog, "%s/hog", folder);
    int file = open(hog, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    cr_assert(eq(int, posix_fallocate(file, 0, 1 << 20), 0));
    setenv("HEAPGATE_TEST_CASE", "none", 1);
    const command given = {
        .words = {program, "soak", growth, "--for", "2s", "--rate", "3600000", "--out", folder}};
    command_result result = command_run(&given);
    close(file);
    cr_assert(eq(sz, count(result.err, "soak.samples: No space left"), 1), "%s", result.err);
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s%s", result.line, result.out, result.err);
    json_t *run = read_run(folder);
    cr_assert(ne(ptr, run, NULL));
    json_decref(run);
    command_result_free(&result);
    cr_assert(eq(int, umount2(folder, MNT_DETACH), 0));
    folder_remove(folder);
}

/* What stands in the way of the samples is said once; they are written when it is gone. */
Test(soak, writes_its_samples_once_it_can)
{
    char *folder = folder_make();
    char samples[4096];
    struct stat about;
    snprintf(samples, sizeof samples, "%s/soak.samples", folder);
    cr_assert(eq(int, mkdir(samples, 0700), 0));
    setenv("HEAPGATE_TEST_CASE", "none", 1);
    const command given = {
        .words = {program, "soak", growth, "--for", "1s", "--rate", "3600000", "--out", folder}};
    command_result result = command_run(&given);
    cr_assert(eq(sz, count(result.err, "soak.samples: Is a directory; heapgate goes on"), 1), "%s",
              result.err);
    cr_assert(eq(sz, count(result.err, "soak.samples can be written again"), 0), "%s", result.err);
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s%s", result.line, result.out, result.err);
    command_result_free(&result);
    char done[4096];
    snprintf(done, sizeof done, "%s/run.json", folder);
    cr_assert(eq(int, unlink(done), 0));
    pid_t heapgate = start("none", folder, "1m");
    wait_for_rounds(folder, 4);
    cr_assert(eq(int, rmdir(samples), 0));
    wait_for_rounds(folder, 12);
    cr_assert(eq(int, kill(heapgate, SIGTERM), 0));
    cr_assert(eq(int, command_wait(heapgate), 0));
    cr_assert(eq(int, stat(samples, &about), 0));
    cr_assert(lt(long, 1 << 20, about.st_size));
    folder_remove(folder);
}

static size_t samples_in(const char *folder)
{
    char path[4096];
    char line[512];
    size_t found = 0;
    snprintf(path, sizeof path, "%s/soak.samples", folder);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        found += line[0] >= '0' && line[0] <= '9';
    if (file)
        fclose(file);
    return found;
}

/* A rate that no workload has: the advice is not to raise it. */
Test(soak, says_that_the_warm_up_of_too_high_a_rate_is_not_over)
{
    char *folder = folder_make();
    const command given = {.words = {program, "soak", growth, "--for", "20s", "--rate", "1e12",
                                     "--sample-every", "20ms", "--out", folder}};
    setenv("HEAPGATE_TEST_CASE", "none", 1);
    pid_t heapgate = command_start(&given);
    for (int i = 0; i < 30000 && samples_in(folder) < 2; i++)
        usleep(10000);
    cr_assert(eq(int, kill(heapgate, SIGTERM), 0));
    cr_assert(eq(int, command_wait(heapgate), 3));
    json_t *run = read_run(folder);
    const char *reason = text_of(json_array_get(json_object_get(run, "cells"), 0), "reason");
    cr_assert(ne(ptr, strstr(reason, "still in its warm-up"), NULL), "%s", reason);
    cr_assert(ne(ptr, strstr(reason, "at a lower --rate"), NULL), "%s", reason);
    json_decref(run);
    folder_remove(folder);
}

/* Setting up hears of nothing. */
Test(soak, stops_in_setup_when_it_is_interrupted)
{
    char *folder = folder_make();
    const command given = {
        .words = {program, "soak", broken, "--for", "1h", "--sample-every", "20ms", "--out", folder}};
    setenv("HEAPGATE_TEST_CASE", "hang_in_setup", 1);
    pid_t heapgate = command_start(&given);
    for (int i = 0; i < 30000 && samples_in(folder) < 2; i++)
        usleep(10000);
    cr_assert(eq(int, kill(heapgate, SIGTERM), 0));
    cr_assert(eq(int, command_wait(heapgate), 3));
    json_t *run = read_run(folder);
    const char *reason = text_of(json_array_get(json_object_get(run, "cells"), 0), "reason");
    cr_assert(ne(ptr, strstr(reason, "it was still setting up"), NULL), "%s", reason);
    json_decref(run);
    folder_remove(folder);
}

/* Rounds of a fortieth of a second at a rate that it does a hundredth of: two or so in the time that is
 * left. */
Test(soak, says_that_a_workload_does_not_keep_up)
{
    static const char *const words[] = {PLUGIN("paced"), "--for", "2s", "--rate", "1e9", NULL};
    soaked done = soak("sleeps", words);
    expect(&done, 3, "inconclusive", "the workload does not keep up, with ");
    end(&done);
}

/* The runner that heapgate started. */
static pid_t runner_of(pid_t heapgate)
{
    char line[128];
    int pid = 0;
    snprintf(line, sizeof line, "pgrep -P %d -f heapgate-runner", (int)heapgate);
    FILE *found = popen(line, "r");
    cr_assert(ne(ptr, found, NULL));
    cr_assert(eq(int, fscanf(found, "%d", &pid), 1), "%s", line);
    pclose(found);
    return pid;
}

/* As a container is paused, or a virtual machine moved: both stand still, and heapgate goes on first. */
Test(soak, does_not_take_being_frozen_for_a_hang)
{
    char *folder = folder_make();
    char *suite = folder_write(folder, "suite.yaml", SUITE("5s", "growth"));
    const command given = {
        .words = {program, "soak", "-c", suite, "--for", "1m", "--rate", "3600000", "--out", folder}};
    setenv("HEAPGATE_TEST_CASE", "none", 1);
    pid_t heapgate = command_start(&given);
    wait_for_rounds(folder, 6);
    pid_t runner = runner_of(heapgate);
    cr_assert(eq(int, kill(runner, SIGSTOP), 0));
    usleep(500000); /* it has seen the last op */
    cr_assert(eq(int, kill(heapgate, SIGSTOP), 0));
    sleep(6);
    cr_assert(eq(int, kill(heapgate, SIGCONT), 0));
    usleep(300000);
    cr_assert(eq(int, kill(runner, SIGCONT), 0));
    usleep(300000);
    cr_assert(eq(int, kill(heapgate, SIGTERM), 0));
    cr_assert(eq(int, command_wait(heapgate), 0));
    free(suite);
    folder_remove(folder);
}

static void expect_complaint(const char *const *words, const char *complaint)
{
    command given = {.words = {program, "soak"}};
    for (size_t i = 0; words[i]; i++)
        given.words[2 + i] = words[i];
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 2), "%s", result.line);
    cr_assert(ne(ptr, strstr(result.err, complaint), NULL), "%s\n%s", result.line, result.err);
    cr_assert(eq(sz, count(result.err, "\n"), 1), "%s\n%s", result.line, result.err);
    command_result_free(&result);
}

Test(soak, complains_in_one_line)
{
    static const struct {
        const char *words[6], *complaint;
    } wrong[] = {
        {{NULL}, "soak needs a duration"},
        {{"--for", "never"}, "--for: expected a duration such as 90s, 10m or 24h, got 'never'"},
        {{"--for", "-3s"}, "--for: expected a duration such as 90s, 10m or 24h, got '-3s'"},
        {{"--for", "1s", "--rate", "fast"},
         "--rate: expected a number of ops per hour, or 'max', got 'fast'"},
        {{"--for", "1s", "--rate", "0"}, "--rate: expected a number of ops per hour, or 'max', got '0'"},
        {{"--for", "1s", "--memory", "much"}, "--memory: expected a size such as 512MiB or 2GiB, got 'much'"},
        {{"--for", "1s", "--serve", "0.0.0.0:0"}, "is not an address of this machine alone"},
        {{"--for", "1s", "--serve", "[::]:0"}, "is not an address of this machine alone"},
        {{"--for", "1s", "--serve", "127.0.0.1:99999"}, "is not ADDRESS:PORT"},
        {{"--for", "1s", "--serve", "127.0.0.1"}, "is not ADDRESS:PORT"},
        {{"--for", "1s", "--workload", "none"}, "the suite has no workload 'none'"},
        {{"--for", "1s", "--allocator", "none"}, "unknown allocator 'none'"},
        {{"--for", "1s", "--subject", "before", "x.so"}, "with a plug-in, leave out -c"},
        {{"--for", "1s", "x.so"}, "no plug-in at x.so"},
        {{"--resume", "/nowhere"}, "/nowhere"},
        {{"--resume", "/nowhere", "--for", "1s"}, "no other option goes with it"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_complaint(wrong[i].words, wrong[i].complaint);
}

static long status_kib(pid_t process, const char *field)
{
    char path[64];
    char line[256];
    long value = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)process);
    FILE *file = fopen(path, "r");
    while (file && value < 0 && fgets(line, sizeof line, file))
        if (strncmp(line, field, strlen(field)) == 0)
            value = strtol(line + strlen(field), NULL, 10);
    if (file)
        fclose(file);
    return value;
}

static size_t open_files(pid_t process)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)process);
    return folder_count(path);
}

/* The number of the newest sample on disk. */
static long newest_sample(const char *folder)
{
    char path[4096];
    char line[300];
    long newest = -1;
    snprintf(path, sizeof path, "%s/soak.samples", folder);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        long number = strtol(line, NULL, 10);
        if (line[0] >= '0' && line[0] <= '9' && number > newest)
            newest = number;
    }
    if (file)
        fclose(file);
    return newest;
}

static void wait_for_samples(const char *folder, long wanted)
{
    for (int i = 0; i < 30000 && newest_sample(folder) < wanted; i++)
        usleep(10000);
    cr_assert(ge(long, newest_sample(folder), wanted));
}

/*
 * Thousands of samples, dozens of judgements: the driver grows by none of them. Both times lie after the
 * first merging of rounds. Anonymous memory: what it maps of files is the machine's to take back.
 */
Test(soak, stays_as_large_as_it_was)
{
    enum { SLACK_KIB = 512 };
    if (HG_SANITIZED)
        cr_skip("the sanitizer keeps what is freed");
    char *folder = folder_make();
    const command given = {.words = {program, "soak", growth, "--for", "10m", "--rate", "36000000",
                                     "--sample-every", "1ms", "--out", folder}};
    setenv("HEAPGATE_TEST_CASE", "none", 1);
    pid_t heapgate = command_start(&given);
    wait_for_rounds(folder, 4);
    wait_for_samples(folder, 500);
    long before = status_kib(heapgate, "RssAnon:");
    size_t files = open_files(heapgate);
    wait_for_samples(folder, 3500);
    long after = status_kib(heapgate, "RssAnon:");
    cr_assert(lt(long, 0, before));
    cr_assert(le(long, after, before + SLACK_KIB), "%ld KiB at first, %ld KiB later", before, after);
    cr_assert(le(sz, open_files(heapgate), files + 3)); /* one may be open for a moment */
    kill(heapgate, SIGKILL);
    command_wait(heapgate);
    folder_remove(folder);
}
