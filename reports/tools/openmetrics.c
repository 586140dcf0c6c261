/*
 * Gauges by workload, subject and allocator, in the OpenMetrics text format 1.0, which a Prometheus text parser
 * also reads. For a node exporter's text file collector or a push gateway, which can plot growth over releases.
 */
#include "tools/openmetrics.h"

#include "base/escape.h"
#include "base/number.h"
#include "view/view.h"
#include "view/writers.h"

/* A gauge's value for a cell; false where it has none. */
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
    {"heapgate_met", "", "1 if the cell is as expected, otherwise 0.", value_met},
    {"heapgate_growth_bytes_per_op", "", "Live memory that each op adds, in bytes.", value_growth},
    {"heapgate_growth_error_bytes_per_op", "", "One standard error of heapgate_growth_bytes_per_op.",
     value_growth_error},
    {"heapgate_growth_blocks_per_op", "", "Live blocks that each op adds.", value_growth_blocks},
    {"heapgate_min_detectable_bytes_per_op", "",
     "The smallest growth that the cell can detect, in bytes per op.", value_detectable},
    {"heapgate_ops_per_second", "", "Ops per second of processor time, with the probe.", value_throughput},
    {"heapgate_speed_ops_per_second", "", "Ops per second without the probe, median of several processes.",
     value_speed},
    {"heapgate_speed_low_ops_per_second", "", "Lower quartile of heapgate_speed_ops_per_second.",
     value_speed_low},
    {"heapgate_speed_high_ops_per_second", "", "Upper quartile of heapgate_speed_ops_per_second.",
     value_speed_high},
    {"heapgate_op_p50_seconds", "seconds", "Time per op without the probe, median.", value_p50},
    {"heapgate_op_p99_seconds", "seconds", "Time per op without the probe, 99th percentile.", value_p99},
    {"heapgate_speed_against_before", "", "Ops per second divided by those of the subject before.",
     value_against},
    {"heapgate_live_bytes", "bytes", "Requested bytes of blocks alive at the last checkpoint.", value_live},
    {"heapgate_resident_bytes", "bytes", "Resident memory at the last checkpoint.", value_resident},
    {"heapgate_cell_duration_seconds", "seconds", "Duration of the whole cell.", value_duration},
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
 * How often the cell occurs up to index; before is the answer for index - 1. Equal cells are neighbours in a
 * view.
 */
static size_t occurrence(const hg_view *view, size_t index, size_t before)
{
    return index > 0 && same_cell(view->cells[index - 1], view->cells[index]) ? before + 1 : 1;
}

/* A cell that ran twice needs one more label. */
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

/* Leaves out a gauge that no cell has. */
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

    write_family(out, "heapgate_verdict", "", "Always 1; the label has the verdict.");
    for (size_t i = 0; i < view->count; i++) {
        again = occurrence(view, i, again);
        fputs("heapgate_verdict", out);
        write_labels(out, view->run, view->cells[i], again, hg_verdict_name(view->cells[i]->verdict));
        fputs("1\n", out);
    }
}

static void write_run(FILE *out, const hg_run *run)
{
    write_family(out, "heapgate_exit_code", "", "The exit code of the run; 0 is a pass.");
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
