/*
 * How long the search for holders takes: scan_bench BUILD [--blocks N]
 *
 * The workload keeps every block. It runs twice: as cells do, and as the run that is scanned does. Both leave
 * a record, whose resident memory tells what the index takes.
 */
#include "process/launch.h"
#include "record/scan_file.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 10, MOST_SECONDS = 600 };

typedef struct outcome {
    double seconds;
    int64_t resident_bytes;
} outcome;

static void rest(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

static bool run(hg_cell_plan *plan, uint64_t blocks, outcome *ret_outcome)
{
    hg_launched launched;
    double begun = hg_process_now();
    const hg_run_plan rounds = hg_cell_plan_run(plan, blocks);
    if (hg_launch_runner(plan, &rounds, NULL, &launched) < 0)
        return false;
    while (!hg_process_poll(&launched.process))
        rest();
    uint32_t checkpoints = atomic_load(&launched.record.header->checkpoints);
    ret_outcome->seconds = hg_process_now() - begun;
    ret_outcome->resident_bytes =
        checkpoints > 0 ? launched.record.samples[checkpoints - 1].resident_bytes : 0;
    hg_launched_close(&launched);
    return checkpoints > 0;
}

static bool wait_for_scan(const hg_scan_file *file)
{
    double begun = hg_process_now();
    while (atomic_load(&file->header->state) == HG_SCAN_RUNNING && hg_process_now() - begun < MOST_SECONDS &&
           kill(atomic_load(&file->header->process), 0) == 0)
        rest();
    return atomic_load(&file->header->state) == HG_SCAN_DONE;
}

static void print(const hg_scan_file *file, const outcome *plain, const outcome *scanned)
{
    const hg_scan_header *header = file->header;
    double blocks = (double)header->blocks;
    printf("blocks                        %12.0f\n", blocks);
    printf("resident memory               %12.0f MiB\n", (double)plain->resident_bytes / (1 << 20));
    printf("scan, processor time          %12.2f s\n", (double)header->scan_ns / 1e9);
    printf("the program waits             %12.1f ms, the fork included\n", (double)header->held_up_ns / 1e6);
    printf("index while the program runs  %12.1f bytes a block\n",
           (double)(scanned->resident_bytes - plain->resident_bytes) / blocks);
    printf("run without index             %12.1f s\n", plain->seconds);
    printf("run with index                %12.1f s\n", scanned->seconds);
}

int main(int argc, char **argv)
{
    char runner[4096], probe[4096], plugin[4096], path[64];
    hg_scan_file file;
    int fd;
    outcome plain, scanned;
    uint64_t blocks = argc == 4 && strcmp(argv[2], "--blocks") == 0 ? strtoull(argv[3], NULL, 10) : 10000000;
    if ((argc != 2 && argc != 4) || blocks < ROUNDS) {
        fputs("usage: scan_bench BUILD [--blocks N]\n", stderr);
        return 2;
    }
    char *build = realpath(argv[1], NULL);
    snprintf(runner, sizeof runner, "%s/harness/heapgate-runner", build ? build : ".");
    snprintf(probe, sizeof probe, "%s/harness/libheapgate-probe.so", build ? build : ".");
    snprintf(plugin, sizeof plugin, "%s/bench/scan_subject.so", build ? build : ".");
    free(build);
    hg_cell_plan plan = {.subject = "main",
                         .allocator = "glibc",
                         .allocator_library = "",
                         .plugin = plugin,
                         .library_path = "",
                         .corpus = "",
                         .runner = runner,
                         .probe = probe,
                         .rounds = ROUNDS,
                         .warmup_ops = ROUNDS,
                         .time_limit_seconds = MOST_SECONDS,
                         .memory_limit_bytes = (uint64_t)1 << 40};
    if (hg_scan_file_create(&file, &fd) < 0 || !run(&plan, blocks, &plain)) {
        fputs("scan_bench: the workload did not run\n", stderr);
        return 1;
    }
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), fd);
    plan.scan = path;
    if (!run(&plan, blocks, &scanned) || !wait_for_scan(&file)) {
        fprintf(stderr, "scan_bench: the process was not scanned: %s\n", file.header->message);
        return 1;
    }
    print(&file, &plain, &scanned);
    hg_scan_file_close(&file);
    close(fd);
    return 0;
}
