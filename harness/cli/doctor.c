#include "doctor/doctor.h"
#include "base/escape.h"
#include "base/humanise.h"
#include "cli/command.h"
#include "cli/execute.h"
#include "cli/output.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char doc[] =
    "Find out whether heapgate can measure on this machine: run a tiny cell on every allocator and look for "
    "its control, check the limits that matter, and list the tools that heapgate works with.\v"
    "Each line is ok, missing (heapgate can measure without it) or bad, and says what to do. Exit codes: 0 "
    "heapgate can measure here; 2 it cannot; 5 it runs, but does not find its own control.";

enum { DOCTOR_OPS = 2000 };

static error_t parse(int key, char *argument, struct argp_state *state)
{
    (void)state;
    if (key == ARGP_KEY_ARG)
        exit(hg_complain("doctor takes no argument '%s'", argument));
    return ARGP_ERR_UNKNOWN;
}

static bool print(const char *title, const hg_checks *checks)
{
    static const char *const names[] = {"ok", "missing", "bad"};
    bool fine = true;
    bool unicode = hg_output_takes_utf8();
    printf("\n%s\n", title);
    for (size_t i = 0; i < checks->count; i++) {
        const hg_check *check = &checks->checks[i];
        printf("  %-8s %-24s ", names[check->status], check->name);
        hg_escape_write(stdout, check->found, unicode);
        if (check->advice[0])
            printf("%s%s", check->found[0] ? ": " : "", check->advice);
        putchar('\n');
        fine &= check->status != HG_CHECK_BAD;
    }
    return fine;
}

/* Chooses the allocators that are installed, and adds a line for each that is not. */
static void choose_allocators(hg_options *options, hg_checks *checks)
{
    for (const hg_allocator *known = hg_allocators(); known->name; known++) {
        char path[PATH_MAX];
        if (hg_allocator_path(known, path, sizeof path)) {
            hg_names_add(&options->allocators, known->name);
            continue;
        }
        hg_check_advise(hg_checks_add(checks, HG_CHECK_MISSING, known->name, "%s", known->library),
                        "apt install %s", known->package);
    }
}

static void check_cell(const hg_cell *cell, const char *library, hg_checks *checks)
{
    if (cell->verdict == HG_VERDICT_CLEAN) {
        hg_checks_add(checks, HG_CHECK_OK, cell->allocator, "control of %s per op found again: %s%s%.160s",
                      hg_human_bytes(cell->control_injected_bytes_per_op).text,
                      hg_human_bytes(cell->control_recovered_bytes_per_op).text, library[0] ? ", " : "",
                      library);
        return;
    }
    hg_check *check = hg_checks_add(checks, HG_CHECK_BAD, cell->allocator, "%s: %.220s",
                                    hg_verdict_name(cell->verdict), cell->reason);
    if (cell->log[0] || cell->blind)
        hg_check_advise(check, "%.400s",
                        cell->log[0] ? cell->log : "is malloc replaced or preloaded by something else here?");
    check->advice[strcspn(check->advice, "\n")] = '\0';
}

/* The call path of the block that the workload keeps shows whether heapgate's own parts have lines. */
static void check_lines(const hg_cell *cell, hg_checks *checks)
{
    const hg_frame *frame = NULL;
    for (size_t i = 0; i < cell->site_count && !frame; i++)
        if (cell->sites[i].frame_count > 0 &&
            strcmp(cell->sites[i].frames[0].function, "heapgate_setup") == 0)
            frame = &cell->sites[i].frames[0];
    static const char name[] = "lines of heapgate";
    if (frame && frame->line > 0)
        hg_checks_add(checks, HG_CHECK_OK, name, "%s is in %.160s:%d", frame->function, frame->file,
                      frame->line);
    else
        hg_check_advise(hg_checks_add(checks, HG_CHECK_MISSING, name, "%s",
                                      frame ? "functions without lines" : "no functions"),
                        "heapgate's own parts were stripped; build yours with -g");
}

/* HG_EXIT_PASS, HG_EXIT_USAGE or HG_EXIT_BLIND. */
static int judge(const hg_run *run, const hg_plans *plans, hg_checks *checks)
{
    int code = HG_EXIT_PASS;
    for (size_t i = 0; i < run->cell_count; i++) {
        const hg_cell *cell = &run->cells[i];
        check_cell(cell, plans->plans[i].allocator_library, checks);
        if (cell->blind)
            code = HG_EXIT_BLIND;
        else if (cell->verdict != HG_VERDICT_CLEAN && code == HG_EXIT_PASS)
            code = HG_EXIT_USAGE;
    }
    if (run->cell_count > 0 && run->cells[0].verdict == HG_VERDICT_CLEAN)
        check_lines(&run->cells[0], checks);
    return code;
}

static int measure(hg_options *options, hg_checks *checks)
{
    const hg_build build = {.subject = "main", .expect = HG_EXPECT_CLEAN};
    hg_places places;
    hg_plans plans = {0};
    hg_run *run = NULL;
    char plugin[PATH_MAX];
    if (!hg_places_find(&places) || !hg_places_find_part(&places, "heapgate-doctor.so", plugin))
        return HG_EXIT_USAGE;
    choose_allocators(options, checks);
    int code = hg_plan_plugin(plugin, &build, 1, options, &plans);
    if (code == HG_EXIT_PASS)
        code = hg_measure(&plans, "doctor", options, &run);
    if (code == HG_EXIT_PASS)
        code = judge(run, &plans, checks);
    hg_plans_free(&plans);
    hg_run_free(run);
    return code;
}

static int run(int argc, char **argv)
{
    const struct argp argp = {.parser = parse, .doc = doc};
    hg_options options = HG_OPTIONS_DEFAULT(argc, argv);
    hg_checks cells = {0}, system_checks = {0}, tools = {0};
    hg_parse(&argp, argc, argv, &options);
    options.quiet = true;
    options.ops = DOCTOR_OPS;
    printf("heapgate %s\n", HG_VERSION);
    hg_doctor_system(&system_checks);
    bool fine = print("System", &system_checks);
    int code = measure(&options, &cells);
    hg_doctor_symbols(&cells);
    fine &= print("Measuring: a tiny cell on every allocator", &cells);
    hg_doctor_tools(&tools);
    print("Tools, all of them optional", &tools);
    if (code == HG_EXIT_PASS && !fine)
        code = HG_EXIT_USAGE;
    printf("\nheapgate %s here\n", code == HG_EXIT_PASS ? "can measure" : "cannot measure");
    return code;
}

const hg_command hg_command_doctor = {"doctor", "find out whether heapgate can measure on this machine", run};
