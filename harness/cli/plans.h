/*
 * Plans: from a suite or a plug-in and the options to the cells that are to run.
 */
#ifndef HG_CLI_PLANS_H
#define HG_CLI_PLANS_H

#include "cli/options.h"
#include "cli/places.h"
#include "suite/suite.h"

/*
 * The suite in the file given; without one, heapgate.yaml in the current folder, else the built-in suite. The
 * caller's; NULL after complaining.
 */
hg_suite *hg_choose_suite(const char *config);

/* Cells to run, with the strings they borrow. A zeroed one is empty. Once planned, it must not be moved. */
typedef struct hg_plans {
    hg_places places;
    hg_cell_plan *plans;
    size_t count;
    uint32_t shard, shards; /* 1-based; shards 0: the run is not divided */
    size_t suite_cells;     /* of all shards */
    char **strings;
    size_t string_count;
} hg_plans;

void hg_plans_free(hg_plans *plans);

typedef struct hg_selection {
    hg_names workloads, subjects;
    uint32_t shard, shards; /* 1-based; shards 0: all */
    const char *times;      /* an earlier run whose times balance the shards; NULL: none */
} hg_selection;

/* A cell of a suite, before it is planned. */
typedef struct hg_suite_cell {
    const hg_suite_workload *workload;
    const hg_suite_subject *subject;
    const char *allocator;
} hg_suite_cell;

/* Gives each cell its shard, from 1. Complains and returns false on failure. */
bool hg_shard_divide(const hg_suite_cell *cells, size_t count, const hg_selection *selection,
                     uint32_t *ret_shards);

/* Plans the selected cells of a suite. HG_EXIT_PASS, or the exit code after complaining. */
int hg_plan_suite(const hg_suite *suite, const hg_selection *selection, const hg_options *options,
                  hg_plans *ret_plans);

/* One build of the library under test, for a plug-in that is not in a suite. */
typedef struct hg_build {
    const char *subject;
    const char *folder; /* as given; NULL: the library that the plug-in finds by itself */
    const char *plugin; /* made for this build, as given; NULL: the one that all builds share */
    hg_expect expect;
    double max_bytes_per_op; /* growth that is allowed */
    double max_slowdown;     /* allowed against the build "before"; 0: any */
} hg_build;

/* Plans one plug-in with each build on each chosen allocator. HG_EXIT_PASS, or the exit code after
 * complaining. */
int hg_plan_plugin(const char *plugin, const hg_build *builds, size_t build_count, const hg_options *options,
                   hg_plans *ret_plans);

#endif
