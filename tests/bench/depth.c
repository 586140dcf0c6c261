/*
 * Whether the price of an allocation stays the same: ./dev bench depth [--rounds N]
 *
 *   depth_bench BUILD [--rounds N]
 *
 * One op is one malloc and one free; the table varies how deep the call stack is, how many call stacks take
 * turns, in the same order or shuffled, and how many blocks are alive, one at a time. Bare and heapgate runs
 * alternate; what heapgate adds is the difference between the two of a round, in processor time, with its
 * median and its least and most.
 * What a new stack costs includes the probe's own first touch of its memory, which 10 stacks share and
 * 100,000 hardly notice.
 */
#include "overhead_figures.h"
#include "overhead_process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 17, OPS = 1000000, MOST_ROUNDS = FIGURES_MOST_ROUNDS };

struct row {
    unsigned depth, contexts, live;
    bool shuffled;
    double bare[MOST_ROUNDS], heapgate[MOST_ROUNDS], added[MOST_ROUNDS], first[MOST_ROUNDS]; /* ns an op */
    struct measured last;
};

static struct row rows[ROWS] = {
    {.depth = 5, .contexts = 10, .live = 100},
    {.depth = 20, .contexts = 10, .live = 100},
    {.depth = 50, .contexts = 10, .live = 100},
    {.depth = 100, .contexts = 10, .live = 100},
    {.depth = 20, .contexts = 100, .live = 100},
    {.depth = 20, .contexts = 1000, .live = 100},
    {.depth = 20, .contexts = 10000, .live = 100},
    {.depth = 20, .contexts = 100000, .live = 100},
    {.depth = 20, .contexts = 1000000, .live = 100},
    {.depth = 20, .contexts = 10, .live = 100, .shuffled = true},
    {.depth = 20, .contexts = 10000, .live = 100, .shuffled = true},
    {.depth = 20, .contexts = 100000, .live = 100, .shuffled = true},
    {.depth = 20, .contexts = 10, .live = 1000},
    {.depth = 20, .contexts = 10, .live = 10000},
    {.depth = 20, .contexts = 10, .live = 100000},
    {.depth = 20, .contexts = 10, .live = 1000000},
    {.depth = 20, .contexts = 10, .live = 10000000},
};

static void add_number(struct command *command, unsigned number)
{
    char word[16];
    snprintf(word, sizeof word, "%u", number);
    command_add_argument(command, word, "");
}

/* Runs the subject once; the figures that it prints are checked to be there. */
static bool run_once(const char *build, const char *output, bool probe, struct row *row, double *ret_first,
                     double *ret_steady)
{
    struct command command = {.output_path = output, .record = probe};
    struct measured measured;
    command_add_argument(&command, "@/bench/depth_subject", build);
    add_number(&command, row->depth);
    add_number(&command, row->contexts);
    add_number(&command, row->live);
    add_number(&command, OPS);
    if (row->shuffled)
        command_add_argument(&command, "shuffled", "");
    if (probe) {
        command_add_variable(&command, "LD_PRELOAD=@/harness/libheapgate-probe.so", build);
        command_add_variable(&command, "HEAPGATE_RECORD=/proc/self/fd/200", "");
    }
    if (!process_measure(&command, &measured))
        return false;
    FILE *file = fopen(output, "re");
    int found = file ? fscanf(file, "%lf %lf", ret_first, ret_steady) : 0;
    if (file)
        fclose(file);
    if (!process_succeeded(&measured) || found != 2) {
        fprintf(stderr, "depth: status %#x, %d figures\n", (unsigned)measured.status, found);
        return false;
    }
    if (probe && measured.contexts < row->contexts && measured.cut_contexts == 0) {
        fprintf(stderr, "depth: the probe was not there\n");
        return false;
    }
    row->last = measured;
    return true;
}

static bool run_row(const char *build, const char *output, int round, struct row *row)
{
    double bare_first;
    if (!run_once(build, output, false, row, &bare_first, &row->bare[round]) ||
        !run_once(build, output, true, row, &row->first[round], &row->heapgate[round])) {
        fprintf(stderr, "depth: a run at depth %u, %u stacks, %u blocks failed\n", row->depth, row->contexts,
                row->live);
        return false;
    }
    row->first[round] -= bare_first;
    row->added[round] = row->heapgate[round] - row->bare[round];
    return true;
}

static void print_row(struct row *row, int rounds)
{
    double middle = figures_median(row->added, rounds);
    printf("%6u %9u%-9s %12u %8.1f %9.1f %9.1f  %6.1f to %-6.1f %9.1f %9u %11llu\n", row->depth,
           row->contexts, row->shuffled ? " shuffled" : "", row->live, figures_median(row->bare, rounds),
           figures_median(row->heapgate, rounds), middle, row->added[0], row->added[rounds - 1],
           figures_median(row->first, rounds) / 1e3, row->last.cut_contexts,
           (unsigned long long)row->last.unrecorded);
}

int main(int argc, char **argv)
{
    char folder[PROCESS_FOLDER], build[PROCESS_FOLDER], output[PROCESS_FOLDER + 8];
    int rounds = argc == 4 && strcmp(argv[2], "--rounds") == 0 ? (int)strtol(argv[3], NULL, 10)
                 : argc == 2                                   ? 5
                                                               : 0;
    if (rounds < 1 || rounds > MOST_ROUNDS) {
        fprintf(stderr, "usage: depth_bench BUILD [--rounds 1 to %d]\n", MOST_ROUNDS);
        return 2;
    }
    if (!process_make_folder(argv[1], folder, build)) {
        fprintf(stderr, "depth: %s, or a folder in /tmp: %s\n", argv[1], strerror(errno));
        return 1;
    }
    snprintf(output, sizeof output, "%s/output", folder);
    figures_print_machine(rounds);
    bool good = true;
    for (int round = 0; round < rounds && good; round++)
        for (int i = 0; i < ROWS && good; i++)
            good = run_row(build, output, round, &rows[i]);
    unlink(output);
    unlink(build);
    rmdir(folder);
    if (!good)
        return 1;
    printf("\n%6s %18s %12s %8s %9s %9s  %16s %9s %9s %11s\n", "", "call", "live", "bare", "heapgate",
           "added", "least to most", "a new", "stacks", "without");
    printf("%6s %18s %12s %8s %9s %9s  %16s %9s %9s %11s\n", "depth", "stacks", "blocks", "ns", "ns", "ns",
           "ns", "stack us", "cut", "a stack");
    for (int i = 0; i < ROWS; i++)
        print_row(&rows[i], rounds);
    return 0;
}
