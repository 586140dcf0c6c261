#include "soak/publish.h"

#include "base/escape.h"
#include "base/number.h"
#include "tools/openmetrics.h"
#include "watch/outside.h"
#include <inttypes.h>
#include <time.h>
#include <unistd.h>

static const char style[] = {
#include "soak_page_style.inc"
    '\0'};
static const char script[] = {
#include "soak_page_script.inc"
    '\0'};
static const char body[] = {
#include "soak_page_body.inc"
    '\0'};

/* Of the page's content. */
static const char policy[] = "default-src 'none'; connect-src 'self'; style-src 'sha256-"
#include "soak_page_style_hash.inc"
                             "'; script-src 'sha256-"
#include "soak_page_script_hash.inc"
                             "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/* The run's own families say how things were at the last checkpoint; these, how they are. */
static bool write_metrics(const hg_pages *pages, FILE *out)
{
    const hg_soak *soak = pages->metrics_data;
    const hg_soak_sample *now = &soak->latest;
    const hg_outside own = hg_outside_look(getpid(), false);
    const hg_openmetrics_value_of values[] = {
        {"heapgate_soak_seconds", "seconds", "Time since the start of the soak.", false,
         (double)now->elapsed_ms / 1000},
        {"heapgate_soak_planned_seconds", "seconds", "Time that the soak is to take, after its warm-up.",
         false, soak->plan.seconds},
        {"heapgate_soak_ops", "", "Ops done since the start, warm-up included.", true, (double)now->ops},
        {"heapgate_soak_ops_per_second", "", "Ops a second of real time, lately.", false,
         hg_soak_ops_per_second(soak)},
        {"heapgate_soak_live_bytes", "bytes", "Requested bytes of blocks alive now.", false,
         (double)now->live_bytes},
        {"heapgate_soak_live_blocks", "", "Blocks alive now.", false, (double)now->live_blocks},
        {"heapgate_soak_allocations", "", "Allocations since the start.", true, (double)now->allocations},
        {"heapgate_soak_resident_bytes", "bytes", "Resident memory of the workload now.", false,
         (double)now->resident_bytes},
        {"heapgate_soak_allocated_bytes", "bytes", "Handed out, by the allocator's own count.", false,
         (double)now->allocated_bytes},
        {"heapgate_soak_mapped_bytes", "bytes", "Held from the system by the allocator.", false,
         (double)now->mapped_bytes},
        {"heapgate_soak_open_files", "", "Open file descriptors of the workload.", false,
         (double)now->open_files},
        {"heapgate_soak_threads", "", "Threads of the workload.", false, (double)now->threads},
        {"heapgate_soak_alerts", "", "Leaks that were seen for sure.", true, (double)soak->alert.count},
        {"heapgate_soak_driver_resident_bytes", "bytes", "Anonymous memory of heapgate itself.", false,
         (double)own.resident_bytes},
        {"heapgate_soak_driver_open_files", "", "Open file descriptors of heapgate itself.", false,
         (double)own.open_files},
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (values[i].value >= 0)
            hg_openmetrics_value(soak->run, &soak->run->cells[0], &values[i], out);
    return true;
}

static void write_text(FILE *out, const char *name, const char *value)
{
    fprintf(out, "\"%s\":", name);
    hg_escape_json_exact(out, value);
    fputc(',', out);
}

static void write_real(FILE *out, const char *name, double value)
{
    fprintf(out, "\"%s\":", name);
    hg_number_real(out, value);
    fputc(',', out);
}

/* "store_parse core/after/schema_store.c:49", of the fastest growing site. */
static void write_culprit(FILE *out, const hg_cell *cell)
{
    const hg_site *site = hg_soak_alert_culprit(cell);
    bool grows = site && site->frame_count > 0;
    write_text(out, "function", grows ? site->frames[0].function : "");
    write_text(out, "file", grows ? site->frames[0].file : "");
    fprintf(out, "\"line\":%d,", grows ? site->frames[0].line : 0);
}

static void write_sample(FILE *out, const hg_soak_sample *sample)
{
    fprintf(out, "[%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 "]",
            sample->elapsed_ms, sample->ops, sample->live_bytes, sample->resident_bytes, sample->live_blocks,
            sample->open_files, sample->threads);
}

/* Every so many samples, so that there are no more than HG_PUBLISHED_POINTS, and the latest. */
static void write_curve(FILE *out, const hg_soak *soak)
{
    uint16_t order[HG_SOAK_SAMPLES];
    uint32_t used = soak->samples.used;
    uint32_t step = used / HG_PUBLISHED_POINTS + 1;
    hg_soak_samples_sort(&soak->samples, order);
    fputs("\"samples\":[", out);
    for (uint32_t i = 0; i < used; i += step) {
        write_sample(out, &soak->samples.slots[order[i]]);
        fputc(',', out);
    }
    write_sample(out, &soak->latest);
    fputc(']', out);
}

static bool write_curves(void *data, const void *since, FILE *out)
{
    const hg_pages *pages = data;
    const hg_soak *soak = pages->metrics_data;
    const hg_cell *cell = &soak->run->cells[0];
    (void)since;
    fputc('{', out);
    write_text(out, "workload", cell->workload);
    write_text(out, "subject", cell->subject);
    write_text(out, "allocator", cell->allocator);
    write_text(out, "unit", hg_cell_unit(cell));
    write_text(out, "started", soak->run->started);
    write_text(out, "verdict", hg_verdict_name(cell->verdict));
    write_text(out, "reason", cell->reason);
    write_text(out, "expect", hg_expect_name(cell->expect));
    write_real(out, "planned_seconds", soak->plan.seconds);
    write_real(out, "ops_per_second", hg_soak_ops_per_second(soak));
    write_real(out, "bytes_per_op", cell->bytes_per_op);
    write_real(out, "sees_from", cell->min_detectable_bytes_per_op);
    write_real(out, "judged_seconds", cell->duration_seconds);
    write_culprit(out, cell);
    fprintf(out, "\"alert\":%s,\"over\":%s,", soak->alert.raised ? "true" : "false",
            soak->over ? "true" : "false");
    write_real(out, "alert_seconds", soak->alert.seconds);
    write_curve(out, soak);
    fputs("}\n", out);
    return true;
}

static bool write_page(void *pages, const void *since, FILE *out)
{
    (void)pages;
    (void)since;
    fprintf(out,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<meta name=\"color-scheme\" content=\"light dark\">\n<title>heapgate soak</title>\n"
            "<style>%s</style>\n</head>\n<body>\n%s<script>%s</script>\n</body>\n</html>\n",
            style, body, script);
    return true;
}

static const hg_resource resources[] = {
    HG_PAGES_RESOURCES,
    {.path = "/", .type = "text/html; charset=utf-8", .policy = policy, .write = write_page},
    {.path = "/curves", .type = "application/json", .write = write_curves},
};

bool hg_publish_start(const hg_soak *soak, const hg_listener *listener, const char *token,
                      hg_publisher *ret_publisher)
{
    *ret_publisher = (hg_publisher){.heap = {.number = 1}};
    ret_publisher->pages = (hg_pages){
        .heaps = &ret_publisher->heap,
        .symbols = soak->symbols,
        .run = soak->run,
        .name = soak->run->suite,
        .command = soak->run->command,
        .probe = soak->plan.cell->probe,
        .metrics = write_metrics,
        .metrics_data = soak,
    };
    const hg_server_plan plan = {
        .listener = listener,
        .token = token,
        .resources = resources,
        .resource_count = sizeof resources / sizeof *resources,
        .data = &ret_publisher->pages,
    };
    ret_publisher->server = hg_server_start(&plan);
    return ret_publisher->server != NULL;
}

/* Before the workload is itself, it is a copy of this process; when it has ended, its record is a copy. */
void hg_publish_run(hg_publisher *publisher, const hg_soak *soak)
{
    const hg_record *record = &soak->watched.record;
    bool counts = record->header && !record->mapped && atomic_load(&record->header->owner) != 0;
    if (counts && publisher->pages.started_ns == 0) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        publisher->pages.started_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    }
    publisher->heap.process = soak->process.pid;
    publisher->heap.record = *record;
    publisher->heap.record_fd = soak->watched.record_fd;
    publisher->pages.heap_count = counts;
    publisher->pages.ops_per_second = hg_soak_ops_per_second(soak);
    hg_server_run(publisher->server);
}

void hg_publish_stop(hg_publisher *publisher)
{
    hg_server_stop(publisher->server);
    publisher->server = NULL;
}
