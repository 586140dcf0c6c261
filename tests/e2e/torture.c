/*
 * Goal: heapgate torture tells each mistake of plugins/error_paths.c by its kind, by the allocation that
 * failed for it, and by its place; and of code without a mistake it says nothing.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct known_mistake {
    const char *chosen; /* the case, and the function */
    const char *outcome;
    const char *function; /* where it is; NULL: no place is told */
    const char *place;    /* the marker of its line; NULL: as the case; "": any */
} known_mistake;

static const known_mistake mistakes[] = {
    {"ignores_null", "crash", "ignores_null", NULL},
    {"loses_first", "leak", "loses_first", NULL},
    {"loses_old", "leak", "loses_old", NULL},
    {"loses_list", "leak", "loses_list", NULL},
    {"loses_branch", "leak", "loses_branch", NULL},
    {"leaves_open", "descriptor", "leaves_open", NULL},
    {"leaves_mapped", "leak", "leaves_mapped", NULL},
    {"frees_twice", "double free / corruption", "frees_twice", NULL},
    {"stays_broken", "stays broken", NULL, NULL},
    {"answers_otherwise", "stays broken", NULL, NULL},
    {"hangs", "hang", "hangs", NULL},
    {"gives_up", "abort", "gives_up", NULL},
    {"exits", "abort", NULL, NULL},
    {"overflows", "crash", "recurses", ""}, /* whichever of its lines meets the end of the stack */
    {"in_thread", "leak", "loses_in_thread", NULL},
    {"hands_over", "leak", "loses_in_thread", "in_thread"},
    {"keeps_all", "leak", "keeps_all", NULL},
};
enum { MISTAKES = sizeof mistakes / sizeof *mistakes };

static checked torture(const char *chosen, const char *const *options)
{
    char *folder = folder_make();
    char path[4096];
    command given = {.words = {HEAPGATE, "torture", PLUGIN("error_paths"), "--out", folder, "--ops", "5",
                               "--limit", "2s"}};
    size_t used = 9;
    for (size_t i = 0; options && options[i]; i++)
        given.words[used++] = options[i];
    setenv("HEAPGATE_TEST_CASE", chosen, 1);
    checked done = {.result = command_run(&given)};
    snprintf(path, sizeof path, "%s/run.json", folder);
    done.run = json_load_file(path, 0, NULL);
    folder_remove(folder);
    return done;
}

static json_t *faults_of(const checked *done)
{
    json_t *faults = json_object_get(json_object_get(done->run, "torture"), "faults");
    cr_assert(lt(sz, 0, json_array_size(faults)), "no fault was made: %s\n%s%s", done->result.line,
              done->result.out, done->result.err);
    return faults;
}

/* "function:line" of a frame. */
static void expect_frame(const json_t *frames, const char *function, const char *kind, const char *marker,
                         const checked *done)
{
    const json_t *frame = json_array_get(frames, 0);
    char source[4096];
    char wanted[128];
    char line[512];
    cr_expect(eq(str, (char *)text_of(frame, "function"), (char *)function), "%s\n%s", done->result.line,
              done->result.out);
    if (marker[0] == '\0')
        return;
    snprintf(source, sizeof source, "%s/tests/e2e/plugins/error_paths.c", HG_SOURCE_DIR);
    snprintf(wanted, sizeof wanted, "/* %s: %s */", kind, marker);
    FILE *file = fopen(source, "r");
    cr_assert(ne(ptr, file, NULL), "%s", source);
    int number = 0;
    bool found = false;
    while (!found && fgets(line, sizeof line, file)) {
        number++;
        found = strstr(line, wanted) != NULL;
    }
    fclose(file);
    cr_assert(found, "%s has no %s", source, wanted);
    cr_expect(eq(int, (int)number_of(frame, "line"), number), "%s\n%s", done->result.line, done->result.out);
}

/* Every fault but those of the mistake is ok; how many of those there are. */
static size_t expect_only(const checked *done, const known_mistake *known)
{
    size_t found = 0;
    size_t index;
    json_t *fault;
    json_array_foreach(faults_of(done), index, fault)
    {
        const char *outcome = text_of(fault, "outcome");
        if (strcmp(outcome, "ok") == 0)
            continue;
        found++;
        cr_expect(eq(str, (char *)outcome, (char *)known->outcome), "%s\n%s", done->result.line,
                  done->result.out);
        const char *marker = known->place ? known->place : known->chosen;
        if (known->function)
            expect_frame(json_object_get(fault, "frames"), known->function, "here", marker, done);
    }
    return found;
}

Test(torture, tells_each_mistake_with_the_allocation_that_failed_and_its_place)
{
    for (size_t i = 0; i < MISTAKES; i++) {
        const known_mistake *known = &mistakes[i];
        const char *const once[] = {"--mode", "once", NULL};
        checked done = torture(known->chosen, once);
        cr_expect(eq(int, done.result.exit_code, 1), "%s\n%s%s", done.result.line, done.result.out,
                  done.result.err);
        cr_expect(lt(sz, 0, expect_only(&done, known)), "%s: nothing was found\n%s", known->chosen,
                  done.result.out);
        size_t index;
        json_t *fault;
        bool told = false;
        json_array_foreach(faults_of(&done), index, fault)
        {
            if (strcmp(text_of(fault, "outcome"), known->outcome) != 0 || told)
                continue;
            const json_t *path = json_object_get(fault, "path");
            /* Of two allocations, both of which fail for it, the first comes first. */
            if (strcmp(known->chosen, "frees_twice") == 0)
                continue;
            bool in_thread = known->function && strcmp(known->function, "loses_in_thread") == 0;
            expect_frame(path, in_thread ? "loses_in_thread" : known->chosen, "fails",
                         in_thread ? "in_thread" : known->chosen, &done);
            told = true;
        }
        checked_free(&done);
    }
}

Test(torture, finds_nothing_in_code_without_a_mistake)
{
    static const char *const clean[] = {"none", "keeps_once", "grows_later", "leaves_processes"};
    for (size_t i = 0; i < sizeof clean / sizeof *clean; i++) {
        checked done = torture(clean[i], NULL);
        cr_expect(eq(int, done.result.exit_code, 0), "%s: %s\n%s%s", clean[i], done.result.line,
                  done.result.out, done.result.err);
        expect_only(&done, &(known_mistake){.chosen = clean[i], .outcome = "ok"});
        checked_free(&done);
    }
}

Test(torture, exits_with_4_if_the_ops_fail_without_a_fault)
{
    checked done = torture("never_clean", NULL);
    cr_expect(eq(int, done.result.exit_code, 4), "%s", done.result.out);
    cr_expect(ne(ptr, strstr(done.result.out, "heapgate_iterate(3) returned 9"), NULL), "%s",
              done.result.out);
    checked_free(&done);
}

/* The ids of all faults, in their order. */
static char *ids_of(const checked *done)
{
    char *ids = calloc(1, 65536);
    size_t index;
    json_t *fault;
    cr_assert(ne(ptr, ids, NULL));
    json_array_foreach(faults_of(done), index, fault)
    {
        strcat(strcat(strcat(strcat(ids, text_of(fault, "id")), " "), text_of(fault, "mode")), "\n");
    }
    return ids;
}

Test(torture, makes_the_same_faults_in_the_same_order_however_many_run_at_once)
{
    const char *const one[] = {"-j", "1", NULL};
    const char *const many[] = {"-j", "5", NULL};
    checked first = torture("loses_first", one);
    checked second = torture("loses_first", many);
    char *a = ids_of(&first);
    char *b = ids_of(&second);
    cr_expect(eq(str, a, b));
    free(a);
    free(b);
    checked_free(&first);
    checked_free(&second);
}

/* The shards have each fault point once. */
Test(torture, divides_its_fault_points_into_shards)
{
    size_t all = 0;
    for (int shard = 1; shard <= 3; shard++) {
        char name[8];
        snprintf(name, sizeof name, "%d/3", shard);
        const char *const options[] = {"--shard", name, NULL};
        checked done = torture("none", options);
        all += json_array_size(faults_of(&done));
        checked_free(&done);
    }
    checked whole = torture("none", NULL);
    cr_expect(eq(sz, all, json_array_size(faults_of(&whole))));
    checked_free(&whole);
}

Test(torture, repeats_one_fault_by_its_id)
{
    checked all = torture("loses_old", NULL);
    size_t index;
    json_t *fault;
    const char *id = NULL;
    json_array_foreach(faults_of(&all), index, fault)
    {
        if (strcmp(text_of(fault, "outcome"), "leak") == 0)
            id = text_of(fault, "id");
    }
    cr_assert(ne(ptr, (void *)id, NULL), "%s", all.result.out);
    const char *const options[] = {"--mode", "once", "--fault", id, NULL};
    checked one = torture("loses_old", options);
    cr_expect(eq(sz, json_array_size(faults_of(&one)), 1));
    cr_expect(eq(str, (char *)text_of(json_array_get(faults_of(&one), 0), "outcome"), "leak"));
    checked_free(&one);
    checked_free(&all);
}

/* A process of this user whose command line has the word; the test itself has not. */
static bool is_running(const char *word)
{
    DIR *processes = opendir("/proc");
    bool found = false;
    cr_assert(ne(ptr, processes, NULL));
    for (struct dirent *entry; !found && (entry = readdir(processes));) {
        char path[300];
        char line[4096] = {0};
        snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
        FILE *file = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' ? fopen(path, "r") : NULL;
        size_t size = file ? fread(line, 1, sizeof line - 1, file) : 0;
        if (file)
            fclose(file);
        for (size_t i = 0; i < size; i++)
            if (line[i] == '\0')
                line[i] = ' ';
        found = strstr(line, "heapgate-runner") && strstr(line, word);
    }
    closedir(processes);
    return found;
}

/* A copy of the plug-in, as other tests use the plug-in itself at the same time. */
Test(torture, leaves_no_process_behind)
{
    static const char *const cases[] = {"leaves_processes", "hangs", "ignores_null"};
    char *folder = folder_make();
    char copy[4096];
    snprintf(copy, sizeof copy, "%s/alone.so", folder);
    const command copying = {.words = {"cp", PLUGIN("error_paths"), copy, NULL}};
    command_result copied = command_run(&copying);
    command_result_free(&copied);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const command given = {.words = {HEAPGATE, "torture", copy, "--ops", "5", "--limit", "2s", NULL}};
        setenv("HEAPGATE_TEST_CASE", cases[i], 1);
        command_result result = command_run(&given);
        cr_expect(ne(ptr, strstr(result.out, " faults made"), NULL), "%s%s", result.out, result.err);
        cr_expect(not(is_running(copy)), "%s", cases[i]);
        command_result_free(&result);
    }
    folder_remove(folder);
}

/* The reports that a page of continuous integration reads, with a fault in them. */
Test(torture, reports_faults_to_junit_and_sarif)
{
    char *folder = folder_make();
    char path[4096];
    setenv("HEAPGATE_TEST_CASE", "loses_first", 1);
    const command given = {.words = {HEAPGATE, "torture", PLUGIN("error_paths"), "--out", folder, "--ops",
                                     "5", "--mode", "once", NULL}};
    command_result result = command_run(&given);
    snprintf(path, sizeof path, "%s/junit.xml", folder);
    const command lint = {
        .words = {"xmllint", "--noout", "--schema", HG_SOURCE_DIR "/tests/e2e/junit.xsd", path, NULL}};
    command_result linted = command_run(&lint);
    cr_expect(eq(int, linted.exit_code, 0), "%s%s", linted.out, linted.err);
    const command count = {.words = {"xmllint", "--xpath", "count(//failure[@type=\"leak\"])", path, NULL}};
    command_result counted = command_run(&count);
    cr_expect(eq(int, atoi(counted.out), 1), "%s", counted.out);
    snprintf(path, sizeof path, "%s/heapgate.sarif", folder);
    json_t *sarif = json_load_file(path, 0, NULL);
    const json_t *results = json_object_get(json_array_get(json_object_get(sarif, "runs"), 0), "results");
    cr_assert(eq(sz, json_array_size(results), 1));
    const json_t *found = json_array_get(results, 0);
    cr_expect(eq(str, (char *)text_of(found, "ruleId"), "heapgate/error-path"));
    const json_t *place =
        json_object_get(json_array_get(json_object_get(found, "locations"), 0), "physicalLocation");
    cr_expect(lt(int, 0, (int)number_of(json_object_get(place, "region"), "startLine")));
    json_decref(sarif);
    folder_remove(folder);
    command_result_free(&counted);
    command_result_free(&linted);
    command_result_free(&result);
}

typedef struct known_call {
    const char *list;
    const char *function[5], *step[5];
} known_call;

/* What is said of a call, and that no other fails: each loses a block, and aborts at a wrong errno. */
static const known_call calls[] = {
    {"calloc", {"calloc"}, {"zeroes"}},
    {"realloc", {"realloc"}, {"grows"}},
    {"new", {"new", "new"}, {"makes_object", "makes_text"}},
    {"mmap", {"mmap"}, {"maps"}},
    {"open", {"open", "open", "open"}, {"opens", "opens_stream", "opens_folder"}},
    {"socket", {"socket"}, {"makes_socket"}},
    {"pipe", {"pipe", "pipe"}, {"makes_pipe", "makes_event"}},
    {"pthread_create", {"pthread_create"}, {"starts_thread"}},
    {"mmap,socket", {"mmap", "socket"}, {"maps", "makes_socket"}},
};

static checked torture_calls(const char *list, const char *mode)
{
    char *folder = folder_make();
    char path[4096];
    const command given = {.words = {HEAPGATE, "torture", PLUGIN("failing_calls"), "--out", folder, "--ops",
                                     "2", "--mode", mode, "--fail", list, NULL}};
    checked done = {.result = command_run(&given)};
    snprintf(path, sizeof path, "%s/run.json", folder);
    done.run = json_load_file(path, 0, NULL);
    folder_remove(folder);
    return done;
}

static void expect_call(const checked *done, const known_call *known)
{
    size_t index;
    json_t *fault;
    json_array_foreach(faults_of(done), index, fault)
    {
        cr_assert(index < 5 && known->step[index], "%s\n%s", done->result.line, done->result.out);
        cr_expect(eq(str, (char *)text_of(fault, "outcome"), "leak"), "%s\n%s", done->result.line,
                  done->result.out);
        cr_expect(eq(str, (char *)text_of(fault, "function"), (char *)known->function[index]), "%s",
                  done->result.line);
        const json_t *frame = json_array_get(json_object_get(fault, "path"), 0);
        cr_expect(ne(ptr, strstr(text_of(frame, "function"), known->step[index]), NULL), "%s\n%s",
                  done->result.line, done->result.out);
        cr_expect(eq(int, (int)number_of(fault, "lost_blocks"), 1), "%s\n%s", done->result.line,
                  done->result.out);
    }
    cr_expect(index == 5 || !known->step[index], "a fault is missing: %s\n%s", done->result.line,
              done->result.out);
}

Test(torture, makes_each_kind_of_call_fail_as_the_system_would)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        checked done = torture_calls(calls[i].list, "once");
        cr_expect(eq(int, done.result.exit_code, 1), "%s%s", done.result.out, done.result.err);
        expect_call(&done, &calls[i]);
        checked_free(&done);
    }
}

/* From the first descriptor on, none can be had any more; memory can. */
Test(torture, makes_all_descriptors_fail_from_then_on_and_no_memory)
{
    checked done = torture_calls("open,socket,pipe,memory", "from-then-on");
    size_t index;
    json_t *fault;
    bool found = false;
    json_array_foreach(faults_of(&done), index, fault)
    {
        const json_t *frame = json_array_get(json_object_get(fault, "path"), 0);
        if (strcmp(text_of(fault, "function"), "open") != 0 ||
            !strstr(text_of(frame, "function"), "opens_stream"))
            continue;
        found = true;
        /* Those of opens_stream, opens_folder, makes_socket, makes_pipe and makes_event. */
        cr_expect(eq(int, (int)number_of(fault, "lost_blocks"), 5), "%s\n%s", done.result.line,
                  done.result.out);
    }
    cr_expect(found, "%s", done.result.out);
    checked_free(&done);
}

Test(torture, says_what_was_meant_by_a_call_that_it_does_not_know)
{
    checked done = torture_calls("memory,opne", "once");
    cr_expect(eq(int, done.result.exit_code, 2));
    cr_expect(ne(ptr, strstr(done.result.err, "unknown call 'opne'; did you mean open?"), NULL), "%s",
              done.result.err);
    checked_free(&done);
}

static command_result run_in_shell(const char *script)
{
    const command given = {.words = {"sh", "-c", script, NULL}};
    return command_run(&given);
}

static char *found_id(const char *chosen)
{
    const char *const options[] = {"--mode", "once", NULL};
    checked done = torture(chosen, options);
    char *id = NULL;
    size_t index;
    json_t *fault;
    json_array_foreach(faults_of(&done), index, fault)
    {
        if (!id && strcmp(text_of(fault, "outcome"), "ok") != 0)
            id = strdup(text_of(fault, "id"));
    }
    cr_assert(ne(ptr, id, NULL), "%s", done.result.out);
    checked_free(&done);
    return id;
}

/* What gdb says in the call that fails, and how the program goes on from there to its end. */
Test(torture, stops_in_gdb_at_the_call_that_fails)
{
    char *script;
    char *id = found_id("loses_old");
    if (access("/usr/bin/gdb", X_OK) != 0)
        cr_skip_test("gdb is not installed");
    cr_assert(
        lt(int, 0,
           asprintf(
               &script,
               "printf 'frame\\nprint text\\ncontinue\\n' | exec '%s' torture '%s' --ops 5 --fault %s --gdb",
               HEAPGATE, PLUGIN("error_paths"), id)));
    command_result result = run_in_shell(script);
    cr_expect(eq(int, result.exit_code, 0), "%s%s", result.out, result.err);
    cr_expect(ne(ptr, strstr(result.out, "in loses_old () at"), NULL), "%s\n%s%s", script, result.out,
              result.err);
    cr_expect(ne(ptr, strstr(result.out, "exited normally"), NULL), "%s\n%s%s", script, result.out,
              result.err);
    command_result_free(&result);
    free(script);
    free(id);
}

Test(torture, says_what_gdb_needs)
{
    static const struct {
        const char *words;
        int code;
        const char *says;
    } known[] = {
        {"exec '" HEAPGATE "' torture '" PLUGIN("error_paths") "' --gdb", 2, "--gdb needs --fault ID"},
        {"PATH=/nowhere exec '" HEAPGATE "' torture '" PLUGIN("error_paths") "' --gdb --fault 1", 2,
         "--gdb needs gdb, which is not installed"},
        {"exec '" HEAPGATE "' torture '" PLUGIN("error_paths") "' --gdb --ops 5 --fault nothing", 4,
         "no fault point is called nothing"},
    };
    setenv("HEAPGATE_TEST_CASE", "none", 1);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (i == 2 && access("/usr/bin/gdb", X_OK) != 0)
            break;
        command_result result = run_in_shell(known[i].words);
        cr_expect(eq(int, result.exit_code, known[i].code), "%s%s", result.out, result.err);
        cr_expect(ne(ptr, strstr(result.err, known[i].says), NULL), "%s%s", result.out, result.err);
        command_result_free(&result);
    }
}

/* What one call does in a later op, a path that fails once does not show. */
Test(torture, finds_what_needs_another_state_if_every_call_fails)
{
    const known_mistake known = {.chosen = "loses_later", .outcome = "leak", .function = "loses_later"};
    const char *const paths[] = {"--mode", "once", NULL};
    const char *const calls_too[] = {"--mode", "once", "--every-call", NULL};
    checked done = torture("loses_later", paths);
    cr_expect(eq(int, done.result.exit_code, 0), "%s", done.result.out);
    checked_free(&done);
    done = torture("loses_later", calls_too);
    /* Five ops, of which the first has it not. */
    cr_expect(eq(sz, expect_only(&done, &known), 4), "%s", done.result.out);
    size_t index;
    json_t *fault;
    char *id = NULL;
    json_array_foreach(faults_of(&done), index, fault)
    {
        if (strcmp(text_of(fault, "outcome"), "leak") != 0)
            continue;
        expect_frame(json_object_get(fault, "path"), "loses_later", "fails", "loses_later", &done);
        cr_expect(eq(str, (char *)text_of(fault, "function"), "malloc"));
        if (!id)
            id = strdup(text_of(fault, "id"));
    }
    checked_free(&done);
    cr_assert(ne(ptr, id, NULL));
    const char *const again[] = {"--mode", "once", "--every-call", "--fault", id, NULL};
    done = torture("loses_later", again);
    cr_expect(eq(sz, json_array_size(faults_of(&done)), 1));
    cr_expect(eq(sz, expect_only(&done, &known), 1), "%s", done.result.out);
    checked_free(&done);
    free(id);
}

static void expect_lost(const char *chosen, double lost, double held)
{
    const char *const once[] = {"--mode", "once", NULL};
    checked done = torture(chosen, once);
    size_t index;
    json_t *fault;
    bool found = false;
    json_array_foreach(faults_of(&done), index, fault)
    {
        const json_t *loss = json_array_get(json_object_get(fault, "losses"), 0);
        if (!loss)
            continue;
        found = true;
        cr_expect(number_of(loss, "lost") == lost && number_of(loss, "held") == held,
                  "%g lost, %g held: %s\n%s", number_of(loss, "lost"), number_of(loss, "held"),
                  done.result.line, done.result.out);
    }
    cr_expect(found, "%s", done.result.out);
    checked_free(&done);
}

Test(torture, tells_what_is_lost_from_what_something_holds)
{
    expect_lost("loses_first", 1, 0);
    expect_lost("in_thread", 1, 0);
    expect_lost("keeps_all", 0, 1);
    expect_lost("leaves_mapped", 0, 0);
}
