/*
 * All report formats. A new format is a file with a writer, which view/writers.h declares, and a line in
 * formats.c.
 */
#ifndef HG_FORMATS_H
#define HG_FORMATS_H

#include "view/writers.h"

typedef struct hg_report_format {
    const char *name;      /* as on the command line */
    const char *file_name; /* under --out; NULL: made only on request */
    bool (*write)(const hg_run *run, const hg_report_options *options, FILE *out);
} hg_report_format;

/* NULL when there is no such format. */
const hg_report_format *hg_report_find(const char *name);
/* All formats; the last one has a NULL name. */
const hg_report_format *hg_report_formats(void);

#endif
