#include "cli/command.h"
#include "cli/execute.h"
#include "cli/output.h"
#include "model/path.h"
#include "series/order.h"
#include "series/outcome.h"
#include "series/readers.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char doc[] =
    "Judge heap profiles that other profilers took over time, and say which call paths grow.\v"
    "FILE is a profile of pprof, jemalloc (prof.dump) or tcmalloc (HEAPPROFILE), or the output of "
    "heaptrack_print: at least six of one kind, of one program. Their order is that of the time in them, "
    "else of "
    "the numbers in their names, else of their last change. Or FILE is massif's output (--detailed-freq=1) "
    "or heaptrack's data, which have many points in time: each is judged by itself. Files may be packed by "
    "gzip or zstd.\n\n"
    "Where a profiler samples, the error has the noise of sampling in it: growth within the noise is none. "
    "Exit codes: 0 clean, 1 a leak, 3 inconclusive, 2 a file that cannot be read.";

enum { OPTION_EXPECT = 256, OPTION_MAX_BYTES };

static const struct argp_option options[] = {
    {"out", 'o', "DIR", 0, "Write run.json and the reports to this folder", 0},
    {"expect", OPTION_EXPECT, "WHAT", 0, "clean (default) or leak", 0},
    {"max-bytes-per-op", OPTION_MAX_BYTES, "B", 0,
     "Growth that is allowed, in bytes per op: per second, or per file where there are no times", 0},
    {"quiet", 'q', NULL, 0, "Print only the outcome", 0},
    {"verbose", 'v', NULL, 0, "Print every site, and the reason of each verdict", 0},
    {0},
};

typedef struct arguments {
    hg_options common;
    hg_series_file *files;
    size_t count;
    hg_expect expect;
    double max_bytes_per_op;
    hg_run *run;
    hg_symbols *symbols;
} arguments;

static void add_file(arguments *target, const char *path)
{
    hg_series_file *grown = realloc(target->files, (target->count + 1) * sizeof *grown);
    struct stat file;
    if (!grown)
        exit(hg_complain("out of memory"));
    target->files = grown;
    bool known = stat(path, &file) == 0;
    grown[target->count++] =
        (hg_series_file){path, known ? (int64_t)file.st_mtim.tv_sec * 1000000000 + file.st_mtim.tv_nsec : 0};
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    arguments *target = state->input;
    switch (key) {
    case OPTION_EXPECT:
        if (strcmp(argument, "clean") != 0 && strcmp(argument, "leak") != 0)
            exit(hg_complain("--expect: expected clean or leak, got '%s'", argument));
        target->expect = strcmp(argument, "leak") == 0 ? HG_EXPECT_LEAK : HG_EXPECT_CLEAN;
        return 0;
    case OPTION_MAX_BYTES:
        target->max_bytes_per_op = hg_parse_bytes_per_op("--max-bytes-per-op", argument);
        return 0;
    case ARGP_KEY_ARG:
        add_file(target, argument);
        return 0;
    case ARGP_KEY_NO_ARGS:
        exit(hg_complain("judge needs profiles: heapgate judge FILE..."));
    default:
        return hg_options_parse(key, argument, &target->common);
    }
}

/* Of the files from first on, as many as make one series. Gives how many; 0 after a complaint. */
static size_t read_series(const arguments *given, size_t first, hg_series *series)
{
    size_t count = 0;
    while (first + count < given->count && (count == 0 || !series->many)) {
        const char *path = given->files[first + count].path;
        if (!hg_series_read(series, path)) {
            hg_complain("cannot judge %s: %s", path, series->message);
            return 0;
        }
        count++;
    }
    return count;
}

static bool label(const arguments *given, const hg_series *series, const char *path, hg_cell *cell)
{
    cell->expect = given->expect;
    return hg_cell_set(&cell->workload, hg_base_name(path)) && hg_cell_set(&cell->subject, "main") &&
           hg_cell_set(&cell->allocator, series->kind) &&
           hg_cell_set(&cell->unit, hg_series_unit(series->clock)) &&
           hg_cell_set(&cell->reproduce, given->run->command);
}

/* Gives how many files are judged, from the first on; 0 after a complaint. */
static size_t judge(const arguments *given, size_t first, hg_series *series)
{
    size_t count = read_series(given, first, series);
    if (count == 0)
        return 0;
    bool done = series->many || hg_series_order(series, given->files + first);
    hg_cell *cell = done ? hg_run_add_cell(given->run) : NULL;
    done = cell && label(given, series, given->files[first].path, cell) &&
           hg_series_conclude(series, given->max_bytes_per_op, cell);
    if (!done) {
        hg_complain("out of memory");
        return 0;
    }
    cell->met = hg_expect_is_met(cell->expect, cell->verdict);
    return count;
}

static int judge_all(const arguments *given)
{
    for (size_t first = 0, count; first < given->count; first += count) {
        hg_series *series = calloc(1, sizeof *series);
        if (!series)
            return hg_complain("out of memory");
        series->symbols = given->symbols;
        count = judge(given, first, series);
        hg_series_free(series);
        free(series);
        if (count == 0)
            return HG_EXIT_USAGE;
    }
    return hg_conclude(given->run, &given->common);
}

static int run(int argc, char **argv)
{
    const struct argp argp = {.options = options, .parser = parse, .args_doc = "FILE...", .doc = doc};
    arguments given = {.common = HG_OPTIONS_DEFAULT(argc, argv)};
    int code = HG_EXIT_USAGE;
    hg_parse(&argp, argc, argv, &given);
    if (!given.common.out || hg_output_prepare(given.common.out)) {
        given.run = hg_run_new();
        given.symbols = hg_symbols_new();
        if (given.run && given.symbols &&
            hg_label_run(given.run, hg_base_name(given.files[0].path), &given.common))
            code = judge_all(&given);
        else
            hg_complain("out of memory");
    }
    hg_symbols_free(given.symbols);
    hg_run_free(given.run);
    free(given.files);
    return code;
}

const hg_command hg_command_judge = {"judge", "judge heap profiles that other profilers took over time", run};
