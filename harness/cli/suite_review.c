#include "cli/suite_review.h"

#include "cli/command.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

void hg_today(char ret_today[HG_TIMESTAMP_SIZE])
{
    hg_timestamp_write(time(NULL), ret_today);
    ret_today[strlen("2026-01-02")] = '\0';
}

hg_unreviewed hg_undeclared_leaks_of(const hg_suite *suite)
{
    const char *word = suite->undeclared_leaks;
    if (!word[0])
        return suite->leaks.count > 0 ? HG_UNREVIEWED_WARN : HG_UNREVIEWED_IGNORE;
    return strcmp(word, "fail") == 0   ? HG_UNREVIEWED_FAIL
           : strcmp(word, "warn") == 0 ? HG_UNREVIEWED_WARN
                                       : HG_UNREVIEWED_IGNORE;
}

static const hg_bounds *bounds_of(const hg_suite *suite, const hg_cell *cell)
{
    for (size_t i = 0; i < suite->workload_count; i++)
        if (strcmp(suite->workloads[i].name, cell->workload) == 0)
            return &suite->workloads[i].bounds;
    return NULL;
}

/* Whether every cell that could have the leak was seen to its end, and its holders if it is by holder. */
static bool would_have_seen(const hg_run *run, const hg_leak *leak)
{
    bool any = false;
    for (size_t i = 0; i < run->cell_count; i++) {
        const hg_cell *cell = &run->cells[i];
        if (cell->expect == HG_EXPECT_LEAK)
            continue;
        if (cell->verdict == HG_VERDICT_FAILED || (leak->holder && cell->holders_missing[0]))
            return false;
        bool scanned = !leak->holder;
        for (size_t k = 0; k < cell->site_count && !scanned; k++)
            scanned = cell->sites[k].held.known;
        any |= scanned;
    }
    return any;
}

/* Whether the run has a cell of each workload on each subject. */
static bool is_whole(const hg_suite *suite, const hg_run *run)
{
    for (size_t w = 0; w < suite->workload_count; w++)
        for (size_t k = 0; k < suite->subject_count && !suite->workloads[w].only_by_name; k++) {
            bool found = false;
            for (size_t i = 0; i < run->cell_count && !found; i++)
                found = strcmp(run->cells[i].workload, suite->workloads[w].name) == 0 &&
                        strcmp(run->cells[i].subject, suite->subjects[k].name) == 0;
            if (!found)
                return false;
        }
    return true;
}

bool hg_review_suite(const hg_suite *suite, hg_unreviewed undeclared, hg_run *run, size_t *ret_unused)
{
    char today[HG_TIMESTAMP_SIZE];
    hg_leak_use *uses = calloc(suite->leaks.count + 1, sizeof *uses);
    const hg_review_rules rules = {
        .leaks = &suite->leaks, .uses = uses, .today = today, .undeclared = undeclared};
    bool done = uses != NULL;
    bool whole = is_whole(suite, run);
    hg_today(today);
    *ret_unused = 0;
    for (size_t i = 0; i < run->cell_count && done; i++) {
        const hg_bounds *const bounds[2] = {bounds_of(suite, &run->cells[i]), &suite->bounds};
        done = hg_review_cell(&rules, bounds, &run->cells[i]);
    }
    for (size_t i = 0; i < suite->leaks.count && done && whole; i++) {
        if (uses[i].sites > 0 || !would_have_seen(run, &suite->leaks.leaks[i]))
            continue;
        char *what = hg_leak_describe(&suite->leaks.leaks[i]);
        hg_complain("note: %s:%zu: this leak is declared, and nothing of it is alive at exit (%s); remove it "
                    "from leaks:",
                    suite->file, suite->leaks.leaks[i].line, what ? what : "out of memory");
        free(what);
        ++*ret_unused;
    }
    free(uses);
    return done || hg_refuse("out of memory");
}
