#include "cell.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Room for a variable that holds a few paths. */
#define HG_ENV_BYTES ((size_t)4 * PATH_MAX)

/* The variables of a measured process. */
typedef struct cell_environment {
    char record[64], seed[64];
    char preload[HG_ENV_BYTES], library_path[HG_ENV_BYTES], corpus[HG_ENV_BYTES];
    char *list[8];
} cell_environment;

/* Adds a folder to a list of them; an empty one would mean the working directory. */
static void add_folder(char *list, const char *folder, size_t length)
{
    size_t used = strlen(list);
    if (length > 0)
        snprintf(list + used, HG_ENV_BYTES - used, "%s%.*s", list[used - 1] == '=' ? "" : ":", (int)length,
                 folder);
}

/*
 * The probe is preloaded by its path, or, where that has a space, at which the dynamic linker would end it,
 * by its name and a folder to search.
 */
static void fill_environment(cell_environment *environment, const hg_cell_plan *plan, bool measure)
{
    const char *inherited = getenv("LD_LIBRARY_PATH");
    const char *name = strrchr(plan->probe, '/') + 1;
    bool by_name = strchr(plan->probe, ' ') != NULL;
    size_t used = 0;
    snprintf(environment->record, sizeof environment->record, HG_ENV_RECORD "=/proc/self/fd/%d",
             HG_RECORD_DESCRIPTOR);
    snprintf(environment->seed, sizeof environment->seed, "HEAPGATE_SEED=%llu",
             (unsigned long long)plan->seed);
    snprintf(environment->corpus, HG_ENV_BYTES, "HEAPGATE_CORPUS=%s", plan->corpus);
    snprintf(environment->preload, HG_ENV_BYTES, "LD_PRELOAD=%s:%s", by_name ? name : plan->probe,
             plan->allocator_library);
    snprintf(environment->library_path, HG_ENV_BYTES, "LD_LIBRARY_PATH=");
    add_folder(environment->library_path, plan->library_path, strlen(plan->library_path));
    if (by_name)
        add_folder(environment->library_path, plan->probe, (size_t)(name - plan->probe - 1));
    if (inherited)
        add_folder(environment->library_path, inherited, strlen(inherited));
    environment->list[used++] = environment->record;
    environment->list[used++] = environment->seed;
    environment->list[used++] = environment->corpus;
    if (measure)
        environment->list[used++] = environment->preload;
    if (plan->library_path[0] || by_name)
        environment->list[used++] = environment->library_path;
    environment->list[used] = NULL;
}

int hg_cell_launch(const hg_cell_plan *plan, bool measure, uint64_t warmup_ops_per_round,
                   uint64_t ops_per_round, hg_record *ret_record, int *ret_record_fd, hg_process *ret_process)
{
    char counts[4][24];
    cell_environment environment = {0};
    fill_environment(&environment, plan, measure);
    snprintf(counts[0], sizeof counts[0], "%u", HG_WARMUP_ROUNDS);
    snprintf(counts[1], sizeof counts[1], "%u", plan->rounds);
    snprintf(counts[2], sizeof counts[2], "%llu", (unsigned long long)warmup_ops_per_round);
    snprintf(counts[3], sizeof counts[3], "%llu", (unsigned long long)ops_per_round);
    char *arguments[] = {(char *)plan->runner,
                         (char *)plan->plugin,
                         measure ? counts[0] : NULL,
                         counts[1],
                         counts[2],
                         counts[3],
                         NULL};
    hg_record record;
    int record_fd;
    int status = hg_record_create(measure ? HG_WARMUP_ROUNDS + plan->rounds : 1, &record, &record_fd);
    if (status < 0)
        return status;
    record.header->mode = plan->verify ? HG_MODE_VERIFY : 0;
    hg_process_spec spec = {
        .arguments = arguments,
        .environment = environment.list,
        .record_fd = record_fd,
        .time_limit_seconds = plan->time_limit_seconds,
        .memory_limit_bytes = plan->memory_limit_bytes,
    };
    status = hg_process_start(&spec, ret_process);
    if (status < 0) {
        hg_record_close(&record);
        close(record_fd);
        return status;
    }
    *ret_record = record;
    *ret_record_fd = record_fd;
    return 0;
}
