/*
 * Gauges by workload, subject and allocator, in the OpenMetrics text format 1.0; what a Prometheus text
 * parser takes, too. For a node exporter's text file collector or a push gateway: growth over the releases as
 * a graph.
 */
#include "tools/openmetrics.h"

#include "base/escape.h"
#include "base/number.h"
#include "view/view.h"
#include "view/writers.h"

/* What a gauge says of a cell; false where there is nothing to say. */
typedef bool (*cell_value)(const hg_cell *cell, double *ret_value);

typedef struct family {
    const char *name, *unit, *help; /* unit: "" or the end of the name */
    cell_value value;
} family;

static bool measured(const hg_cell *cell)
{
    return hg_cell_is_judged(cell);
}

static bool value_met(const hg_cell *cell, double *ret_value)
{
    *ret_value = cell->met;
    return true;
}

static bool value_growth(const hg_cell *cell, double *ret_value)
{
    *ret_value = cell->bytes_per_op;
    return measured(cell);
}

static bool value_growth_error(const hg_cell *cell, double *ret_value)
{
    *ret_value = cell->bytes_per_op_error;
    return measured(cell);
}

static bool value_growth_blocks(const hg_cell *cell, double *ret_value)
{
    *ret_value = cell->blocks_per_op;
    return measured(cell);
}

static bool value_detectable(const hg_cell *cell, double *ret_value)
{
    *ret_value = cell->min_detectable_bytes_per_op;
    return measured(cell);
}

static bool value_throughput(const hg_cell *cell, double *ret_value)
{
    *ret_value = cell->ops_per_second;
    return measured(cell);
}

static bool value_speed(const hg_cell *cell, double *ret_value)
{
    *ret_value = cell->speed.ops_per_second.median;
    return *ret_value > 0;
}

static bool value_speed_low(const hg_cell *cell, double *ret_value)
{
    *ret_value = cell->speed.ops_per_second.low;
    return *ret_value > 0;
}

static bool value_speed_high(const hg_cell *cell, double *ret_value)
{
    *ret_value = cell->speed.ops_per_second.high;
    return *ret_value > 0;
}

static bool value_p50(const hg_cell *cell, double *ret_value)
{
    *ret_value = cell->speed.p50_ns.median / 1e9;
    return *ret_value > 0;
}

static bool value_p99(const hg_cell *cell, double *ret_value)
{
    *ret_value = cell->speed.p99_ns.median / 1e9;
    return *ret_value > 0;
}

static bool value_against(const hg_cell *cell, double *ret_value)
{
    *ret_value = cell->speed.against.median;
    return *ret_value > 0;
}

static bool value_live(const hg_cell *cell, double *ret_value)
{
    if (cell->sample_count == 0)
        return false;
    *ret_value = (double)cell->samples[cell->sample_count - 1].live_bytes;
    return true;
}

static bool value_resident(const hg_cell *cell, double *ret_value)
{
    if (cell->sample_count == 0)
        return false;
    *ret_value = (double)cell->samples[cell->sample_count - 1].resident_bytes;
    return true;
}

static bool value_duration(const hg_cell *cell, double *ret_value)
{
    *ret_value = cell->duration_seconds;
    return true;
}

static const family families[] = {
    {"heapgate_met", "", "1 when the cell did what was expected of it, else 0.", value_met},
    {"heapgate_growth_bytes_per_op", "", "Live memory gained by each op, bytes.", value_growth},
    {"heapgate_growth_error_bytes_per_op", "", "One standard error of that.", value_growth_error},
    {"heapgate_growth_blocks_per_op", "", "Live blocks gained by each op.", value_growth_blocks},
    {"heapgate_min_detectable_bytes_per_op", "", "The smallest leak that the cell could have seen.",
     value_detectable},
    {"heapgate_ops_per_second", "", "Ops a second of processor time, under the probe.", value_throughput},
    {"heapgate_speed_ops_per_second", "", "Ops a second without the probe, median of processes.",
     value_speed},
    {"heapgate_speed_low_ops_per_second", "", "Their lower quartile.", value_speed_low},
    {"heapgate_speed_high_ops_per_second", "", "Their upper quartile.", value_speed_high},
    {"heapgate_op_p50_seconds", "seconds", "What half of the ops take at most, without the probe.",
     value_p50},
    {"heapgate_op_p99_seconds", "seconds", "What 99 of 100 ops take at most, without the probe.", value_p99},
    {"heapgate_speed_against_before", "", "Ops a second as a multiple of those of the subject before.",
     value_against},
    {"heapgate_live_bytes", "bytes", "Requested bytes of blocks alive at the last checkpoint.", value_live},
    {"heapgate_resident_bytes", "bytes", "Resident memory at the last checkpoint.", value_resident},
    {"heapgate_cell_duration_seconds", "seconds", "Time that the whole cell took.", value_duration},
};

static void write_family_as(FILE *out, const char *type, const char *name, const char *unit, const char *help)
{
    fprintf(out, "# TYPE %s %s\n", name, type);
    if (unit[0])
        fprintf(out, "# UNIT %s %s\n", name, unit);
    fprintf(out, "# HELP %s %s\n", name, help);
}

static void write_family(FILE *out, const char *name, const char *unit, const char *help)
{
    write_family_as(out, "gauge", name, unit, help);
}

static void write_label(FILE *out, const char *name, const char *value)
{
    fprintf(out, "%s=\"", name);
    hg_escape_json(out, value, 0); /* the same escapes: backslash and quote */
    fputc('"', out);
}

static bool same_cell(const hg_cell *a, const hg_cell *b)
{
    return hg_same_text(a->workload, b->workload) && hg_same_text(a->subject, b->subject) &&
           hg_same_text(a->allocator, b->allocator);
}

/*
 * How often the cell at index was there, itself included; before: the answer for the one at index - 1. Cells
 * that are the same are neighbours in a view.
 */
static size_t occurrence(const hg_view *view, size_t index, size_t before)
{
    return index > 0 && same_cell(view->cells[index - 1], view->cells[index]) ? before + 1 : 1;
}

/* A cell that was run twice needs one more label to be told apart. */
static void write_labels(FILE *out, const hg_run *run, const hg_cell *cell, size_t again, const char *verdict)
{
    fputc('{', out);
    write_label(out, "suite", run->suite);
    fputc(',', out);
    write_label(out, "workload", cell->workload);
    fputc(',', out);
    write_label(out, "subject", cell->subject);
    fputc(',', out);
    write_label(out, "allocator", cell->allocator);
    if (again > 1)
        fprintf(out, ",again=\"%zu\"", again);
    if (verdict) {
        fputc(',', out);
        write_label(out, "verdict", verdict);
    }
    fputs("} ", out);
}

/* A figure that no cell has is not there at all. */
static void write_gauge(FILE *out, const hg_view *view, const family *what)
{
    size_t again = 0;
    bool begun = false;

    for (size_t i = 0; i < view->count; i++) {
        double value;
        again = occurrence(view, i, again);
        if (!what->value(view->cells[i], &value))
            continue;
        if (!begun)
            write_family(out, what->name, what->unit, what->help);
        begun = true;
        fputs(what->name, out);
        write_labels(out, view->run, view->cells[i], again, NULL);
        hg_number_real(out, value);
        fputc('\n', out);
    }
}

static void write_verdicts(FILE *out, const hg_view *view)
{
    size_t again = 0;

    write_family(out, "heapgate_verdict", "", "1, for the verdict in the label.");
    for (size_t i = 0; i < view->count; i++) {
        again = occurrence(view, i, again);
        fputs("heapgate_verdict", out);
        write_labels(out, view->run, view->cells[i], again, hg_verdict_name(view->cells[i]->verdict));
        fputs("1\n", out);
    }
}

static void write_run(FILE *out, const hg_run *run)
{
    write_family(out, "heapgate_exit_code", "", "The exit code that the run calls for; 0 is a pass.");
    fputs("heapgate_exit_code{", out);
    write_label(out, "suite", run->suite);
    fputc(',', out);
    write_label(out, "version", run->version);
    fprintf(out, "} %d\n", hg_run_exit_code(run));
}

bool hg_openmetrics_run(const hg_run *run, FILE *out)
{
    hg_view view;

    if (!hg_view_init(&view, run))
        return false;
    write_run(out, run);
    write_verdicts(out, &view);
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        write_gauge(out, &view, &families[i]);
    hg_view_clear(&view);
    return true;
}

void hg_openmetrics_value(const hg_run *run, const hg_cell *cell, const hg_openmetrics_value_of *what,
                          FILE *out)
{
    write_family_as(out, what->counts ? "counter" : "gauge", what->name, what->unit, what->help);
    fprintf(out, "%s%s", what->name, what->counts ? "_total" : "");
    write_labels(out, run, cell, 1, NULL);
    hg_number_real(out, what->value);
    fputc('\n', out);
}

void hg_openmetrics_end(FILE *out)
{
    fputs("# EOF\n", out);
}

bool hg_report_openmetrics(const hg_run *run, const hg_report_options *options, FILE *out)
{
    (void)options;
    if (!hg_openmetrics_run(run, out))
        return false;
    hg_openmetrics_end(out);
    return true;
}
