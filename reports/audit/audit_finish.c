/* From runs in any order to what the pages show. */
#include "audit/audit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GONE SIZE_MAX

typedef struct ranked_run {
    hg_audit_run run;
    size_t number;
} ranked_run;

static int compare_runs(const void *left, const void *right)
{
    const ranked_run *a = left, *b = right;
    int order = strcmp(a->run.started, b->run.started);

    return order != 0 ? order : a->number < b->number ? -1 : 1;
}

/* Sorts the runs and drops what does not belong here; ret_place: of each run as it was added, or GONE. */
static void order_runs(hg_audit *audit, ranked_run *ranked, size_t *places)
{
    size_t count = audit->run_count, kept = 0;

    for (size_t i = 0; i < count; i++)
        ranked[i] = (ranked_run){audit->runs[i], i};
    qsort(ranked, count, sizeof *ranked, compare_runs);
    const char *suite = count > 0 ? ranked[count - 1].run.suite : "";
    size_t same = 0;
    for (size_t i = 0; i < count; i++)
        same += strcmp(ranked[i].run.suite, suite) == 0;
    audit->other_suite = count - same;
    audit->too_old = same > HG_AUDIT_MOST_RUNS ? same - HG_AUDIT_MOST_RUNS : 0;
    size_t skip = audit->too_old;
    for (size_t i = 0; i < count; i++) {
        bool of_suite = strcmp(ranked[i].run.suite, suite) == 0;
        bool stays = of_suite && skip == 0;
        skip -= of_suite && skip > 0;
        places[ranked[i].number] = stays ? kept : GONE;
        if (stays)
            audit->runs[kept++] = ranked[i].run;
        else
            ranked[i].number = GONE; /* its suite is freed below */
    }
    for (size_t i = 0; i < count; i++)
        if (ranked[i].number == GONE)
            free(ranked[i].run.suite);
    audit->run_count = kept;
}

static int compare_points(const void *left, const void *right)
{
    const hg_audit_point *a = left, *b = right;

    return a->run < b->run ? -1 : a->run > b->run;
}

static void order_points(hg_audit_cell *cell, const size_t *places)
{
    size_t kept = 0;

    for (size_t i = 0; i < cell->count; i++) {
        size_t place = places[cell->points[i].run];
        if (place == GONE)
            continue;
        cell->points[kept] = cell->points[i];
        cell->points[kept++].run = place;
    }
    cell->count = kept;
    if (kept > 0)
        qsort(cell->points, kept, sizeof *cell->points, compare_points);
}

/* The latest run's troubles first, then what grows, fastest first; then by name. */
static int compare_cells(const void *left, const void *right)
{
    const hg_audit_cell *a = left, *b = right;
    const hg_audit_point *x = a->count > 0 ? &a->points[a->count - 1] : NULL;
    const hg_audit_point *y = b->count > 0 ? &b->points[b->count - 1] : NULL;
    int x_rank = !x ? 2 : x->met ? 1 : 0;
    int y_rank = !y ? 2 : y->met ? 1 : 0;

    if (x_rank != y_rank)
        return x_rank - y_rank;
    double x_growth = x && !isnan(x->figures[HG_AUDIT_GROWTH]) ? x->figures[HG_AUDIT_GROWTH] : 0;
    double y_growth = y && !isnan(y->figures[HG_AUDIT_GROWTH]) ? y->figures[HG_AUDIT_GROWTH] : 0;
    if (x_growth != y_growth)
        return x_growth > y_growth ? -1 : 1;
    int order = strcmp(a->workload, b->workload);
    if (order == 0)
        order = strcmp(a->subject, b->subject);
    return order != 0 ? order : strcmp(a->allocator, b->allocator);
}

static int compare_holders(const void *left, const void *right)
{
    const hg_audit_holder *a = left, *b = right;

    if (a->within_bound != b->within_bound)
        return a->within_bound ? 1 : -1;
    if (a->is_new != b->is_new)
        return a->is_new ? -1 : 1;
    if (a->bytes != b->bytes)
        return a->bytes > b->bytes ? -1 : 1;
    return strcmp(a->name, b->name);
}

/* A holder that only runs have which are gone goes with them; first is then the earliest that is left. */
static void order_holders(hg_audit *audit, const size_t *places)
{
    size_t kept = 0, earliest = GONE;

    for (size_t i = 0; i < audit->holder_count; i++) {
        hg_audit_holder *holder = &audit->holders[i];
        if (places[holder->last] == GONE) {
            free(holder->workload);
            free(holder->subject);
            free(holder->name);
            continue;
        }
        holder->last = places[holder->last];
        holder->first = places[holder->first] == GONE ? 0 : places[holder->first];
        earliest = holder->first < earliest ? holder->first : earliest;
        audit->holders[kept++] = *holder;
    }
    audit->holder_count = kept;
    for (size_t i = 0; i < kept; i++)
        audit->holders[i].is_new = audit->holders[i].first > earliest;
    if (kept > 0)
        qsort(audit->holders, kept, sizeof *audit->holders, compare_holders);
}

static void order_leaks(hg_audit *audit, const size_t *places)
{
    for (size_t i = 0; i < audit->leak_count; i++) {
        hg_audit_leak *leak = &audit->leaks[i];
        leak->seen = leak->seen && places[leak->last] != GONE;
        if (!leak->seen)
            continue;
        leak->last = places[leak->last];
        leak->first = places[leak->first] == GONE ? 0 : places[leak->first];
    }
}

/* Only those of the latest run are a person's concern. */
static void order_needs(hg_audit *audit, const size_t *places)
{
    size_t kept = 0;

    for (size_t i = 0; i < audit->need_count; i++) {
        if (places[audit->needs[i].run] + 1 == audit->run_count) {
            audit->needs[kept] = audit->needs[i];
            audit->needs[kept++].run = audit->run_count - 1;
            continue;
        }
        free(audit->needs[i].cell);
        free(audit->needs[i].line);
    }
    audit->need_count = kept;
}

static int compare_sites(const void *left, const void *right)
{
    const hg_audit_site *a = left, *b = right;
    int order = strcmp(a->file, b->file);

    if (order == 0)
        order = (a->line > b->line) - (a->line < b->line);
    return order != 0 ? order : strcmp(a->function, b->function);
}

void hg_audit_clear_site(hg_audit_site *site)
{
    free(site->module);
    free(site->function);
    free(site->file);
    free(site->calls);
}

/* Leaves the sites of the latest run that tells of any, without those that a run tried. */
static void order_sites(hg_audit *audit, const size_t *places)
{
    size_t kept = 0, latest = 0;

    for (size_t i = 0; i < audit->site_count; i++)
        if (places[audit->sites[i].last] != GONE && places[audit->sites[i].last] > latest)
            latest = places[audit->sites[i].last];
    for (size_t i = 0; i < audit->site_count; i++) {
        hg_audit_site *site = &audit->sites[i];
        bool tried = site->tried && places[site->tried_last] != GONE;
        if (tried || places[site->last] != latest) {
            hg_audit_clear_site(site);
            continue;
        }
        site->last = latest;
        site->first = places[site->first] == GONE ? 0 : places[site->first];
        audit->sites[kept++] = *site;
    }
    audit->site_count = kept;
    if (kept > 0)
        qsort(audit->sites, kept, sizeof *audit->sites, compare_sites);
}

bool hg_audit_finish(hg_audit *audit)
{
    ranked_run *ranked = calloc(audit->run_count + 1, sizeof *ranked);
    size_t *places = calloc(audit->run_count + 1, sizeof *places);
    bool done = ranked && places;

    if (done) {
        order_runs(audit, ranked, places);
        for (size_t i = 0; i < audit->cell_count; i++)
            order_points(&audit->cells[i], places);
        if (audit->cell_count > 0)
            qsort(audit->cells, audit->cell_count, sizeof *audit->cells, compare_cells);
        order_holders(audit, places);
        order_leaks(audit, places);
        order_needs(audit, places);
        order_sites(audit, places);
    }
    free(ranked);
    free(places);
    return done;
}
