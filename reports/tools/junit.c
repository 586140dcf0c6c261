/*
 * JUnit's XML as Jenkins, GitLab and most test viewers read it: one testcase per cell. There is no single
 * specification; tests/e2e/junit.xsd is what those readers agree on.
 *
 *     not as expected             failure; its type is the verdict, its text has the stacks
 *     failed                      error, with the last lines that the workload wrote
 *     inconclusive                skipped, as there is no result
 *     harmless fragmentation      passed, with the reason in system-out
 */
#include "base/escape.h"
#include "base/timestamp.h"
#include "terminal/details.h"
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

    for (size_t i = 0; i < run->cell_count; i++)
        counts[outcome_of(&run->cells[i])]++;
    fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", run->cell_count,
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
    fputs("  </testsuite>\n</testsuites>\n", out);
    return made;
}
