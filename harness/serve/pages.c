#include "serve/pages.h"

#include "model/path.h"
#include "tools/openmetrics.h"
#include "view/writers.h"
#include "watch/outside.h"
#include <stdlib.h>
#include <time.h>

/* What is known of one process now. */
typedef struct seen {
    hg_heap_sums heap;
    hg_outside outside;
    char process[16];
    bool known;
} seen;

typedef enum figure {
    LIVE_BYTES,
    LIVE_BLOCKS,
    ALLOCATIONS,
    ALLOCATED_BYTES,
    CALL_STACKS,
    RESIDENT_BYTES,
    FRAGMENTATION,
    OPEN_FILES,
    THREADS,
    CPU_SECONDS,
} figure;

/* Below 0: it is not known. */
static double value_of(const seen *process, figure what)
{
    double live = (double)process->heap.live_bytes, resident = (double)process->outside.resident_bytes;
    switch (what) {
    case LIVE_BYTES:
        return live;
    case LIVE_BLOCKS:
        return (double)process->heap.live_blocks;
    case ALLOCATIONS:
        return (double)process->heap.allocations;
    case ALLOCATED_BYTES:
        return (double)process->heap.allocated_bytes;
    case CALL_STACKS:
        return process->heap.contexts;
    case RESIDENT_BYTES:
        return resident;
    case FRAGMENTATION:
        return resident <= 0 ? -1 : live < resident ? 1 - live / resident : 0;
    case OPEN_FILES:
        return (double)process->outside.open_files;
    case THREADS:
        return (double)process->outside.threads;
    default:
        return process->outside.cpu_ns < 0 ? -1 : (double)process->outside.cpu_ns / 1e9;
    }
}

static const struct {
    figure what;
    hg_openmetrics_value_of family;
} figures[] = {
    {LIVE_BYTES,
     {"heapgate_process_live_bytes", "bytes", "Requested bytes of blocks and mappings alive now.", false, 0}},
    {LIVE_BLOCKS, {"heapgate_process_live_blocks", "", "Blocks and mappings alive now.", false, 0}},
    {ALLOCATIONS, {"heapgate_process_allocations", "", "Allocations since the start.", true, 0}},
    {ALLOCATED_BYTES,
     {"heapgate_process_allocated_bytes", "bytes", "Bytes allocated since the start.", true, 0}},
    {CALL_STACKS,
     {"heapgate_process_call_stacks", "", "Distinct call stacks that have allocated.", false, 0}},
    {RESIDENT_BYTES,
     {"heapgate_process_resident_bytes", "bytes", "Anonymous resident memory now.", false, 0}},
    {FRAGMENTATION,
     {"heapgate_process_fragmentation_ratio", "ratio",
      "Share of the resident memory that no live block asked for.", false, 0}},
    {OPEN_FILES, {"heapgate_process_open_files", "", "Open file descriptors now.", false, 0}},
    {THREADS, {"heapgate_process_threads", "", "Threads now.", false, 0}},
    {CPU_SECONDS,
     {"heapgate_process_cpu_seconds", "seconds", "Processor time of all threads since the start.", true, 0}},
};

static bool write_processes(const hg_pages *pages, FILE *out)
{
    seen *processes = calloc(pages->heap_count + 1, sizeof *processes);
    if (!processes)
        return false;
    for (size_t i = 0; i < pages->heap_count; i++) {
        const hg_heap *heap = &pages->heaps[i];
        processes[i].outside = hg_outside_look(heap->process, false);
        processes[i].known = hg_heap_sum(heap, &processes[i].heap);
        snprintf(processes[i].process, sizeof processes[i].process, "%d", (int)heap->process);
    }
    for (size_t k = 0; k < sizeof figures / sizeof *figures; k++) {
        hg_openmetrics_family(&figures[k].family, out);
        for (size_t i = 0; i < pages->heap_count; i++) {
            double value = value_of(&processes[i], figures[k].what);
            const hg_openmetrics_label labels[] = {
                {"program", hg_base_name(pages->heaps[i].program)},
                {"process", processes[i].process},
            };
            if (processes[i].known && value >= 0)
                hg_openmetrics_point(&figures[k].family, labels, sizeof labels / sizeof *labels, value, out);
        }
    }
    free(processes);
    return true;
}

bool hg_pages_metrics(void *data, const void *since, FILE *out)
{
    static const hg_openmetrics_value_of running = {"heapgate_program_seconds", "seconds",
                                                    "Time since the start of the program.", false, 0};
    const hg_pages *pages = data;
    const hg_openmetrics_label label = {"program", pages->name};
    struct timespec now;
    (void)since;
    clock_gettime(CLOCK_REALTIME, &now);
    bool done =
        !pages->run || (hg_openmetrics_run(pages->run, out) && hg_openmetrics_states(pages->run, out));
    if (done && pages->run)
        hg_openmetrics_growth(pages->run, pages->ops_per_second, out);
    if (done && pages->metrics) {
        done = pages->metrics(pages, out);
    } else if (done) {
        hg_openmetrics_family(&running, out);
        hg_openmetrics_point(&running, &label, 1,
                             (double)now.tv_sec + (double)now.tv_nsec / 1e9 - (double)pages->started_ns / 1e9,
                             out);
        done = write_processes(pages, out);
    }
    if (done && pages->recent)
        done = hg_recent_write(pages->recent, pages->heaps, pages->heap_count, pages->symbols, pages->probe,
                               out);
    hg_openmetrics_end(out);
    return done;
}

static bool write_profile(const hg_pages *pages, const char *type, const void *since, FILE *out)
{
    const hg_heap_profile what = {
        .heaps = pages->heaps,
        .count = pages->heap_count,
        .symbols = pages->symbols,
        .probe = pages->probe,
        .name = pages->name,
        .command = pages->command,
        .default_type = type,
        .started_ns = pages->started_ns,
    };
    return hg_heap_write_profile(&what, since, out);
}

bool hg_pages_heap(void *pages, const void *since, FILE *out)
{
    return write_profile(pages, "inuse_space", since, out);
}

bool hg_pages_allocs(void *pages, const void *since, FILE *out)
{
    return write_profile(pages, "alloc_space", since, out);
}

void *hg_pages_begin(void *data)
{
    const hg_pages *pages = data;
    return hg_heap_since(pages->heaps, pages->heap_count);
}

static bool lacks_verdict(const hg_pages *pages, FILE *out)
{
    if (!pages->run)
        fputs("nothing was judged yet; ask again in a second\n", out);
    return !pages->run;
}

bool hg_pages_report(void *data, const void *since, FILE *out)
{
    static const hg_report_options plain;
    const hg_pages *pages = data;
    (void)since;
    return !lacks_verdict(pages, out) && hg_report_html(pages->run, &plain, out);
}

bool hg_pages_verdict(void *data, const void *since, FILE *out)
{
    const hg_pages *pages = data;
    (void)since;
    return !lacks_verdict(pages, out) && hg_report_brief(pages->run, NULL, out);
}
