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

/* The sentence on who has most of the blocks, for outputs that have one line for it. */
bool hg_held_main_line(const hg_cell *cell, const hg_site *site, char ret_line[HG_HELD_LINE]);

/* The same without figures: "held by PATH", "nothing points to it any more"; "" where it is not known. */
void hg_held_words(const hg_site *site, char ret_words[HG_HELD_LINE]);

/* How many sentences, from the first, are about a holder each, in the order of site->held.holders. */
size_t hg_holders_shown(const hg_site *site);

/*
 * The same for the cell's holders, one a line: what it is, what it holds, whether it keeps its bound. All:
 * otherwise those over their bound, those that have none and need one, and the largest ones of an inventory.
 */
bool hg_retainer_line(const hg_cell *cell, bool all, size_t index, char ret_line[HG_HELD_LINE]);

#endif
