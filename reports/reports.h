/*
 * Writers: the run model in, one format out. run.json can be read back.
 *
 * No writer changes the run or keeps anything of it; each escapes the strings of the program under test for
 * its own format, so hostile names are shown and do nothing. The same run gives the same bytes every time.
 * Runs may be written and read from several threads as long as each has its own.
 */
#ifndef HG_REPORTS_REPORTS_H
#define HG_REPORTS_REPORTS_H

#include "model.h"
#include <stdio.h>

typedef struct hg_report_options {
    bool colour;  /* text: terminal colours */
    bool verbose; /* text: every site, not only the culprit */
    bool unicode; /* text: the stream takes UTF-8; otherwise ASCII alone is written */
} hg_report_options;

typedef struct hg_report_format {
    const char *name;      /* as on the command line */
    const char *file_name; /* under --out; NULL: only made when asked for */
    /*
     * Writes to the stream. options may be NULL: all false. False when memory ran out, and then part of the
     * report may be written; write errors are left on the stream (ferror).
     */
    bool (*write)(const hg_run *run, const hg_report_options *options, FILE *out);
} hg_report_format;

/* NULL when there is no such format. */
const hg_report_format *hg_report_find(const char *name);
/* All formats, ended by a NULL name. */
const hg_report_format *hg_report_formats(void);

/*
 * Writes run.json. Allocates nothing; write errors are left on the stream (ferror). Bytes of a string that
 * are not UTF-8 become U+FFFD, NaN becomes 0, infinities the largest finite number, a negative count 0.
 */
void hg_run_write(const hg_run *run, FILE *out);

/*
 * Reads run.json. On failure returns NULL and writes one line (what, where, what to do) to message, cut to
 * message_size bytes. Damaged, truncated and newer files are told apart; unknown keys are ignored.
 */
hg_run *hg_run_read(const char *path, char *message, size_t message_size);

#endif
