/*
 * What a developer needs to know about a cell, as plain UTF-8 text for a report that embeds it. Nothing in it
 * can control a terminal; the writer of the report escapes it for its own format.
 */
#ifndef HG_TERMINAL_DETAILS_H
#define HG_TERMINAL_DETAILS_H

#include "model/model.h"

/*
 * The reason, the first most_sites growing sites, the last lines of the workload, and the command that runs
 * the cell again. The caller frees the string; NULL when memory ran out.
 */
char *hg_details_text(const hg_cell *cell, size_t most_sites);

#endif
