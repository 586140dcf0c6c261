/*
 * What is served of programs that run: their heaps as they are, and the latest verdict.
 *
 *   /metrics              the latest verdict's figures, and those of each process now
 *   /debug/pprof/heap     what is alive; /debug/pprof/allocs: the same, shown by what was ever allocated
 *   /debug/pprof/growth   what came and went in ?seconds=N
 *   /report.html          the report as if the program ended now
 *   /verdict              the same in a few lines of JSON
 *
 * One thread.
 */
#ifndef HG_SERVE_PAGES_H
#define HG_SERVE_PAGES_H

#include "model/model.h"
#include "serve/heap.h"
#include "serve/recent.h"
#include "serve/server.h"

enum { HG_PAGES_HEAPS = 65 };

typedef struct hg_pages {
    hg_heap *heaps; /* the caller's, with their number */
    size_t heap_count;
    hg_symbols *symbols;
    const hg_run *run; /* the latest that was judged; NULL: none has been */
    const char *name, *command, *probe;
    const hg_recent *recent; /* what grows now; NULL: nobody looks */
    int64_t started_ns;      /* of the program, on the wall clock */
    double ops_per_second;   /* of the run's cell; 0: as its samples say */
    /* Writes the caller's own metrics after those of the run; NULL: the processes are described. */
    bool (*metrics)(const struct hg_pages *pages, FILE *out);
    const void *metrics_data;
} hg_pages;

/* Functions of resources, with a hg_pages as their data. */
bool hg_pages_metrics(void *pages, const void *since, FILE *out);
bool hg_pages_heap(void *pages, const void *since, FILE *out);
bool hg_pages_allocs(void *pages, const void *since, FILE *out);
bool hg_pages_report(void *pages, const void *since, FILE *out);
bool hg_pages_verdict(void *pages, const void *since, FILE *out);
void *hg_pages_begin(void *pages);

/* The resources above, as the first elements of a table. */
#define HG_PAGES_RESOURCES                                                                                   \
    {.path = "/metrics", .type = HG_SERVER_OPENMETRICS, .write = hg_pages_metrics},                          \
        {.path = "/debug/pprof/heap",                                                                        \
         .type = "application/octet-stream",                                                                 \
         .measures = true,                                                                                   \
         .write = hg_pages_heap,                                                                             \
         .begin = hg_pages_begin},                                                                           \
        {.path = "/debug/pprof/allocs",                                                                      \
         .type = "application/octet-stream",                                                                 \
         .measures = true,                                                                                   \
         .write = hg_pages_allocs,                                                                           \
         .begin = hg_pages_begin},                                                                           \
        {.path = "/debug/pprof/growth",                                                                      \
         .type = "application/octet-stream",                                                                 \
         .measures = true,                                                                                   \
         .waits = true,                                                                                      \
         .write = hg_pages_heap,                                                                             \
         .begin = hg_pages_begin},                                                                           \
        {.path = "/report.html",                                                                             \
         .type = "text/html; charset=utf-8",                                                                 \
         .policy = "",                                                                                       \
         .write = hg_pages_report},                                                                          \
    {                                                                                                        \
        .path = "/verdict", .type = "application/json", .write = hg_pages_verdict                            \
    }

#endif
