/*
 * Writing reports: to standard output, to a file that the user named, and to the folder of --out. A report
 * that was there is replaced as a whole or left as it was.
 */
#ifndef HG_CLI_OUTPUT_H
#define HG_CLI_OUTPUT_H

#include "formats.h"
#include "model/model.h"
#include <stdbool.h>
#include <stdio.h>

/* Writes data to a stream; false when memory ran out. */
typedef bool (*hg_output_writer)(const void *data, FILE *out);

/* How text is printed to standard output: colour on a terminal without NO_COLOR, UTF-8 where it is taken. */
hg_report_options hg_output_style(bool verbose);
/* The same for hg_output_to; a file is UTF-8 without colour. */
hg_report_options hg_output_style_for(const char *path, bool verbose);
/* The same for standard error. */
hg_report_options hg_output_error_style(bool verbose);
/* Whether the locale of a person's terminal takes UTF-8. */
bool hg_output_takes_utf8(void);

/* Whether nobody reads standard output any more, as after | head. That is no error. */
bool hg_output_reader_left(void);

/*
 * Writes to the file that the user named, or to standard output where path is NULL. A file that is there
 * stays as it is if it cannot be written in full. Complains and returns false on failure.
 */
bool hg_output_to(const char *path, hg_output_writer write, const void *data);
/* Whether the file can be written later, checked before any work is done. Complains and returns false if
 * not. */
bool hg_output_is_writable(const char *option, const char *path);

/* Makes sure that reports can be written to the folder, before any work is done. Complains and returns false
 * if not. */
bool hg_output_prepare(const char *folder);
/* Removes the reports of an earlier run: they must not be taken for those of the run that starts now. */
void hg_output_remove_reports(const char *folder);
/* Writes every report of the run to the folder. Complains and returns false on failure. */
bool hg_output_write(const hg_run *run, const char *folder);
/* Writes one file of the folder, to the disk. Complains and returns false on failure. */
bool hg_output_file(const char *folder, const char *name, hg_output_writer write, const void *data);

/*
 * Writes one file of the folder, without a word: beside the old one, flushed and then renamed, so that a full
 * disk or a sudden end leaves the old one. to_disk: wait until it would survive a power failure. 0 or an
 * errno.
 */
int hg_output_replace(const char *folder, const char *name, hg_output_writer write, const void *data,
                      bool to_disk);
/* The same for run.json while a run goes on. */
int hg_output_replace_run(const char *folder, const hg_run *run, bool to_disk);
/* Says once that a file cannot be written, and once that it can be again. *told: the errno that was told, or
 * 0. */
void hg_output_tell_change(int *told, int error, const char *folder, const char *name);

#endif
