/*
 * What a developer needs to know of a cell or site, as plain UTF-8 text for reports that embed it. The writer
 * of such a report escapes the text for its own format; terminal escapes and the like are harmless already.
 */
#ifndef HG_VIEW_DETAILS_H
#define HG_VIEW_DETAILS_H

#include "model/model.h"

#include <stdio.h>

/* The rate of a site, its call path and its survivors by round of birth. */
void hg_details_site(FILE *out, const hg_cell *cell, const hg_site *site);

/* The reason, the first most_sites growing sites, the workload's last lines, and how to run it again. */
void hg_details_cell(FILE *out, const hg_cell *cell, size_t most_sites);

/* The details of a cell as a string, the caller's to free; NULL when memory ran out. */
char *hg_details_text(const hg_cell *cell, size_t most_sites);

#endif
