/*
 * Which lines of a source tree are new since a revision, as git has it. Prints complaints.
 */
#ifndef HG_CLI_CHANGED_LINES_H
#define HG_CLI_CHANGED_LINES_H

#include "model/model.h"

/*
 * Marks the places on lines that are new or changed since the revision in the work tree around the folder,
 * files that git does not track yet among them. False after complaining.
 */
bool hg_changed_lines_mark(const char *folder, const char *since, hg_tried *tried);

#endif
