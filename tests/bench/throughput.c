/*
 * Throughput of two subjects side by side: ./dev bench throughput [ROUNDS]
 *
 * Runs every workload of the Toka suite for one subject and then the other, one process at a time, ROUNDS
 * times over, and prints medians of ops per second of processor time with their spread, and the median of the
 * ratios of each pair. Measured under the probe, as in the report.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROUNDS = 99 };

static const char *const workloads[] = {
    "schema-storm",  "schema-storm-cached", "cache-churn", "registry-storm",
    "registry-fill", "manifest-storm",      NULL};
static const char *const allocators[] = {"glibc", "jemalloc", NULL};

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return a < b ? -1 : a > b;
}

static double median(const double *values, int count)
{
    double sorted[MOST_ROUNDS];
    memcpy(sorted, values, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, compare);
    return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

/* Ops per second of one cell, from its own run.json; negative when the run failed. */
static double measure(const char *program, const char *workload, const char *subject, const char *allocator,
                      const char *folder)
{
    char command[4096];
    char path[2048];
    snprintf(command, sizeof command,
             "'%s' run --quiet -j 1 --workload %s --subject %s --allocator %s --out '%s' >/dev/null", program,
             workload, subject, allocator, folder);
    if (system(command) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/run.json", folder);
    json_t *run = json_load_file(path, 0, NULL);
    json_t *cell = json_array_get(json_object_get(run, "cells"), 0);
    double speed = json_number_value(json_object_get(cell, "ops_per_second"));
    json_decref(run);
    return speed;
}

static bool compare_builds(const char *program, const char *workload, const char *allocator, int rounds,
                           const char *folder)
{
    double before[MOST_ROUNDS], after[MOST_ROUNDS], ratio[MOST_ROUNDS];
    for (int i = 0; i < rounds; i++) {
        before[i] = measure(program, workload, "before", allocator, folder);
        after[i] = measure(program, workload, "after", allocator, folder);
        if (before[i] <= 0 || after[i] <= 0) {
            fprintf(stderr, "throughput: %s on %s did not end as expected\n", workload, allocator);
            return false;
        }
        ratio[i] = after[i] / before[i];
    }
    double middle = median(ratio, rounds);
    qsort(ratio, (size_t)rounds, sizeof *ratio, compare);
    printf("%-20s %-9s %12.0f %12.0f %8.2f   %.2f to %.2f\n", workload, allocator, median(before, rounds),
           median(after, rounds), middle, ratio[0], ratio[rounds - 1]);
    fflush(stdout);
    return true;
}

int main(int argc, char **argv)
{
    int rounds = argc > 2 ? atoi(argv[2]) : 5;
    char folder[] = "/tmp/heapgate-throughput-XXXXXX";
    if (argc < 2 || rounds < 1 || rounds > MOST_ROUNDS || !mkdtemp(folder)) {
        fprintf(stderr, "usage: throughput_bench HEAPGATE [ROUNDS, 1 to %d]\n", MOST_ROUNDS);
        return 2;
    }
    printf("%-20s %-9s %12s %12s %8s   %s\n", "workload", "allocator", "before op/s", "after op/s", "ratio",
           "spread");
    bool good = true;
    for (int w = 0; workloads[w]; w++)
        for (int a = 0; allocators[a]; a++)
            good = compare_builds(argv[1], workloads[w], allocators[a], rounds, folder) && good;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command) == 0 && good ? 0 : 1;
}
