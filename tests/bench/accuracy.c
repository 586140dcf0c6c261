/*
 * How often verdicts are right: ./dev bench accuracy [REPEATS]
 *
 * First the test set, which nobody tunes heapgate to (tests/testset). Then the training set: the controls and
 * the libraries of the system, each with its mistake and without, and libtoka `after`, once with the machine
 * otherwise idle and once with a busy loop a processor; and, idle, the mutants of libtoka. All run on glibc
 * and on jemalloc, and each repeat has a seed of its own. heapgate is not told which cells leak; every cell
 * is held against what is known of it. Prints a table for each set, and before it whatever came out wrong,
 * with the command that shows it again.
 *
 * Ends with 1 when a run of heapgate gave no result, or when there was nothing to count.
 */
#include "accuracy_tally.h"
#include "truth.h"

#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_REPEATS = 1000, MOST_PROCESSORS = 64 };

extern char **environ;

/* Workloads that are built with a mistake and without, and the table of what is true of them. */
typedef struct known_suite {
    tally_kind kind;
    const char *folder; /* below the build */
    truth rows[TRUTH_MOST_ROWS];
    size_t count;
} known_suite;

typedef struct bench {
    const char *build; /* folder */
    char heapgate[1024], folder[64];
    known_suite pairs, controls, libraries;
    tally seen;
    bool busy;
    unsigned seed;
} bench;

/* Runs heapgate with these words after the first two, and reads the run.json; NULL when there is none. */
static json_t *run_heapgate(const bench *b, const char *const *words)
{
    char path[128];
    char seed[16];
    char *arguments[18] = {
        (char *)b->heapgate, "run", "--quiet", "--no-speed", "--holders", "never", "--seed", seed, "--out",
        (char *)b->folder};
    size_t used = 10;
    pid_t pid;
    int status;
    posix_spawn_file_actions_t actions;
    snprintf(seed, sizeof seed, "%u", b->seed);
    snprintf(path, sizeof path, "%s/run.json", b->folder);
    for (size_t i = 0; words[i] && used < 17; i++)
        arguments[used++] = (char *)words[i];
    unlink(path);
    if (posix_spawn_file_actions_init(&actions) != 0)
        return NULL;
    bool started =
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", 1 /* O_WRONLY */, 0) == 0 &&
        posix_spawn(&pid, b->heapgate, &actions, NULL, arguments, environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    if (!started || waitpid(pid, &status, 0) != pid)
        return NULL;
    return json_load_file(path, 0, NULL);
}

static const char *text_at(const json_t *cell, const char *key)
{
    const char *text = json_string_value(json_object_get(cell, key));
    return text ? text : "";
}

/* Counts one cell, and complains where it is wrong. */
static bool count_cell(bench *b, tally_kind kind, const truth *row, bool leaks, const json_t *cell)
{
    const double share = 0.05;
    char mistake[TRUTH_MOST_MISTAKE];
    truth known = *row;
    tally_cell seen = {
        .kind = kind,
        .leaks = leaks,
        .verdict = tally_verdict_of(text_at(cell, "verdict")),
        .culprit = truth_names_culprit(row, cell),
        /* What a container that doubles costs lies between one and two times what it holds. */
        .rate_known = row->bytes_per_op > 0 && row->within <= share,
        .seconds = json_number_value(json_object_get(cell, "duration_seconds")),
    };
    if (seen.rate_known)
        known.within = fmax(share, 3 * json_number_value(json_object_get(cell, "bytes_per_op_error")) /
                                       row->bytes_per_op);
    seen.rate_right = truth_rate_error(&known, cell) <= known.within;
    snprintf(seen.name, sizeof seen.name, "%s %s, %s", text_at(cell, "workload"), text_at(cell, "subject"),
             text_at(cell, "allocator"));
    if (truth_mistake(&known, leaks, cell, mistake))
        printf("wrong: %s, machine %s: %s\n", seen.name, b->busy ? "busy" : "idle", mistake);
    return tally_add(&b->seen, &seen);
}

static bool run_known(bench *b, const known_suite *known)
{
    char suite[2048];
    snprintf(suite, sizeof suite, "%s/%s/blind.yaml", b->build, known->folder);
    json_t *run = run_heapgate(b, (const char *const[]){"-c", suite, NULL});
    const json_t *cells = json_object_get(run, "cells");
    bool good = json_array_size(cells) > 0;
    for (size_t i = 0; i < json_array_size(cells) && good; i++) {
        bool leaks = false;
        const json_t *cell = json_array_get(cells, i);
        const truth *row = truth_find(known->rows, known->count, text_at(cell, "workload"), &leaks);
        good = row && count_cell(b, known->kind, row, leaks, cell);
    }
    json_decref(run);
    return good;
}

/* Counts all cells of a run, which have one truth. */
static bool count_run(bench *b, tally_kind kind, const truth *row, bool leaks, const char *const *words)
{
    json_t *run = run_heapgate(b, words);
    const json_t *cells = json_object_get(run, "cells");
    bool good = json_array_size(cells) > 0;
    for (size_t i = 0; i < json_array_size(cells) && good; i++)
        good = count_cell(b, kind, row, leaks, json_array_get(cells, i));
    json_decref(run);
    return good;
}

static bool run_toka(bench *b)
{
    char suite[2048];
    const truth row = {.bytes_per_op = -1};
    snprintf(suite, sizeof suite, "%s/tests/mutants/heapgate.yaml", b->build);
    return count_run(b, TALLY_TOKA, &row, false,
                     (const char *const[]){"-c", suite, "--subject", "after", NULL});
}

static bool run_mutants(bench *b)
{
    char suite[2048];
    char line[256];
    bool good = true;
    snprintf(suite, sizeof suite, "%s/tests/mutants/heapgate.yaml", b->build);
    FILE *table = fopen(HG_SOURCE_DIR "/tests/mutants/mutants.tsv", "re");
    if (!table)
        return false;
    while (good && fgets(line, sizeof line, table)) {
        char workload[64];
        truth row = {.bytes_per_op = -1};
        if (line[0] == '#')
            continue;
        good = sscanf(line, "%63s %63s %159s", row.name, workload, row.culprit) == 3 &&
               count_run(
                   b, TALLY_MUTANT, &row, true,
                   (const char *const[]){"-c", suite, "--subject", row.name, "--workload", workload, NULL});
    }
    fclose(table);
    return good;
}

/* Starts a busy loop a processor, which dies with this program. */
static size_t start_loops(pid_t loops[MOST_PROCESSORS])
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t count = 0;
    while (count < (size_t)processors && count < MOST_PROCESSORS) {
        pid_t pid = fork();
        if (pid < 0)
            break;
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (volatile unsigned turns = 0;; turns++)
                continue;
        }
        loops[count++] = pid;
    }
    return count;
}

static void stop_loops(const pid_t *loops, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        kill(loops[i], SIGKILL);
        waitpid(loops[i], NULL, 0);
    }
}

static bool run_test_set(bench *b)
{
    return run_known(b, &b->pairs);
}

static bool run_training_set(bench *b)
{
    pid_t loops[MOST_PROCESSORS];
    bool good = run_known(b, &b->controls) && run_known(b, &b->libraries) && run_toka(b) && run_mutants(b);
    size_t count = good ? start_loops(loops) : 0;
    b->busy = true;
    good = count > 0 && run_known(b, &b->controls) && run_known(b, &b->libraries) && run_toka(b);
    b->busy = false;
    stop_loops(loops, count);
    return good;
}

/* Runs a set with as many seeds, and prints its table. */
static bool measure(bench *b, const char *name, bool (*run)(bench *), unsigned repeats)
{
    bool good = true;
    for (b->seed = 1; b->seed <= repeats && good; b->seed++)
        good = run(b);
    if (!good)
        fprintf(stderr, "accuracy: a run of heapgate gave no result, with seed %u\n", b->seed - 1);
    size_t clean = tally_count(&b->seen, false);
    size_t leaking = tally_count(&b->seen, true);
    if (b->seen.count > 0) {
        printf("%s: %zu leaking and %zu healthy cells, seeds 1 to %u\n\n", name, leaking, clean, b->seed - 1);
        good = tally_print(&b->seen, stdout) && good;
        putchar('\n');
    }
    tally_free(&b->seen);
    return good && clean > 0 && leaking > 0;
}

static bool read_suite(known_suite *known, tally_kind kind, const char *folder, const char *table)
{
    char path[2048];
    snprintf(path, sizeof path, HG_SOURCE_DIR "/%s/%s", folder, table);
    known->kind = kind;
    known->folder = folder;
    known->count = truth_read(path, known->rows);
    return known->count > 0;
}

static bool prepare(bench *b, const char *build)
{
    b->build = build;
    snprintf(b->heapgate, sizeof b->heapgate, "%s/heapgate", build);
    strcpy(b->folder, "/tmp/heapgate-accuracy-XXXXXX");
    return read_suite(&b->pairs, TALLY_PAIR, "tests/testset", "pairs.tsv") &&
           read_suite(&b->controls, TALLY_CONTROL, "workloads/controls", "controls.tsv") &&
           read_suite(&b->libraries, TALLY_LIBRARY, "tests/real", "real.tsv") && mkdtemp(b->folder);
}

static void clean_up(const bench *b)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", b->folder);
    if (system(command) != 0)
        fprintf(stderr, "accuracy: cannot remove %s\n", b->folder);
}

int main(int argc, char **argv)
{
    static bench b;
    int repeats = argc > 2 ? atoi(argv[2]) : 3;
    if (argc < 2 || repeats < 1 || repeats > MOST_REPEATS) {
        fprintf(stderr, "usage: accuracy_bench BUILD_FOLDER [REPEATS, 1 to %d]\n", MOST_REPEATS);
        return 2;
    }
    setlinebuf(stdout);
    if (!prepare(&b, argv[1])) {
        fprintf(stderr, "accuracy: no tables of what is true, or no folder for results\n");
        return 1;
    }
    bool good =
        measure(&b, "Test set, which heapgate was never tuned to", run_test_set, (unsigned)repeats) &&
        measure(&b, "Training set, known while heapgate was written", run_training_set, (unsigned)repeats);
    clean_up(&b);
    return good ? 0 : 1;
}
