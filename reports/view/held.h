/*
 * Who holds the blocks of a site, as sentences: the same ones in every report.
 */
#ifndef HG_VIEW_HELD_H
#define HG_VIEW_HELD_H

#include "model/model.h"

#define HG_HELD_LINE 1024

/*
 * Writes the sentence with this index, from 0, without a line feed; UTF-8, with two spaces where a line may
 * be divided. False, with "", when there are no more.
 * A cell that was asked in vain says so for the sites that grow.
 */
bool hg_held_line(const hg_cell *cell, const hg_site *site, size_t index, char ret_line[HG_HELD_LINE]);

#endif
