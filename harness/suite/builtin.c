#include "suite/builtin.h"

/* The cache has 1,000 schemas, each with one chunk of memory or two. */
#define CACHE_BOUND "bounds: { source.store: { blocks: 2000 } }"

const char hg_suite_builtin_text[] =
    "suite: toka\n"
    "subjects:\n"
    "  before: { library_path: core/before, expect: leak }\n"
    "  after: { library_path: core/after, expect: clean }\n"
    "allocators: [glibc, jemalloc]\n"
    "workloads:\n"
    "  schema-storm: { plugin: workloads/schema_storm.so, rate_per_hour: 1000, torture: {} }\n"
    "  schema-storm-cached: { plugin: workloads/schema_storm_cached.so, rate_per_hour: 1000, torture: "
    "{}, " CACHE_BOUND " }\n"
    "  cache-churn: { plugin: workloads/cache_churn.so, rate_per_hour: 1000, torture: {}, " CACHE_BOUND " }\n"
    "  registry-storm: { plugin: workloads/registry_storm.so, rate_per_hour: 1000, torture: {} }\n"
    "  registry-fill: { plugin: workloads/registry_fill.so, rate_per_hour: 1000, torture: {}, "
    "bounds: { registry: { blocks: 1000 } } }\n"
    "  manifest-storm: { plugin: workloads/manifest_storm.so, rate_per_hour: 1000,\n"
    "    torture: { ops: 60, accept: lex_scan_string } } # an assertion of jansson's\n"
    "  concurrent-storm: { plugin: workloads/concurrent_storm.so, rate_per_hour: 1000, torture: { ops: 60 } "
    "}\n"
    "  long-run: { plugin: workloads/long_run.so, rate_per_hour: 60, torture: { ops: 60 } }\n"
    "  replay: { plugin: workloads/replay.so, only_by_name: true }\n";
