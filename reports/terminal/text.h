/*
 * The parts of the text report: what a person reads at the terminal after a run.
 */
#ifndef HG_TERMINAL_TEXT_H
#define HG_TERMINAL_TEXT_H

#include "view/view.h"
#include "view/writers.h"

#define HG_TEXT_COLUMNS                                                                                      \
    110 /* no line of ours is wider, but for reasons, logs and commands, which stay whole */

typedef enum hg_ink { HG_INK_PLAIN, HG_INK_DIM, HG_INK_BOLD, HG_INK_GOOD, HG_INK_WARN, HG_INK_BAD } hg_ink;

/* Where and how the report is written. */
typedef struct hg_text {
    FILE *out;
    bool colour, verbose, unicode;
} hg_text;

/* The escape sequence that starts an ink, "" without colour; HG_INK_PLAIN ends every other. */
const char *hg_text_ink(const hg_text *text, hg_ink ink);

/* How a verdict is coloured in a cell that met, or did not meet, what was expected of it. */
hg_ink hg_text_verdict_ink(const hg_cell *cell);

/* Every cell, one a row. False when memory ran out. */
bool hg_text_table(const hg_text *text, const hg_view *view);

/* How fast the subjects are, where that was measured. False when memory ran out. */
bool hg_text_speed(const hg_text *text, const hg_view *view);

/* The cells that are not as expected, then the leaks that are: culprit, survivors, what to type next. */
void hg_text_findings(const hg_text *text, const hg_view *view);

/* One site: the call path from the culprit outwards, and its survivors by round of birth. */
void hg_text_site(const hg_text *text, const hg_cell *cell, const hg_site *site);

/* "function  file:line" of the culprit, on one line; the line feed is the caller's. */
void hg_text_site_line(const hg_text *text, const hg_site *site);

#endif
