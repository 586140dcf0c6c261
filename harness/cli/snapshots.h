/*
 * Snapshots of an alert, in the folder of --out: alert-20261128T132139Z with heap.pb.gz (what is alive then,
 * by exact call stack), report.html and run.json. A folder without run.json is not whole.
 *
 * The folders themselves say how many there were, so that a service that is started again and again makes no
 * more of them. There is never more than HG_SNAPSHOTS_KEPT; the oldest goes.
 */
#ifndef HG_CLI_SNAPSHOTS_H
#define HG_CLI_SNAPSHOTS_H

#include "serve/pages.h"
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

enum { HG_SNAPSHOTS_A_DAY = 4, HG_SNAPSHOTS_KEPT = 16 };

/* For a table of options: --snapshots, and its value. */
#define HG_OPTION_SNAPSHOTS(key)                                                                             \
    {                                                                                                        \
        "snapshots", (key), "N", 0,                                                                          \
            "With --serve and --out: at most so many snapshots of alerts in 24 hours (default 4, at most "   \
            "16; 0: none)",                                                                                  \
            0                                                                                                \
    }
unsigned hg_parse_snapshots(const char *text);

/* Whether there were fewer than so many in the day before. seconds: since 1970. */
bool hg_snapshots_allow(const char *folder, unsigned most_a_day, int64_t seconds);

/* Writes the pages' run and their heaps. 0, or an errno: then nothing is left of it. ret_path: of the new
 * folder, either way. */
int hg_snapshots_write(const char *folder, int64_t seconds, hg_pages *pages, char ret_path[PATH_MAX]);

#endif
