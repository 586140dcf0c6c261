/*
 * Goal: heapgate exec --holders names who holds the blocks of a program at its end and, on SIGUSR2, while it
 * runs, whatever the program is doing then; and the program does not notice.
 */
#include "exec_run.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define OPTIONS(...)    ((const char *const[]){__VA_ARGS__, NULL})
#define RUNS(name, ...) ((const char *const[]){PROGRAM(name), __VA_ARGS__, NULL})

static const json_t *held_of(const json_t *cell)
{
    return json_object_get(json_array_get(json_object_get(cell, "sites"), 0), "held");
}

static void expect_held_by(const checked *done, const char *kind, const char *path)
{
    const json_t *holder = json_array_get(json_object_get(held_of(exec_cell(done)), "holders"), 0);
    cr_assert(ne(ptr, (void *)holder, NULL), "nobody holds them: %s", done->result.line);
    cr_assert(eq(str, (char *)text_of(holder, "kind"), (char *)kind), "%s", done->result.line);
    cr_assert(ne(ptr, strstr(text_of(holder, "path"), path), NULL), "%s: %s", text_of(holder, "path"),
              done->result.line);
}

/* The one of the inventory whose path begins so; NULL: there is none. */
static const json_t *in_inventory(const json_t *cell, const char *path)
{
    const json_t *holders = json_object_get(cell, "holders");
    for (size_t i = 0; i < json_array_size(holders); i++)
        if (strncmp(text_of(json_array_get(holders, i), "path"), path, strlen(path)) == 0)
            return json_array_get(holders, i);
    return NULL;
}

Test(exec_holders, of_a_leak_are_named_when_the_program_has_returned)
{
    checked done = exec_run(OPTIONS("--marks", "--holders", "auto"), RUNS("serves", "leak", "400", "0"));
    exec_expect(&done, "leak", 1);
    expect_held_by(&done, "global", "sessions→next*");
    cr_assert(eq(ptr, json_object_get(exec_cell(&done), "holders"), NULL), "an inventory: %s",
              done.result.line);
    checked_free(&done);
}

Test(exec_holders, are_not_looked_for_unless_they_are_asked_for)
{
    checked done = exec_run(OPTIONS("--marks"), RUNS("serves", "leak", "400", "0"));
    exec_expect(&done, "leak", 1);
    cr_assert(eq(ptr, (void *)held_of(exec_cell(&done)), NULL), "%s", done.result.line);
    checked_free(&done);
}

/* It uses all of a block that malloc_usable_size tells it to, and resizes blocks that it has used so. */
Test(exec_holders, leave_a_program_what_it_has_written)
{
    checked done = exec_run(OPTIONS("--holders", "auto", "--rounds-max", "30"), RUNS("turns", "2", "clean"));
    cr_assert(eq(ptr, strstr(done.result.err, "turns:"), NULL), "%s\n%s", done.result.line, done.result.err);
    cr_assert(ne(ptr, strstr(text_of(exec_cell(&done), "reason"), "Terminated"), NULL), "%s: %s",
              text_of(exec_cell(&done), "reason"), done.result.line);
    checked_free(&done);
}

/* Whether the path is the one by which most blocks of a site are held. */
static bool is_holder(const json_t *cell, const char *path)
{
    const json_t *sites = json_object_get(cell, "sites");
    for (size_t i = 0; i < json_array_size(sites); i++) {
        const json_t *held = json_object_get(json_array_get(sites, i), "held");
        const json_t *holder = json_array_get(json_object_get(held, "holders"), 0);
        if (holder && strcmp(text_of(holder, "path"), path) == 0)
            return true;
    }
    return false;
}

/* Whoever scans must not call it: it would keep one more. dd leaves no stale pointers, as Python does. */
Test(exec_holders, are_found_where_a_preloaded_library_replaces_write)
{
    enum { LINES = 400 };
    static const char line[] = "served\n";
    char lines[LINES * (sizeof line - 1) + 1], from[4096];
    for (size_t i = 0; i < LINES; i++)
        memcpy(lines + i * (sizeof line - 1), line, sizeof line);
    char *folder = folder_make();
    char *path = folder_write(folder, "lines", lines);
    snprintf(from, sizeof from, "if=%s", path);
    setenv("LD_PRELOAD", PROGRAM("serve_leak.so"), 1);
    checked done = exec_run(OPTIONS("--round-line", "served", "--holders", "auto"),
                            OPTIONS("/usr/bin/dd", from, "bs=7", "status=none"));
    unsetenv("LD_PRELOAD");
    exec_expect(&done, "leak", 1);
    cr_assert(is_holder(exec_cell(&done), "kept_answers→next*"), "%s", done.result.line);
    checked_free(&done);
    free(path);
    folder_remove(folder);
}

/* Blocks of the inventory at the end of the program. */
static void expect_kept(const char *way, const char *kind, const char *path)
{
    checked done = exec_run(OPTIONS("--holders", "always"), RUNS("keeps", way));
    const json_t *holder = in_inventory(exec_cell(&done), path);
    cr_assert(ne(ptr, (void *)holder, NULL), "%s: %s", path, done.result.line);
    cr_assert(eq(str, (char *)text_of(holder, "kind"), (char *)kind), "%s", done.result.line);
    cr_assert(ge(dbl, number_of(holder, "blocks"), 599), "%s", done.result.line);
    cr_assert(ge(dbl, number_of(holder, "retained_blocks"), 599), "%s", done.result.line);
    checked_free(&done);
}

Test(exec_holders, are_as_main_and_exit_left_them_before_handlers_run)
{
    expect_kept("returns", "global", "entries→next*");
    expect_kept("exits", "stack", "stack of thread keeps, in keep_and_exit()→");
}

Test(exec_holders, of_a_program_that_has_given_up_system_calls_are_not_known_and_it_lives)
{
    checked done = exec_run(OPTIONS("--round-line", "line", "--holders", "auto"), RUNS("sandboxed", "plain"));
    exec_expect(&done, "leak", 1);
    cr_assert(ne(ptr, strstr(text_of(exec_cell(&done), "reason"), "exited with status 0"), NULL), "%s",
              text_of(exec_cell(&done), "reason"));
    cr_assert(ne(ptr, strstr(text_of(exec_cell(&done), "holders_missing"), "(seccomp)"), NULL), "%s",
              done.result.line);
    checked_free(&done);
}

/* As in a container: heapgate is under a filter of system calls itself. */
Test(exec_holders, are_found_under_a_filter_that_heapgate_has_too)
{
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    const struct sock_fprog filter = {1, &allow};
    cr_assert(eq(int, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0));
    cr_assert(eq(int, prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), 0));
    checked done = exec_run(OPTIONS("--marks", "--holders", "auto"), RUNS("serves", "leak", "400", "0"));
    expect_held_by(&done, "global", "sessions→next*");
    checked_free(&done);
}

/* Children in whose cell this path leads to as many blocks as each of them keeps; "": they are lost. */
static size_t count_children(const checked *done, const char *path)
{
    size_t count = 0;
    for (size_t i = 1; i < checked_cells(done); i++) {
        const json_t *held =
            json_object_get(json_array_get(json_object_get(checked_cell(done, i), "sites"), 0), "held");
        const json_t *holder = json_array_get(json_object_get(held, "holders"), 0);
        const char *found = holder ? text_of(holder, "path") : "";
        count += held && strcmp(found, path) == 0 &&
                 (holder ? number_of(holder, "blocks") : number_of(held, "lost_blocks")) >= 599;
    }
    return count;
}

/* Whatever their verdict is. Two lists are alike, and are told once if both children are found to leak. */
Test(exec_holders, of_children_are_named_however_they_began_and_ended)
{
    checked done = exec_run(OPTIONS("--children", "--holders", "always"),
                            ((const char *const[]){PROGRAM("families"), NULL}));
    cr_assert(eq(sz, checked_cells(&done), 6), "%s", done.result.line);
    for (size_t i = 1; i < checked_cells(&done); i++)
        cr_assert(eq(ptr, json_object_get(checked_cell(&done, i), "holders_missing"), NULL), "%s: %s",
                  text_of(checked_cell(&done, i), "holders_missing"), done.result.line);
    cr_assert(ge(sz, count_children(&done, "table[]→next*"), 1), "%s", done.result.line);
    cr_assert(ge(sz, count_children(&done, "entries→next*"), 1), "%s", done.result.line);
    cr_assert(ge(sz, count_children(&done, "mapping→+0x0*"), 1), "%s", done.result.line);
    cr_assert(ge(sz, count_children(&done, ""), 1), "%s", done.result.line);
    checked_free(&done);
}

Test(exec_holders, and_rounds_cannot_both_have_the_signal)
{
    const command given = {
        .words = {HEAPGATE, "exec", "--holders", "auto", "--round-signal", "USR2", "--", "true", NULL}};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 2));
    cr_assert(ne(ptr, strstr(result.err, "use USR1"), NULL), "%s", result.err);
    command_result_free(&result);
}

/* heapgate exec that runs beside the test. */
typedef struct started {
    char *folder;
    pid_t heapgate;
} started;

static void wait_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* Until the program, or its child, has nothing more to do. way: NULL: it knows only one. */
static started start(const char *mode, const char *program, const char *way)
{
    char where[4096], said[4096];
    started made = {.folder = folder_make()};
    snprintf(where, sizeof where, "%s/pid", made.folder);
    snprintf(said, sizeof said, "%s/said", made.folder);
    const command given = {.words = {"/bin/sh", "-c", "exec \"$@\" 2>\"$0\"", said, HEAPGATE, "exec", "-q",
                                     "--out", made.folder, "--children", "--holders", mode, "--", program,
                                     way ? way : where, way ? where : NULL, NULL}};
    made.heapgate = command_start(&given);
    for (int tries = 0; tries < 3000 && access(where, F_OK) != 0; tries++)
        wait_ms(10);
    cr_assert(eq(int, access(where, F_OK), 0), "%s was never written", where);
    return made;
}

static json_t *cell_now(const started *made)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/run.json", made->folder);
    json_t *run = json_load_file(path, 0, NULL);
    json_t *cell = json_incref(json_array_get(json_object_get(run, "cells"), 0));
    json_decref(run);
    return cell;
}

/* What it has printed. */
static char *said_by(const started *made)
{
    enum { MOST = 1 << 16 };
    char path[4096];
    char *text = calloc(1, MOST);
    snprintf(path, sizeof path, "%s/said", made->folder);
    FILE *file = fopen(path, "r");
    cr_assert(file && text);
    text[fread(text, 1, MOST - 1, file)] = '\0';
    fclose(file);
    return text;
}

/*
 * Waits for the end, after which the program is as it would be without, and the path is in the inventory.
 * told: heapgate has printed one meanwhile.
 */
static void finish(started *made, const char *way, const char *path, bool told)
{
    (void)command_wait(made->heapgate);
    char *text = said_by(made);
    cr_assert(eq(int, strstr(text, "What holds the memory of keeps") != NULL, told), "%s: %s", way, text);
    free(text);
    json_t *cell = cell_now(made);
    cr_assert(ne(ptr, cell, NULL), "%s: no run.json", way);
    cr_assert(eq(ptr, strstr(text_of(cell, "reason"), "status 9"), NULL), "%s: %s", way,
              text_of(cell, "reason"));
    cr_assert(ne(ptr, (void *)in_inventory(cell, path), NULL), "%s: %s is not there", way, path);
    json_decref(cell);
    folder_remove(made->folder);
}

/* There is no other snapshot than the one that was asked for. */
static void expect_told_on_signal(const char *way, const char *path)
{
    started made = start("auto", PROGRAM("keeps"), way);
    kill(made.heapgate, SIGUSR2);
    finish(&made, way, path, true);
}

Test(exec_holders, are_told_on_a_signal_and_the_program_goes_on_undisturbed)
{
    expect_told_on_signal("rests", "entries→next*");
    expect_told_on_signal("computes", "entries→next*");
    expect_told_on_signal("churns", "stack of thread keeps, in churn()");
    expect_told_on_signal("threads", "stack of thread keeps, in keep_and_sleep()");
}

Test(exec_holders, are_in_the_report_while_the_program_still_runs)
{
    started made = start("auto", PROGRAM("keeps"), "waits");
    kill(made.heapgate, SIGUSR2);
    bool found = false;
    for (int tries = 0; tries < 6000 && !found; tries++) {
        wait_ms(10);
        json_t *cell = cell_now(&made);
        found =
            cell && strstr(text_of(cell, "reason"), "still running") && in_inventory(cell, "entries→next*");
        json_decref(cell);
    }
    kill(made.heapgate, SIGTERM);
    cr_assert(found);
    finish(&made, "waits", "entries→next*", true);
}

Test(exec_holders, of_a_program_that_is_told_to_end_are_as_they_were_before_that)
{
    started made = start("always", PROGRAM("keeps"), "waits");
    kill(made.heapgate, SIGTERM);
    finish(&made, "waits", "entries→next*", false);
}

/* The child is killed before it could be scanned at its end. */
Test(exec_holders, of_children_are_told_on_a_signal)
{
    started made = start("auto", PROGRAM("families"), NULL);
    kill(made.heapgate, SIGUSR2);
    (void)command_wait(made.heapgate);
    char *text = said_by(&made);
    cr_assert(ne(ptr, strstr(text, "What holds the memory of families-child-1"), NULL), "%s", text);
    cr_assert(ne(ptr, strstr(text, "entries"), NULL), "%s", text);
    free(text);
    folder_remove(made.folder);
}
