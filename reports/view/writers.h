/*
 * Writers: each turns the run model into one format. run.json can be read back.
 *
 * A writer neither changes the run nor keeps a pointer to it. It escapes the strings of the program under
 * test for its own format, so a hostile name is shown and has no effect. The same run gives the same bytes
 * every time. Several threads may write at once if each has its own run.
 */
#ifndef HG_VIEW_WRITERS_H
#define HG_VIEW_WRITERS_H

#include "model/model.h"
#include <stdio.h>

typedef struct hg_report_options {
    bool colour;    /* text: terminal colours */
    bool verbose;   /* text: every site, not only the culprit */
    bool unicode;   /* text: the stream takes UTF-8; otherwise only ASCII is written */
    size_t columns; /* text: of the terminal; 0: not known */
} hg_report_options;

/*
 * The writers, one per format. NULL options are all false. A writer returns false when memory ran out; part
 * of the report may be written then. The caller finds write errors on the stream (ferror).
 */
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
bool hg_report_holders(const hg_run *run, const hg_report_options *options, FILE *out);
bool hg_report_brief(const hg_run *run, const hg_report_options *options, FILE *out);
bool hg_report_ctest(const hg_run *run, const hg_report_options *options, FILE *out);
bool hg_report_github(const hg_run *run, const hg_report_options *options, FILE *out);
bool hg_report_csv(const hg_run *run, const hg_report_options *options, FILE *out);

#endif
