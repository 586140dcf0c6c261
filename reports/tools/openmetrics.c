/*
 * Gauges by workload, subject and allocator, in the OpenMetrics text format 1.0, which a Prometheus text
 * parser also reads. For a node exporter's text file collector or a push gateway, which can plot growth over
 * releases.
 */
#include "tools/openmetrics.h"

#include "base/escape.h"
#include "base/number.h"
#include "view/stack.h"
#include "view/torture_findings.h"
#include "view/view.h"
#include "view/writers.h"

#include <math.h>
#include <string.h>

/* Where the value of a gauge comes from, and which cells have one. */
typedef enum source {
    MET,         /* the cell's, 0 or 1 */
    CELL,        /* a double of the cell */
    JUDGED,      /* the same, in a cell that was judged */
    POSITIVE,    /* the same, if it is above 0 */
    NANOSECONDS, /* the same, written in seconds */
    LAST_SAMPLE, /* an int64_t of the last sample */
} source;

typedef struct family {
    const char *name, *unit, *help; /* unit: "" or the end of the name */
    source from;
    size_t offset; /* in hg_cell or hg_sample */
} family;

#define OF_CELL(member)   offsetof(hg_cell, member)
#define OF_SAMPLE(member) offsetof(hg_sample, member)

static const family families[] = {
    {"heapgate_met", "", "1 if the cell is as expected, otherwise 0.", MET, 0},
    {"heapgate_growth_bytes_per_op", "", "Live memory that each op adds, in bytes.", JUDGED,
     OF_CELL(bytes_per_op)},
    {"heapgate_growth_error_bytes_per_op", "", "One standard error of heapgate_growth_bytes_per_op.", JUDGED,
     OF_CELL(bytes_per_op_error)},
    {"heapgate_growth_blocks_per_op", "", "Live blocks that each op adds.", JUDGED, OF_CELL(blocks_per_op)},
    {"heapgate_min_detectable_bytes_per_op", "",
     "The smallest growth that the cell can detect, in bytes per op.", JUDGED,
     OF_CELL(min_detectable_bytes_per_op)},
    {"heapgate_ops_per_second", "", "Ops per second of processor time, with the probe.", JUDGED,
     OF_CELL(ops_per_second)},
    {"heapgate_speed_ops_per_second", "", "Ops per second without the probe, median of several processes.",
     POSITIVE, OF_CELL(speed.ops_per_second.median)},
    {"heapgate_speed_low_ops_per_second", "", "Lower quartile of heapgate_speed_ops_per_second.", POSITIVE,
     OF_CELL(speed.ops_per_second.low)},
    {"heapgate_speed_high_ops_per_second", "", "Upper quartile of heapgate_speed_ops_per_second.", POSITIVE,
     OF_CELL(speed.ops_per_second.high)},
    {"heapgate_op_p50_seconds", "seconds", "Time per op without the probe, median.", NANOSECONDS,
     OF_CELL(speed.p50_ns.median)},
    {"heapgate_op_p99_seconds", "seconds", "Time per op without the probe, 99th percentile.", NANOSECONDS,
     OF_CELL(speed.p99_ns.median)},
    {"heapgate_speed_against_before", "", "Ops per second divided by those of the subject before.", POSITIVE,
     OF_CELL(speed.against.median)},
    {"heapgate_live_bytes", "bytes", "Requested bytes of blocks alive at the last checkpoint.", LAST_SAMPLE,
     OF_SAMPLE(live_bytes)},
    {"heapgate_resident_bytes", "bytes", "Resident memory at the last checkpoint.", LAST_SAMPLE,
     OF_SAMPLE(resident_bytes)},
    {"heapgate_cell_duration_seconds", "seconds", "Duration of the whole cell.", CELL,
     OF_CELL(duration_seconds)},
};

/* False where the cell has no value. */
static bool value_of(const family *what, const hg_cell *cell, double *ret_value)
{
    const void *at = (const char *)cell + what->offset;

    if (what->from == MET) {
        *ret_value = cell->met;
        return true;
    }
    if (what->from == LAST_SAMPLE) {
        if (cell->sample_count == 0)
            return false;
        at = (const char *)&cell->samples[cell->sample_count - 1] + what->offset;
        *ret_value = (double)*(const int64_t *)at;
        return true;
    }
    *ret_value = *(const double *)at / (what->from == NANOSECONDS ? 1e9 : 1);
    return what->from == CELL || (what->from == JUDGED ? hg_cell_is_judged(cell) : *ret_value > 0);
}

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
static void write_labels(FILE *out, const hg_run *run, const hg_cell *cell, size_t again, const char *name,
                         const char *verdict)
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
    if (name && verdict) {
        fputc(',', out);
        write_label(out, name, verdict);
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
        if (!value_of(what, view->cells[i], &value))
            continue;
        if (!begun)
            write_family(out, what->name, what->unit, what->help);
        begun = true;
        fputs(what->name, out);
        write_labels(out, view->run, view->cells[i], again, NULL, NULL);
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
        write_labels(out, view->run, view->cells[i], again, "verdict",
                     hg_verdict_name(view->cells[i]->verdict));
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

/* How many faults of each pass had each outcome. Shards of one pass are passes of one name: told once. */
static void write_faults(FILE *out, const hg_run *run)
{
    const hg_torture *torture = &run->torture;

    if (torture->pass_count > 0)
        write_family(out, "heapgate_faults", "",
                     "Calls that heapgate torture made fail, by what came of it.");
    for (size_t i = 0; i < torture->pass_count; i++) {
        const hg_torture_pass *pass = &torture->passes[i];
        if (hg_torture_first_pass(torture, pass) != pass)
            continue;
        for (size_t k = 0; k == 0 || hg_fault_outcomes[k - 1] != HG_FAULT_OK; k++) {
            fputs("heapgate_faults{", out);
            write_label(out, "suite", run->suite);
            fputc(',', out);
            write_label(out, "workload", pass->workload);
            fputc(',', out);
            write_label(out, "subject", pass->subject);
            fputc(',', out);
            write_label(out, "outcome", hg_fault_outcome_name(hg_fault_outcomes[k]));
            fprintf(out, "} %zu\n", hg_torture_count(torture, pass, hg_fault_outcomes[k]));
        }
    }
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
    write_faults(out, run);
    hg_view_clear(&view);
    return true;
}

void hg_openmetrics_family(const hg_openmetrics_value_of *what, FILE *out)
{
    write_family_as(out, what->counts ? "counter" : "gauge", what->name, what->unit, what->help);
}

void hg_openmetrics_point(const hg_openmetrics_value_of *what, const hg_openmetrics_label *labels,
                          size_t label_count, double value, FILE *out)
{
    fprintf(out, "%s%s{", what->name, what->counts ? "_total" : "");
    for (size_t i = 0; i < label_count; i++) {
        fputs(i > 0 ? "," : "", out);
        write_label(out, labels[i].name, labels[i].value);
    }
    fputs("} ", out);
    hg_number_real(out, value);
    fputc('\n', out);
}

void hg_openmetrics_value(const hg_run *run, const hg_cell *cell, const hg_openmetrics_value_of *what,
                          FILE *out)
{
    hg_openmetrics_family(what, out);
    fprintf(out, "%s%s", what->name, what->counts ? "_total" : "");
    write_labels(out, run, cell, 1, NULL, NULL);
    hg_number_real(out, what->value);
    fputc('\n', out);
}

void hg_openmetrics_end(FILE *out)
{
    fputs("# EOF\n", out);
}

bool hg_openmetrics_states(const hg_run *run, FILE *out)
{
    static const char name[] = "heapgate_verdict_state";
    size_t again = 0;
    hg_view view;

    if (!hg_view_init(&view, run))
        return false;
    write_family_as(out, "stateset", name, "", "1 for the verdict of the cell so far, 0 for the others.");
    for (size_t i = 0; i < view.count; i++) {
        again = occurrence(&view, i, again);
        for (hg_verdict verdict = HG_VERDICT_CLEAN; verdict <= HG_VERDICT_FAILED; verdict++) {
            fputs(name, out);
            write_labels(out, run, view.cells[i], again, name, hg_verdict_name(verdict));
            fprintf(out, "%d\n", view.cells[i]->verdict == verdict);
        }
    }
    hg_view_clear(&view);
    return true;
}

double hg_openmetrics_ops_per_second(const hg_cell *cell)
{
    double wall_ns = 0, ops = 0;
    for (size_t i = cell->warmup_rounds > 0 ? (size_t)cell->warmup_rounds : 1; i < cell->sample_count; i++) {
        wall_ns += (double)cell->samples[i].wall_ns;
        ops += (double)(cell->samples[i].ops - cell->samples[i - 1].ops);
    }
    return wall_ns > 0 && ops > 0 ? ops * 1e9 / wall_ns : 0;
}

static bool same_culprit(const hg_site *a, const hg_site *b)
{
    const hg_frame *x = &a->frames[0], *y = &b->frames[0];
    return x->line == y->line && hg_same_text(x->function, y->function) && hg_same_text(x->file, y->file) &&
           hg_same_text(x->module, y->module);
}

static bool grows(const hg_site *site)
{
    return hg_site_grows(site) && site->frame_count > 0 && site->bytes_per_op > 0;
}

/* Whether the site is the first of those that share a line. */
static bool is_first(const hg_cell *cell, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (grows(&cell->sites[i]) && same_culprit(&cell->sites[i], &cell->sites[index]))
            return false;
    return true;
}

/* The sum of the sites that share this one's line, or of its error. */
static double sum_of(const hg_cell *cell, const hg_site *site, bool error)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < cell->site_count; i++) {
        const hg_site *other = &cell->sites[i];
        if (!grows(other) || !same_culprit(other, site))
            continue;
        sum += other->bytes_per_op;
        squares += other->bytes_per_op_error * other->bytes_per_op_error;
    }
    return error ? sqrt(squares) : sum;
}

static void write_growth(const hg_openmetrics_value_of *what, const hg_cell *cell, double rate, bool error,
                         FILE *out)
{
    enum { MOST = 20, NUMBER = 16 };
    size_t told = 0;

    for (size_t i = 0; i < cell->site_count && told < MOST; i++) {
        const hg_site *site = &cell->sites[i];
        char line[NUMBER], module[HG_STACK_NAME_SIZE];
        if (!grows(site) || !is_first(cell, i))
            continue;
        snprintf(line, sizeof line, "%d", site->frames[0].line);
        const hg_openmetrics_label labels[] = {
            {"workload", cell->workload},         {"function", hg_stack_name(&site->frames[0], module)},
            {"file", site->frames[0].file},       {"line", line},
            {"module", site->frames[0].module},   {"class", hg_class_name(site->growth_class)},
            {"held_by", hg_held_by(&site->held)},
        };
        hg_openmetrics_point(what, labels, sizeof labels / sizeof *labels, rate * sum_of(cell, site, error),
                             out);
        told++;
    }
}

void hg_openmetrics_growth(const hg_run *run, double ops_per_second, FILE *out)
{
    static const hg_openmetrics_value_of families_of_growth[] = {
        {"heapgate_growth_bytes_per_second", "", "Live memory that a line adds in a second of real time.",
         false, 0},
        {"heapgate_growth_error_bytes_per_second", "",
         "One standard error of heapgate_growth_bytes_per_second.", false, 0},
    };

    bool any = false;

    for (size_t i = 0; i < run->cell_count; i++)
        for (size_t k = 0; k < run->cells[i].site_count; k++)
            any |= grows(&run->cells[i].sites[k]);
    if (!any)
        return;
    for (size_t i = 0; i < sizeof families_of_growth / sizeof *families_of_growth; i++) {
        hg_openmetrics_family(&families_of_growth[i], out);
        for (size_t k = 0; k < run->cell_count; k++) {
            const hg_cell *cell = &run->cells[k];
            write_growth(&families_of_growth[i], cell,
                         ops_per_second > 0 ? ops_per_second : hg_openmetrics_ops_per_second(cell), i == 1,
                         out);
        }
    }
}

static bool begins(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

/* "# TYPE NAME counter" and "# HELP NAME ..." are of NAME_total there. */
void hg_openmetrics_as_text(const char *text, FILE *out)
{
    bool counter = false;

    for (const char *line = text, *end; *line; line = *end ? end + 1 : end) {
        end = line + strcspn(line, "\n");
        int length = (int)(end - line);
        if (begins(line, "# UNIT ") || begins(line, "# EOF"))
            continue;
        if (!begins(line, "# TYPE ") && !begins(line, "# HELP ")) {
            fprintf(out, "%.*s\n", length, line);
            continue;
        }
        int name = (int)strcspn(line + strlen("# TYPE "), " \n") + (int)strlen("# TYPE ");
        const char *rest = line + name;
        if (begins(line, "# TYPE ")) {
            counter = begins(rest, " counter\n");
            if (begins(rest, " stateset\n"))
                rest = " gauge";
        }
        int left = rest == line + name ? length - name : (int)strlen(rest);
        fprintf(out, "%.*s%s%.*s\n", name, line, counter ? "_total" : "", left, rest);
    }
}

bool hg_report_openmetrics(const hg_run *run, const hg_report_options *options, FILE *out)
{
    (void)options;
    if (!hg_openmetrics_run(run, out))
        return false;
    hg_openmetrics_end(out);
    return true;
}
