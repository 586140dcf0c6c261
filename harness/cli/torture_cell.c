#include "cli/torture_cell.h"

#include "base/memory_stream.h"
#include "cli/command.h"
#include "cli/execute.h"
#include "cli/progress.h"
#include "cli/shell_word.h"
#include "process/process.h"
#include "record/torture_area.h"
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

static const hg_suite_workload *workload_of(const hg_suite *suite, const hg_cell_plan *cell)
{
    for (size_t i = 0; i < suite->workload_count; i++)
        if (strcmp(suite->workloads[i].name, cell->workload) == 0)
            return &suite->workloads[i];
    return NULL;
}

static uint32_t at_most(uint64_t number, uint32_t most)
{
    return number < most ? (uint32_t)number : most;
}

static bool torture_cell(const hg_suite *suite, const hg_suite_torture *wanted, const hg_cell_plan *cell,
                         const hg_options *options, hg_run *run)
{
    const char *only[] = {wanted->only};
    const hg_torture_words words = {.workload = suite ? cell->workload : cell->plugin,
                                    .config = suite && suite->file[0] ? suite->file : NULL,
                                    .subject = suite ? cell->subject : NULL};
    hg_torture_plan plan = {.ops = wanted->ops,
                            .clean_ops = at_most(wanted->clean_ops, HG_TORTURE_MOST_CLEAN),
                            .depth = at_most(wanted->path_depth, HG_MAX_DEPTH),
                            .calls = wanted->calls,
                            .once = true,
                            .from_then_on = true,
                            .only = only,
                            .only_count = wanted->only ? 1 : 0,
                            .accept = wanted->accept,
                            .accepts_leaks = cell->expect == HG_EXPECT_LEAK,
                            .limit_seconds = HG_TORTURE_SECONDS};
    if (plan.clean_ops == 0)
        plan.clean_ops = HG_TORTURE_CLEAN_OPS;
    return hg_torture_cell(cell, &plan, &words, options, run);
}

int hg_torture_cells(const hg_suite *suite, const hg_plans *plans, const hg_options *options, hg_run *run)
{
    const hg_suite_torture usual = {.wanted = true, .calls = HG_CALLS_MEMORY};
    double started = hg_process_now();
    for (size_t i = 0; i < plans->count && !hg_interrupted; i++) {
        const hg_cell_plan *cell = &plans->plans[i];
        const hg_suite_workload *workload = suite ? workload_of(suite, cell) : NULL;
        const hg_suite_torture *wanted = workload ? &workload->torture : suite ? NULL : &usual;
        if (!wanted || !wanted->wanted || strcmp(cell->allocator, plans->plans[0].allocator) != 0)
            continue;
        if (!torture_cell(suite, wanted, cell, options, run))
            return HG_EXIT_USAGE;
    }
    run->duration_seconds += hg_process_now() - started;
    return hg_interrupted ? HG_EXIT_INTERRUPTED : HG_EXIT_PASS;
}
