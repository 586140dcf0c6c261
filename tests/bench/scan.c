/*
 * How long the search for holders takes: scan_bench BUILD [--blocks N]
 *
 * The workload keeps every block. It runs as cells do, as the run that is scanned does, and so that what each
 * root retains is found out, too. The records tell what the index takes at most: what the probe has mapped
 * for itself.
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
    uint64_t own_bytes; /* that the probe has mapped */
} outcome;

static void rest(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

static uint64_t own_bytes(const hg_record_header *header)
{
    uint64_t sum = 0;
    uint32_t ranges = atomic_load(&header->own_ranges);
    for (uint32_t i = 0; i < ranges && i < HG_MOST_OWN_RANGES; i++)
        sum += atomic_load(&header->own[i].bytes);
    return sum;
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
    ret_outcome->own_bytes = own_bytes(launched.record.header);
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

/* What one scan took. */
static bool scan(hg_cell_plan *plan, uint64_t blocks, hg_scan_file *file, const char *name,
                 outcome *ret_outcome)
{
    const hg_scan_header *header = file->header;
    if (!run(plan, blocks, ret_outcome) || !wait_for_scan(file)) {
        fprintf(stderr, "scan_bench: the process was not scanned: %s\n", header->message);
        return false;
    }
    printf("%s, processor time  %8.2f s, by the clock %.2f s\n", name, (double)header->scan_ns / 1e9,
           (double)header->scan_wall_ns / 1e9);
    printf("    the program waits         %12.1f ms, of them for the fork %.1f ms\n",
           (double)header->held_up_ns / 1e6, (double)header->fork_ns / 1e6);
    return true;
}

int main(int argc, char **argv)
{
    char runner[4096], probe[4096], plugin[4096], path[64];
    hg_scan_file file;
    int fd;
    outcome plain, scanned, whole;
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
    if (!scan(&plan, blocks, &file, "who holds the blocks", &scanned))
        return 1;
    double scanned_blocks = (double)file.header->blocks;
    hg_scan_file_reset(&file);
    atomic_store(&file.header->request.owner, 0);
    file.header->wants_retained = 1;
    if (!scan(&plan, blocks, &file, "and what each retains", &whole))
        return 1;
    printf("blocks                        %12.0f\n", scanned_blocks);
    printf("resident memory               %12.0f MiB\n", (double)plain.resident_bytes / (1 << 20));
    printf("index while the program runs  %12.1f bytes a block\n",
           (double)(scanned.own_bytes - plain.own_bytes) / scanned_blocks);
    printf("run without index             %12.1f s\n", plain.seconds);
    printf("run with index                %12.1f s\n", scanned.seconds);
    hg_scan_file_close(&file);
    close(fd);
    return 0;
}
