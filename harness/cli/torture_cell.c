#include "cli/torture_cell.h"

#include "base/memory_stream.h"
#include "cli/command.h"
#include "cli/execute.h"
#include "cli/progress.h"
#include "cli/shell_word.h"
#include "process/process.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool note_progress(void *user_data, const hg_torture_pass *pass)
{
    hg_progress_tortured(user_data, pass);
    return !hg_interrupted;
}

static void print_option(FILE *out, const char *option, const char *value)
{
    if (!value)
        return;
    fprintf(out, " %s ", option);
    hg_print_shell_word(value, out);
}

/* The command without --mode and --fault. The caller's; NULL when memory ran out. */
static char *reproduce(const hg_cell_plan *cell, const hg_torture_plan *plan, const hg_torture_words *words,
                       const hg_options *options)
{
    hg_memory_stream command;
    FILE *out = hg_memory_stream_begin(&command);
    if (!out)
        return NULL;
    fputs("heapgate torture ", out);
    hg_print_shell_word(words->workload, out);
    print_option(out, "-c", words->config);
    print_option(out, "--subject", words->subject);
    if (strcmp(cell->allocator, "glibc") != 0)
        print_option(out, "--allocator", cell->allocator);
    if (plan->ops > 0)
        fprintf(out, " --ops %llu", (unsigned long long)plan->ops);
    if (options->seed != 1)
        fprintf(out, " --seed %llu", (unsigned long long)options->seed);
    if (plan->calls != HG_CALLS_MEMORY) {
        char calls[HG_CALLS_LIST];
        hg_calls_list(plan->calls, calls, sizeof calls);
        fprintf(out, " --fail %s", calls);
    }
    if (plan->every_call)
        fputs(" --every-call", out);
    if (plan->depth > 0)
        fprintf(out, " --path-depth %u", plan->depth);
    if (plan->clean_ops != HG_TORTURE_CLEAN_OPS)
        fprintf(out, " --clean-ops %u", plan->clean_ops);
    if (plan->limit_seconds != HG_TORTURE_SECONDS)
        fprintf(out, " --limit %gs", plan->limit_seconds);
    print_option(out, "--corpus", options->corpus);
    for (size_t i = 0; i < plan->only_count; i++)
        print_option(out, "--only", plan->only[i]);
    return hg_memory_stream_end(&command, NULL);
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

bool hg_torture_cell(const hg_cell_plan *cell, const hg_torture_plan *like, const hg_torture_words *words,
                     const hg_options *options, hg_run *run)
{
    hg_torture_plan plan = *like;
    hg_progress_line line = {.shown = isatty(STDERR_FILENO) && !options->quiet, .started = hg_process_now()};
    char *name = name_of(cell);
    char *command = reproduce(cell, like, words, options);
    plan.cell = cell;
    plan.workload = name;
    plan.subject = cell->subject;
    plan.reproduce = command;
    plan.parallel = hg_options_parallel(options);
    plan.progress = note_progress;
    plan.user_data = &line;
    bool done = name && command && hg_torture_measure(&plan, run);
    free(command);
    free(name);
    hg_progress_clear(&line);
    return done || hg_refuse("out of memory");
}
