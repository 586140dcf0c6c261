/*
 * The report formats there are. A new one is a file with its writer, declared in view/writers.h, and a line
 * in formats.c.
 */
#ifndef HG_FORMATS_H
#define HG_FORMATS_H

#include "view/writers.h"

typedef struct hg_report_format {
    const char *name;      /* as on the command line */
    const char *file_name; /* under --out; NULL: only made when asked for */
    bool (*write)(const hg_run *run, const hg_report_options *options, FILE *out);
} hg_report_format;

/* NULL when there is no such format. */
const hg_report_format *hg_report_find(const char *name);
/* All formats, ended by a NULL name. */
const hg_report_format *hg_report_formats(void);

#endif
