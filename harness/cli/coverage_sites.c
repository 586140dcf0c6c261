#include "cli/coverage_sites.h"

#include "cli/changed_lines.h"
#include "cli/command.h"
#include "coverage/tried.h"
#include <stdlib.h>
#include <string.h>

enum { OPTION_MODULE = 640, OPTION_SINCE, OPTION_SOURCE, OPTION_MIN_TRIED }; /* no short form */

static const struct argp_option options[] = {
    {"since", OPTION_SINCE, "REV", 0,
     "Fail if a line that is new since this git revision allocates and no workload tried it", 0},
    {"source", OPTION_SOURCE, "DIR", 0, "The sources for --since (default: the current folder)", 0},
    {"min-tried", OPTION_MIN_TRIED, "PERCENT", 0, "Fail if fewer of the allocation sites were tried", 0},
    {"module", OPTION_MODULE, "FILE", 0,
     "Count the sites of this library, by its file name (default: the libraries of the subject); may be "
     "repeated",
     0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    hg_coverage_wish *target = state->input;
    switch (key) {
    case OPTION_MODULE:
        if (!hg_names_add(&target->modules, argument))
            exit(hg_complain("--module is given too many times"));
        break;
    case OPTION_SINCE:
        if (argument[0] == '-' || argument[0] == '\0')
            exit(hg_complain("--since: expected a git revision such as HEAD~1, got '%s'", argument));
        target->since = argument;
        break;
    case OPTION_SOURCE:
        target->source = argument;
        break;
    case OPTION_MIN_TRIED:
        target->min_percent =
            hg_parse_real("--min-tried", argument, 0, 100, "a percentage from 0 to 100, such as 80");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    target->wanted = true;
    return 0;
}

const struct argp hg_coverage_argp = {.options = options, .parser = parse};

int hg_coverage_watch(hg_plans *plans, hg_reached *reached)
{
#if !defined(__x86_64__)
    return hg_complain("coverage reads machine code of x86-64 only");
#endif
    for (size_t i = 0; i < plans->count; i++) {
        plans->plans[i].note_record = hg_reached_note;
        plans->plans[i].note_after = hg_reached_note_after;
        plans->plans[i].note_of = reached;
    }
    return HG_EXIT_PASS;
}

/* A gate by lines sees nothing where none are known. */
static bool demand_lines(hg_tried *tried)
{
    bool done = true;
    for (size_t i = 0; i < tried->module_count && done; i++) {
        hg_tried_module *module = &tried->modules[i];
        bool has_sites = false;
        for (size_t k = 0; k < tried->site_count; k++)
            has_sites |= strcmp(tried->sites[k].module, module->path) == 0;
        if (has_sites && !module->has_lines)
            done = hg_cell_set(&module->message, "it has no source lines, which --since needs; build it with "
                                                 "-g");
    }
    return done;
}

int hg_coverage_conclude(const hg_coverage_wish *wish, const hg_reached *reached, hg_run *run)
{
    hg_tried *tried = &run->tried;
    if (!hg_tried_measure(reached, wish->modules.names, wish->modules.count, run) ||
        !hg_cell_set(&tried->since, wish->since ? wish->since : "") || (wish->since && !demand_lines(tried)))
        return hg_complain("out of memory");
    tried->min_percent = wish->min_percent;
    if (wish->since && !hg_changed_lines_mark(wish->source ? wish->source : ".", wish->since, tried))
        return HG_EXIT_USAGE;
    return HG_EXIT_PASS;
}
