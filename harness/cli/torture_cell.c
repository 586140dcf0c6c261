#include "cli/torture_cell.h"

#include "cli/command.h"
#include "cli/execute.h"
#include "process/process.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct shown {
    bool wanted;
    double started, next;
} shown;

/* One line that is written over. */
static bool show_progress(void *user_data, const hg_torture_pass *pass)
{
    shown *now = user_data;
    double time = hg_process_now();
    if (!now->wanted || time < now->next)
        return !hg_interrupted;
    now->next = time + 0.2;
    double left = pass->made > 0
                      ? (time - now->started) / (double)pass->made * (double)(pass->planned - pass->made)
                      : 0;
    if (pass->planned == 0)
        fprintf(stderr, "\r\033[K%.40s %.20s: looking for call paths that allocate", pass->workload,
                pass->subject);
    else
        fprintf(stderr, "\r\033[K%.40s %.20s: %lld of %lld faults, about %.0f s left", pass->workload,
                pass->subject, (long long)pass->made, (long long)pass->planned, left);
    fflush(stderr);
    return !hg_interrupted;
}

/* The name of a pass, as the suite, the plug-in or its file has it. The caller's; NULL: no memory. */
static char *name_of(const hg_cell_plan *cell)
{
    hg_cell labelled = {0};
    char *name = hg_cell_label(cell, &labelled) ? labelled.workload : NULL;
    if (name)
        labelled.workload = NULL;
    hg_cell_clear(&labelled);
    return name;
}

bool hg_torture_cell(const hg_cell_plan *cell, const hg_torture_plan *like, const hg_options *options,
                     hg_run *run)
{
    hg_torture_plan plan = *like;
    shown progress = {.wanted = isatty(STDERR_FILENO) && !options->quiet, .started = hg_process_now()};
    char *name = name_of(cell);
    plan.cell = cell;
    plan.workload = name;
    plan.subject = cell->subject;
    plan.parallel = hg_options_parallel(options);
    plan.progress = show_progress;
    plan.user_data = &progress;
    bool done = name && plan.reproduce && hg_torture_measure(&plan, run);
    free(name);
    if (progress.wanted)
        fputs("\r\033[K", stderr);
    return done || hg_refuse("out of memory");
}
