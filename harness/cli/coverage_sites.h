/*
 * The allocation sites that a run tried: what the commands coverage and run share.
 */
#ifndef HG_CLI_COVERAGE_SITES_H
#define HG_CLI_COVERAGE_SITES_H

#include "cli/plans.h"
#include "coverage/reached.h"

typedef struct hg_coverage_wish {
    bool wanted;        /* any of its options was given */
    hg_names modules;   /* under test; none: as coverage/tried.h has it */
    const char *since;  /* NULL: not given */
    const char *source; /* the folder of the sources */
    double min_percent; /* 0: not given */
} hg_coverage_wish;

/* To be named as a child of a command's argp; its input is an hg_coverage_wish. */
extern const struct argp hg_coverage_argp;

/*
 * What the plans reach is noted from then on; reached is empty, and must not be moved. HG_EXIT_PASS, or
 * HG_EXIT_USAGE after complaining.
 */
int hg_coverage_watch(hg_plans *plans, hg_reached *reached);

/* Puts what was tried into the run. HG_EXIT_PASS, or HG_EXIT_USAGE after complaining. */
int hg_coverage_conclude(const hg_coverage_wish *wish, const hg_reached *reached, hg_run *run);

#endif
