#include "formats.h"
#include "view.h"

#include <string.h>

static const hg_report_format formats[] = {
    {"text", "report.txt", hg_report_text},
    {"json", "run.json", hg_report_json},
    {"html", "report.html", hg_report_html},
    {"markdown", "report.md", hg_report_markdown},
    {"junit", "junit.xml", hg_report_junit},
    {"sarif", "heapgate.sarif", hg_report_sarif},
    {"pprof", NULL, hg_report_pprof},
    {"speedscope", NULL, hg_report_speedscope},
    {"folded", NULL, hg_report_folded},
    {"openmetrics", NULL, hg_report_openmetrics},
    {"csv", NULL, hg_report_csv},
    {NULL, NULL, NULL},
};

bool hg_report_json(const hg_run *run, const hg_report_options *options, FILE *out)
{
    (void)options;
    hg_run_write(run, out);
    return true;
}

/* Whether all that is not as expected is the speed. */
static bool only_slow(const hg_run *run)
{
    for (size_t i = 0; i < run->cell_count; i++)
        if (!run->cells[i].met && !hg_cell_only_slow(&run->cells[i]))
            return false;
    return true;
}

const char *hg_run_meaning(const hg_run *run)
{
    if (run->unfinished[0])
        return run->unfinished;
    switch (hg_run_exit_code(run)) {
    case 0:
        return "every expectation met";
    case 1:
        return only_slow(run) ? "slower than max_slowdown allows"
                              : "a leak, or a known leak that was not seen";
    case 3:
        return "too little evidence to be sure";
    case 4:
        return "a workload crashed, hung or measured nothing";
    default:
        return "the harness did not recover its own control leak";
    }
}

const hg_report_format *hg_report_formats(void)
{
    return formats;
}

const hg_report_format *hg_report_find(const char *name)
{
    for (const hg_report_format *format = formats; format->name; format++) {
        if (strcmp(format->name, name) == 0)
            return format;
    }
    return NULL;
}
