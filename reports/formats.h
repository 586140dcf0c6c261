/*
 * The report formats there are. A new one is a file with its writer, declared here, and a line in formats.c.
 */
#ifndef HG_REPORTS_FORMATS_H
#define HG_REPORTS_FORMATS_H

#include "reports.h"

bool hg_report_text(const hg_run *run, const hg_report_options *options, FILE *out);
bool hg_report_json(const hg_run *run, const hg_report_options *options, FILE *out);
bool hg_report_html(const hg_run *run, const hg_report_options *options, FILE *out);
bool hg_report_markdown(const hg_run *run, const hg_report_options *options, FILE *out);
bool hg_report_junit(const hg_run *run, const hg_report_options *options, FILE *out);
bool hg_report_sarif(const hg_run *run, const hg_report_options *options, FILE *out);
bool hg_report_pprof(const hg_run *run, const hg_report_options *options, FILE *out);
bool hg_report_speedscope(const hg_run *run, const hg_report_options *options, FILE *out);
bool hg_report_folded(const hg_run *run, const hg_report_options *options, FILE *out);
bool hg_report_openmetrics(const hg_run *run, const hg_report_options *options, FILE *out);
bool hg_report_csv(const hg_run *run, const hg_report_options *options, FILE *out);

/* What the run's exit code says about it, for a person; of an unfinished run in its own words. Never NULL. */
const char *hg_run_meaning(const hg_run *run);

#endif
