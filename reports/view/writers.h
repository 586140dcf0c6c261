/*
 * Writers: the run model in, one format out. run.json can be read back.
 *
 * No writer changes the run or keeps anything of it; each escapes the strings of the program under test for
 * its own format, so hostile names are shown and do nothing. The same run gives the same bytes every time.
 * Runs may be written and read from several threads as long as each has its own.
 */
#ifndef HG_VIEW_WRITERS_H
#define HG_VIEW_WRITERS_H

#include "model/model.h"
#include <stdio.h>

typedef struct hg_report_options {
    bool colour;  /* text: terminal colours */
    bool verbose; /* text: every site, not only the culprit */
    bool unicode; /* text: the stream takes UTF-8; otherwise ASCII alone is written */
} hg_report_options;

/*
 * The writers, one a format. options may be NULL: all false. False when memory ran out, and then part of the
 * report may be written; write errors are left on the stream (ferror).
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
bool hg_report_csv(const hg_run *run, const hg_report_options *options, FILE *out);

#endif
