/*
 * Memory that is alive at exit and needs a review, in words.
 */
#ifndef HG_VIEW_KEPT_H
#define HG_VIEW_KEPT_H

#include "model/model.h"

#define HG_KEPT_LINE 1280 /* room for a line */

/* The index-th call path that needs a review, or whose declaration has ended; NULL after the last. */
const hg_site *hg_kept_site(const hg_cell *cell, size_t index);

/*
 * The line on it: what it keeps, and who holds that where it is known. The last line may be on call paths
 * that the cell has no room for. "" and false after it. The text is not escaped.
 */
bool hg_kept_line(const hg_cell *cell, size_t index, char line[HG_KEPT_LINE]);

#endif
