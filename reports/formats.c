#include "formats.h"
#include "model/run_file.h"
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
    {"holders", NULL, hg_report_holders},
    {"brief", NULL, hg_report_brief},
    {"github", NULL, hg_report_github},
    {"ctest", NULL, hg_report_ctest},
    {NULL, NULL, NULL},
};

bool hg_report_json(const hg_run *run, const hg_report_options *options, FILE *out)
{
    (void)options;
    return hg_run_write(run, out);
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
