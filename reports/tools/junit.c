/*
 * JUnit's XML as Jenkins, GitLab and most test viewers read it: one testcase per cell, and per fault. There
 * is no single specification; tests/e2e/junit.xsd is what those readers agree on.
 *
 *     not as expected             failure; its type is the verdict, its text has the stacks
 *     failed                      error, with the last lines that the workload wrote
 *     inconclusive                skipped, as there is no result
 *     harmless fragmentation      passed, with the reason in system-out
 */
#include "base/escape.h"
#include "base/timestamp.h"
#include "terminal/details.h"
#include "view/torture_findings.h"
#include "view/tried_sites.h"
#include "view/view.h"
#include "view/writers.h"

#include <stdlib.h>

#define SITES_MAX   20u /* in one failure; run.json has them all */
#define NAME_POINTS 200u

typedef enum outcome { OUTCOME_PASS, OUTCOME_FAILURE, OUTCOME_ERROR, OUTCOME_SKIPPED, OUTCOMES } outcome;

static outcome outcome_of(const hg_cell *cell)
{
    if (cell->verdict == HG_VERDICT_FAILED)
        return OUTCOME_ERROR;
    if (cell->verdict == HG_VERDICT_INCONCLUSIVE)
        return OUTCOME_SKIPPED;
    return cell->met ? OUTCOME_PASS : OUTCOME_FAILURE;
}

static outcome outcome_of_fault(const hg_fault *fault)
{
    if (fault->outcome == HG_FAULT_UNREACHED)
        return OUTCOME_SKIPPED;
    return hg_fault_is_finding(fault->outcome) && !fault->accepted ? OUTCOME_FAILURE : OUTCOME_PASS;
}

static outcome outcome_of_tried(const hg_run *run)
{
    int code = hg_run_tried_exit_code(run);
    return code == 4 ? OUTCOME_ERROR : code == 1 ? OUTCOME_FAILURE : OUTCOME_PASS;
}

static void write_attribute(FILE *out, const char *name, const char *value)
{
    fprintf(out, " %s=\"", name);
    hg_escape_html(out, value, NAME_POINTS);
    fputc('"', out);
}

static void write_seconds(FILE *out, double seconds)
{
    int64_t milliseconds = seconds > 0 && seconds < 1e12 ? (int64_t)(seconds * 1000 + 0.5) : 0;

    fprintf(out, " time=\"%lld.%03d\"", (long long)(milliseconds / 1000), (int)(milliseconds % 1000));
}

static void write_counts(FILE *out, const hg_run *run)
{
    size_t counts[OUTCOMES] = {0};
    size_t tests = 0;

    for (size_t i = 0; i < run->cell_count; i++)
        counts[outcome_of(&run->cells[i])]++;
    for (size_t i = 0; i < run->torture.fault_count; i++)
        counts[outcome_of_fault(&run->torture.faults[i])]++;
    for (size_t i = 0; i < run->torture.pass_count; i++)
        counts[run->torture.passes[i].message[0] ? OUTCOME_ERROR : OUTCOME_PASS]++;
    if (run->tried.asked)
        counts[outcome_of_tried(run)]++;
    for (size_t i = 0; i < OUTCOMES; i++)
        tests += counts[i];
    fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", tests,
            counts[OUTCOME_FAILURE], counts[OUTCOME_ERROR], counts[OUTCOME_SKIPPED]);
    write_seconds(out, run->duration_seconds);
}

static bool write_result(FILE *out, const hg_cell *cell)
{
    static const char *const elements[] = {
        [OUTCOME_FAILURE] = "failure", [OUTCOME_ERROR] = "error", [OUTCOME_SKIPPED] = "skipped"};
    outcome is = outcome_of(cell);
    const char *type = hg_verdict_name(cell->verdict);

    if (hg_cell_trouble(cell))
        type = hg_cell_trouble(cell)->type;
    else if (is == OUTCOME_FAILURE && cell->expect == HG_EXPECT_LEAK)
        type = "leak-not-seen";
    else if (is == OUTCOME_ERROR && cell->blind)
        type = "control-not-recovered";
    fprintf(out, "      <%s", elements[is]);
    write_attribute(out, "message", cell->reason);
    if (is == OUTCOME_SKIPPED) {
        fputs("/>\n", out);
        return true;
    }
    write_attribute(out, "type", type);
    fputc('>', out);
    char *details = hg_details_text(cell, SITES_MAX);
    if (details)
        hg_escape_html(out, details, 0);
    fprintf(out, "</%s>\n", elements[is]);
    free(details);
    return details != NULL;
}

static bool write_case(FILE *out, const hg_run *run, const hg_cell *cell)
{
    bool made = true;

    fputs("    <testcase classname=\"", out);
    hg_escape_html(out, hg_view_name(run->suite), NAME_POINTS);
    fputc('.', out);
    hg_escape_html(out, hg_view_name(cell->workload), NAME_POINTS);
    fputs("\" name=\"", out);
    hg_escape_html(out, hg_view_name(cell->subject), NAME_POINTS);
    fputs(", ", out);
    hg_escape_html(out, hg_view_name(cell->allocator), NAME_POINTS);
    fputc('"', out);
    write_seconds(out, cell->duration_seconds);
    if (outcome_of(cell) == OUTCOME_PASS && cell->verdict == HG_VERDICT_FRAGMENTATION) {
        fputs(">\n      <system-out>fragmentation: ", out);
        hg_escape_html(out, cell->reason, 0);
        fputs("</system-out>\n    </testcase>\n", out);
    } else if (outcome_of(cell) == OUTCOME_PASS) {
        fputs("/>\n", out);
    } else {
        fputs(">\n", out);
        made = write_result(out, cell);
        fputs("    </testcase>\n", out);
    }
    return made;
}

static void write_class(FILE *out, const hg_run *run, const char *workload)
{
    fputs("    <testcase classname=\"", out);
    hg_escape_html(out, hg_view_name(run->suite), NAME_POINTS);
    fputc('.', out);
    hg_escape_html(out, hg_view_name(workload), NAME_POINTS);
    fputs(".torture\" name=\"", out);
}

/* A pass is a case, too: it fails where it is not complete. */
static void write_pass(FILE *out, const hg_run *run, const hg_torture_pass *pass)
{
    write_class(out, run, pass->workload);
    hg_escape_html(out, hg_view_name(pass->subject), NAME_POINTS);
    fputc('"', out);
    write_seconds(out, pass->duration_seconds);
    if (pass->message[0]) {
        fputs(">\n      <error", out);
        write_attribute(out, "message", pass->message);
        fputs(" type=\"not-complete\"/>\n    </testcase>\n", out);
    } else {
        fputs("/>\n", out);
    }
}

static void write_frames(FILE *out, const char *title, const hg_frame *frames, size_t count)
{
    if (count > 0) {
        fputc('\n', out);
        hg_escape_html(out, title, 0);
        fputc('\n', out);
    }
    for (size_t i = 0; i < count && i < SITES_MAX; i++) {
        fputs("  ", out);
        hg_escape_html(out, frames[i].function[0] ? frames[i].function : "??", NAME_POINTS);
        fputs("  ", out);
        hg_escape_html(out, frames[i].file[0] ? frames[i].file : frames[i].module, NAME_POINTS);
        fprintf(out, ":%d\n", frames[i].line);
    }
}

static void write_fault(FILE *out, const hg_run *run, const hg_fault *fault)
{
    write_class(out, run, fault->workload);
    hg_escape_html(out, hg_view_name(fault->subject), NAME_POINTS);
    fputs(", fault ", out);
    hg_escape_html(out, fault->id, NAME_POINTS);
    fputs(", ", out);
    hg_escape_html(out, fault->mode, NAME_POINTS);
    fputc('"', out);
    write_seconds(out, fault->duration_seconds);
    if (outcome_of_fault(fault) == OUTCOME_PASS) {
        fputs(fault->accepted ? ">\n      <system-out>" : "/>\n", out);
        if (!fault->accepted)
            return;
        fprintf(out, "%s, accepted: ", hg_fault_outcome_name(fault->outcome));
        hg_escape_html(out, fault->reason, 0);
        fputs("</system-out>\n    </testcase>\n", out);
        return;
    }
    char title[96];
    bool skipped = outcome_of_fault(fault) == OUTCOME_SKIPPED;
    fprintf(out, ">\n      <%s", skipped ? "skipped" : "failure");
    write_attribute(out, "message", fault->reason);
    if (skipped) {
        fputs("/>\n    </testcase>\n", out);
        return;
    }
    write_attribute(out, "type", hg_fault_outcome_name(fault->outcome));
    fputc('>', out);
    snprintf(title, sizeof title, "the %s that failed%s%.40s%s:", hg_fault_what(fault),
             fault->function[0] ? " (" : "", fault->function, fault->function[0] ? ")" : "");
    write_frames(out, title, fault->path, fault->path_count);
    write_frames(out, fault->loss_count > 0 ? "what stays, allocated by:" : "where it ended:", fault->frames,
                 fault->frame_count);
    if (fault->log[0]) {
        fputs("\nit wrote:\n", out);
        hg_escape_html(out, fault->log, 0);
    }
    fputs("\nagain: ", out);
    hg_escape_html(out, fault->reproduce, 0);
    fputs("\n</failure>\n    </testcase>\n", out);
}

/* One case for all allocation sites; one that fails names those that are new. */
static void write_tried(FILE *out, const hg_run *run)
{
    const hg_tried *tried = &run->tried;
    const char *element = outcome_of_tried(run) == OUTCOME_ERROR ? "error" : "failure";
    char line[HG_TRIED_LINE];

    hg_tried_summary(tried, line);
    fputs("    <testcase classname=\"", out);
    hg_escape_html(out, hg_view_name(run->suite), NAME_POINTS);
    fputs(".coverage\" name=\"allocation sites\" time=\"0.000\">\n", out);
    if (outcome_of_tried(run) == OUTCOME_PASS) {
        fprintf(out, "      <system-out>%s</system-out>\n    </testcase>\n", line);
        return;
    }
    fprintf(out, "      <%s", element);
    write_attribute(out, "message", line);
    fputs(" type=\"not-tried\">", out);
    for (size_t i = 0; i < tried->module_count; i++)
        if (tried->modules[i].message[0]) {
            hg_escape_html(out, tried->modules[i].path, NAME_POINTS);
            fputs(": ", out);
            hg_escape_html(out, tried->modules[i].message, 0);
            fputc('\n', out);
        }
    hg_escape_html(out, tried->message, 0);
    for (size_t i = 0; i < tried->site_count; i++)
        if (hg_tried_site_fails(&tried->sites[i])) {
            const hg_tried_site *site = &tried->sites[i];
            const hg_frame frame = {
                .function = site->function, .file = site->file, .module = site->module, .line = site->line};
            write_frames(out, "new, and not tried:", &frame, 1);
        }
    fprintf(out, "</%s>\n    </testcase>\n", element);
}

static void write_property(FILE *out, const char *name, const char *value)
{
    fprintf(out, "      <property name=\"%s\"", name);
    write_attribute(out, "value", value);
    fputs("/>\n", out);
}

bool hg_report_junit(const hg_run *run, const hg_report_options *options, FILE *out)
{
    bool made = true;
    int64_t seconds;

    (void)options;
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"heapgate\"", out);
    write_counts(out, run);
    fputs(">\n  <testsuite", out);
    write_attribute(out, "name", hg_view_name(run->suite));
    if (hg_timestamp_read(run->started, &seconds))
        fprintf(out, " timestamp=\"%.19s\"", run->started); /* readers want it without the zone */
    write_counts(out, run);
    fputs(">\n    <properties>\n", out);
    write_property(out, "heapgate.version", run->version);
    write_property(out, "heapgate.machine", run->machine);
    write_property(out, "heapgate.command", run->command);
    write_property(out, "heapgate.outcome", hg_run_outcome(run));
    fputs("    </properties>\n", out);
    for (size_t i = 0; made && i < run->cell_count; i++)
        made = write_case(out, run, &run->cells[i]);
    for (size_t i = 0; i < run->torture.pass_count; i++)
        write_pass(out, run, &run->torture.passes[i]);
    for (size_t i = 0; i < run->torture.fault_count; i++)
        write_fault(out, run, &run->torture.faults[i]);
    if (run->tried.asked)
        write_tried(out, run);
    fputs("  </testsuite>\n</testsuites>\n", out);
    return made;
}
