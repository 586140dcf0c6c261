/*
 * Watching one program for a command, exec or attach, from the options to the report.
 */
#ifndef HG_CLI_EXEC_WATCH_H
#define HG_CLI_EXEC_WATCH_H

#include "cli/exec_options.h"

/* Whether what the options ask for can be written. Complains if not. */
bool hg_exec_can_write(const hg_exec_options *options);

/* Serves where that is asked for, watches, judges and reports. name: of the program, for reports. Returns the
 * exit code. */
int hg_exec_watch(const hg_exec_options *options, const char *name);

#endif
