/*
 * Goal: programs of the system, as Debian has them, do under heapgate what they do without: the same on
 * standard output and error, the same exit status; and the probe never takes one of their stacks for another.
 *
 * Each is run bare, then under the probe on glibc and jemalloc, then once more with every stack walked again.
 * A program that is not there fails its test, with the package that has it.
 */
#include "exec_run.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void need(const char *program, const char *package)
{
    cr_assert(eq(int, access(program, X_OK), 0), "%s is missing: apt-get install %s", program, package);
}

/* "the program exited with status N" */
static int status_of(const json_t *cell)
{
    static const char phrase[] = "the program exited with status ";
    const char *found = strstr(text_of(cell, "reason"), phrase);
    cr_assert(ne(ptr, (void *)found, NULL), "%s", text_of(cell, "reason"));
    return atoi(found + strlen(phrase));
}

static void expect_same(const command_result *bare, const checked *done)
{
    const command_result *probed = &done->result;
    cr_assert(eq(sz, probed->out_size, bare->out_size), "%s\n%s", probed->line, probed->err);
    cr_assert(eq(int, memcmp(probed->out, bare->out, bare->out_size), 0), "%s", probed->line);
    cr_assert(eq(int, memcmp(probed->err, bare->err, bare->err_size), 0), "%s\n%s", probed->line,
              probed->err);
    /* Of heapgate itself there is one line, the outcome. */
    cr_assert(eq(ptr, strchr(probed->err + bare->err_size, '\n'), probed->err + probed->err_size - 1),
              "%s\n%s", probed->line, probed->err);
    cr_assert(eq(int, status_of(checked_cell(done, 0)), bare->exit_code), "%s", probed->line);
}

static void expect_verified(const checked *done)
{
    for (size_t i = 0; i < checked_cells(done); i++) {
        const char *reason = text_of(checked_cell(done, i), "reason");
        cr_assert(ne(ptr, strstr(reason, "recognised stacks walked again, all right"), NULL), "%s: %s",
                  reason, done->result.line);
        cr_assert(eq(ptr, strstr(reason, " 0 recognised stacks"), NULL), "%s: %s", reason, done->result.line);
    }
}

/* Before each run of the program; NULL: nothing. */
static const char *clean_up;

static void expect_unchanged(const char *const *words)
{
    const char *const *const ways[] = {WORDS("--allocator", "glibc"), WORDS("--allocator", "jemalloc"),
                                       WORDS("--children"), WORDS("--verify", "--children")};
    command given = {0};
    const command remove = {.words = {"rm", "-rf", "--", clean_up ? clean_up : "", NULL}};
    for (size_t i = 0; words[i]; i++)
        given.words[i] = words[i];
    command_result bare = command_run(&given);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (clean_up)
            command_wait(command_start(&remove));
        checked done = exec_run(ways[i], words);
        expect_same(&bare, &done);
        if (strcmp(ways[i][0], "--verify") == 0)
            expect_verified(&done);
        checked_free(&done);
    }
    command_result_free(&bare);
}

Test(exec_programs, python_with_json_threads_and_a_subprocess)
{
    need("/usr/bin/python3", "python3");
    expect_unchanged(WORDS("/usr/bin/python3", HG_SOURCE_DIR "/tests/e2e/programs/works.py"));
}

Test(exec_programs, sqlite3_on_a_script)
{
    need("/usr/bin/sqlite3", "sqlite3");
    expect_unchanged(WORDS("/usr/bin/sqlite3", "-batch",
                           ":memory:", ".read " HG_SOURCE_DIR "/tests/e2e/programs/works.sql"));
}

Test(exec_programs, perl_on_a_script)
{
    need("/usr/bin/perl", "perl");
    expect_unchanged(WORDS("/usr/bin/perl", HG_SOURCE_DIR "/tests/e2e/programs/works.pl"));
}

Test(exec_programs, node_on_a_script)
{
    need("/usr/bin/node", "nodejs");
    expect_unchanged(WORDS("/usr/bin/node", HG_SOURCE_DIR "/tests/e2e/programs/works.js"));
}

Test(exec_programs, xmllint_on_a_document)
{
    need("/usr/bin/xmllint", "libxml2-utils");
    char *folder = folder_make();
    char *document = folder_write(folder, "document.xml", "<?xml version=\"1.0\"?>\n");
    FILE *out = fopen(document, "a");
    fputs("<list>", out);
    for (int i = 0; i < 5000; i++)
        fprintf(out, "<entry number=\"%d\"><name>entry %d</name></entry>", i, i);
    fputs("</list>\n", out);
    fclose(out);
    expect_unchanged(WORDS("/usr/bin/xmllint", "--format", document));
    free(document);
    folder_remove(folder);
}

Test(exec_programs, gcc_on_a_source_with_an_error_and_on_one_without)
{
    char *folder = folder_make();
    char object[4096];
    snprintf(object, sizeof object, "%s/object.o", folder);
    need("/usr/bin/gcc", "gcc");
    expect_unchanged(WORDS("/usr/bin/gcc", "-O2", "-v", "-D_GNU_SOURCE",
                           "-I" HG_SOURCE_DIR "/harness/include", "-c", "-save-temps=obj",
                           HG_SOURCE_DIR "/tests/e2e/programs/serves.c", "-o", object));
    char *wrong = folder_write(folder, "wrong.c", "int main(void) { return nothing; }\n");
    expect_unchanged(WORDS("/usr/bin/gcc", "-c", wrong, "-o", object));
    free(wrong);
    folder_remove(folder);
}

Test(exec_programs, git_cloning_a_repository)
{
    need("/usr/bin/git", "git");
    char *folder = folder_make();
    char clone[4096];
    snprintf(clone, sizeof clone, "%s/clone", folder);
    const char *const preparations[][COMMAND_MOST_WORDS] = {
        {"git", "init", "-q", "origin", NULL},
        {"sh", "-c", "for i in 1 2 3 4 5 6 7 8; do seq $i 2000 > origin/$i; done", NULL},
        {"git", "-C", "origin", "add", ".", NULL},
        {"git", "-C", "origin", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "-m", "all",
         NULL}};
    for (size_t i = 0; i < sizeof preparations / sizeof *preparations; i++) {
        command prepare = {.folder = folder};
        memcpy(prepare.words, preparations[i], sizeof prepare.words);
        cr_assert(eq(int, command_wait(command_start(&prepare)), 0), "step %zu", i);
    }
    clean_up = clone;
    char script[8192];
    snprintf(script, sizeof script,
             "cd '%s' && git clone -q file://\"$PWD\"/origin clone && git -C clone fsck --no-progress && cat "
             "clone/?",
             folder);
    const command remove = {.words = {"rm", "-rf", "--", clone, NULL}};
    expect_unchanged(WORDS("/bin/sh", "-c", script));
    command_wait(command_start(&remove));
    folder_remove(folder);
}

/* A server, its load from another process, and the end of it by Ctrl-C. */

static void pause_ms(long ms)
{
    const struct timespec pause = {.tv_nsec = ms * 1000000};
    nanosleep(&pause, NULL);
}

static void wait_for(const char *path)
{
    struct stat found;
    for (int tries = 0; tries < 3000 && stat(path, &found) != 0; tries++)
        pause_ms(10);
    cr_assert(eq(int, stat(path, &found), 0), "%s never came", path);
}

/*
 * Serves, in the folder, at the socket there; the words of its command line come after the `--`. False where
 * a process was inconclusive, as on a busy machine, where more requests are under way the longer it runs.
 */
static bool serve_and_judge(const char *folder, const char *const *options, const char *const *server,
                            size_t cells_expected)
{
    char path[4200];
    size_t used = 5;
    command given = {.words = {HEAPGATE, "exec", "-q", "--out", "."}, .folder = folder};
    for (size_t i = 0; options[i]; i++)
        given.words[used++] = options[i];
    given.words[used++] = "--";
    for (size_t i = 0; server[i]; i++)
        given.words[used++] = server[i];
    pid_t heapgate = command_start(&given);
    snprintf(path, sizeof path, "%s/socket", folder);
    wait_for(path);
    const command load = {
        .words = {"/usr/bin/python3", HG_SOURCE_DIR "/tests/e2e/programs/load.py", "socket", "2000", NULL},
        .folder = folder};
    command_result answers = command_run(&load);
    kill(heapgate, SIGINT);
    int code = command_wait(heapgate);
    cr_assert(eq(str, answers.out, "2000 right answers\n"), "%s", answers.err);
    command_result_free(&answers);
    snprintf(path, sizeof path, "%s/run.json", folder);
    json_t *run = json_load_file(path, 0, NULL);
    const json_t *cells = json_object_get(run, "cells");
    cr_assert(eq(sz, json_array_size(cells), cells_expected), "heapgate exited with %d", code);
    bool clean = true;
    for (size_t i = 0; i < json_array_size(cells); i++) {
        const json_t *cell = json_array_get(cells, i);
        const char *verdict = text_of(cell, "verdict");
        if (strcmp(verdict, "inconclusive") == 0)
            clean = false;
        else
            cr_assert(eq(str, (char *)verdict, "clean"), "%s: %s", text_of(cell, "workload"),
                      text_of(cell, "reason"));
    }
    cr_assert(eq(int, code, clean ? 0 : 3));
    json_decref(run);
    return clean;
}

Test(exec_programs, nginx_with_two_workers_under_load_is_clean)
{
    static const char configuration[] =
        "daemon off;\npid pid;\nerror_log stderr crit;\nworker_processes 2;\nevents { }\nhttp {\n"
        "  access_log off;\n  client_body_temp_path 1;\n  proxy_temp_path 2;\n  fastcgi_temp_path 3;\n"
        "  uwsgi_temp_path 4;\n  scgi_temp_path 5;\n"
        "  server { listen unix:socket; return 200 \"it works\\n\"; }\n}\n";
    if (access("/usr/sbin/nginx", X_OK) != 0)
        cr_skip("nginx is not there: ./dev extras installs it");
    need("/usr/bin/python3", "python3");
    char *folder = folder_make();
    char *file = folder_write(folder, "nginx.conf", configuration);
    bool clean = serve_and_judge(folder, WORDS("--children", "--round-every", "50ms", "--holders", "auto"),
                                 WORDS("/usr/sbin/nginx", "-p", ".", "-e", "stderr", "-c", "nginx.conf"), 3);
    cr_assert(clean, "inconclusive");
    free(file);
    folder_remove(folder);
}

Test(exec_programs, a_python_server_with_a_thread_a_request_is_clean_under_load)
{
    need("/usr/bin/python3", "python3");
    bool clean = false;
    for (int tries = 0; !clean && tries < 3; tries++) {
        char *folder = folder_make();
        clean = serve_and_judge(
            folder, WORDS("--round-every", "50ms"),
            WORDS("/usr/bin/python3", HG_SOURCE_DIR "/tests/e2e/programs/server.py", "socket"), 1);
        folder_remove(folder);
    }
    cr_assert(clean, "inconclusive three times");
}
