/*
 * Whether the price of an allocation stays the same with more threads, also with more than there are
 * processors, and what a thread that ends costs: ./dev bench threads [--rounds N]
 *
 *   threads_bench BUILD [--rounds N]
 *
 * One op of the first rows is one malloc and one free; of the last rows, one thread, which allocates and
 * frees 16 blocks, while 8 live at a time. Bare and heapgate runs alternate. The ratio is that of processor
 * time, in one round; memory is the most that was resident. What does not grow with the number of threads
 * that ended, neither leaks nor slows down.
 */
#include "overhead_figures.h"
#include "overhead_process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_ROUNDS = FIGURES_MOST_ROUNDS };

struct row {
    const char *what, *threads, *ops;
    double bare[MOST_ROUNDS], heapgate[MOST_ROUNDS], ratio[MOST_ROUNDS]; /* ns an op */
    double bare_mib[MOST_ROUNDS], mib[MOST_ROUNDS];
};

static struct row rows[] = {
    {.what = "churn", .threads = "1", .ops = "16000000"},
    {.what = "churn", .threads = "2", .ops = "16000000"},
    {.what = "churn", .threads = "4", .ops = "16000000"},
    {.what = "churn", .threads = "8", .ops = "16000000"},
    {.what = "spawn", .threads = "8", .ops = "5000"},
    {.what = "spawn", .threads = "8", .ops = "10000"},
    {.what = "spawn", .threads = "8", .ops = "40000"},
};
enum { ROWS = sizeof rows / sizeof *rows };

static bool run_once(const char *build, bool probe, const struct row *row, double *ret_ns, double *ret_mib)
{
    struct command command = {.output_path = "/dev/null", .record = probe};
    struct measured measured;
    command_add_argument(&command, "@/bench/overhead_subject", build);
    command_add_argument(&command, row->what, "");
    command_add_argument(&command, row->threads, "");
    command_add_argument(&command, row->ops, "");
    if (probe) {
        command_add_variable(&command, "LD_PRELOAD=@/harness/libheapgate-probe.so", build);
        command_add_variable(&command, "HEAPGATE_RECORD=/proc/self/fd/200", "");
    }
    if (!process_measure(&command, &measured) || !process_succeeded(&measured) ||
        (probe && (measured.contexts == 0 || measured.unrecorded > 0))) {
        fprintf(stderr, "threads: a run of %s %s failed\n", row->what, row->threads);
        return false;
    }
    *ret_ns = measured.processor_ms * 1e6 / strtod(row->ops, NULL);
    *ret_mib = measured.peak_mib;
    return true;
}

static bool run_row(const char *build, int round, struct row *row)
{
    if (!run_once(build, false, row, &row->bare[round], &row->bare_mib[round]) ||
        !run_once(build, true, row, &row->heapgate[round], &row->mib[round]))
        return false;
    row->ratio[round] = row->heapgate[round] / row->bare[round];
    return true;
}

static void print_row(struct row *row, int rounds)
{
    double ratio = figures_median(row->ratio, rounds);
    printf("%-6s %8s %9s %9.1f %9.1f %7.2f  %5.2f to %-5.2f %9.1f %9.1f\n", row->what, row->threads, row->ops,
           figures_median(row->bare, rounds), figures_median(row->heapgate, rounds), ratio, row->ratio[0],
           row->ratio[rounds - 1], figures_median(row->bare_mib, rounds), figures_median(row->mib, rounds));
}

int main(int argc, char **argv)
{
    char folder[PROCESS_FOLDER], build[PROCESS_FOLDER];
    int rounds = argc == 4 && strcmp(argv[2], "--rounds") == 0 ? (int)strtol(argv[3], NULL, 10)
                 : argc == 2                                   ? 5
                                                               : 0;
    if (rounds < 1 || rounds > MOST_ROUNDS) {
        fprintf(stderr, "usage: threads_bench BUILD [--rounds 1 to %d]\n", MOST_ROUNDS);
        return 2;
    }
    if (!process_make_folder(argv[1], folder, build)) {
        fprintf(stderr, "threads: %s, or a folder in /tmp: %s\n", argv[1], strerror(errno));
        return 1;
    }
    figures_print_machine(rounds);
    bool good = true;
    for (int round = 0; round < rounds && good; round++)
        for (int i = 0; i < ROWS && good; i++)
            good = run_row(build, round, &rows[i]);
    unlink(build);
    rmdir(folder);
    if (!good)
        return 1;
    printf("\n%-6s %8s %9s %9s %9s %7s  %14s %9s %9s\n", "", "threads", "ops", "bare ns", "heapgate", "ratio",
           "least to most", "bare MiB", "MiB");
    for (int i = 0; i < ROWS; i++)
        print_row(&rows[i], rounds);
    return 0;
}
