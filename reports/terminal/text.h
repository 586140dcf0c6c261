/*
 * The parts of the text report: what a person reads at the terminal after a run.
 */
#ifndef HG_TERMINAL_TEXT_H
#define HG_TERMINAL_TEXT_H

#include "view/view.h"
#include "view/writers.h"

/* The width of the table and of call paths where nobody says another. Sentences and commands stay whole. */
#define HG_TEXT_COLUMNS      110
#define HG_TEXT_COLUMNS_MIN  50
#define HG_TEXT_COLUMNS_MAX  220
#define HG_TEXT_NAME_COLUMNS 64

typedef enum hg_ink { HG_INK_PLAIN, HG_INK_DIM, HG_INK_BOLD, HG_INK_GOOD, HG_INK_WARN, HG_INK_BAD } hg_ink;

/* Where and how the report is written. */
typedef struct hg_text {
    FILE *out;
    bool colour, verbose, unicode;
    size_t columns; /* of the terminal; 0: not known */
} hg_text;

/* The width to fill, from HG_TEXT_COLUMNS_MIN to HG_TEXT_COLUMNS_MAX. */
size_t hg_text_columns(const hg_text *text);

/* The escape sequence that starts an ink, "" without colour; HG_INK_PLAIN ends every other. */
const char *hg_text_ink(const hg_text *text, hg_ink ink);

/* The ink of a cell's verdict, which depends on what was expected. */
hg_ink hg_text_verdict_ink(const hg_cell *cell);

/* Every cell, one per row. False when memory ran out. */
bool hg_text_table(const hg_text *text, const hg_view *view);

/* How fast the subjects are, where that was measured. False when memory ran out. */
bool hg_text_speed(const hg_text *text, const hg_view *view);

/* The cells that are not as expected, then the expected leaks: culprit, survivors, what to type next. */
void hg_text_findings(const hg_text *text, const hg_view *view);

/* The inventories of cells: all of each, or what is told of it (view/held.h). */
void hg_text_holders(const hg_text *text, const hg_view *view, bool all);

/* What is alive at exit and needs a review; nothing where nothing does. */
void hg_text_kept(const hg_text *text, const hg_view *view);

/* A line of view/held.h, which is changed; its parts get no more columns than that each. */
void hg_text_parts(const hg_text *text, char *line, size_t most_columns);

/* One site: the call path from the culprit outwards, and its survivors by round of birth. */
void hg_text_site(const hg_text *text, const hg_cell *cell, const hg_site *site);

/* "function  file:line" of the culprit, on one line; the caller adds the line feed. */
void hg_text_site_line(const hg_text *text, const hg_site *site);

/* The last lines that the workload wrote; nothing where it wrote none. */
void hg_text_log(const hg_text *text, const char *log);

/* The command that runs the cell again; nothing where none is known. */
void hg_text_again(const hg_text *text, const hg_cell *cell);

/* What became of the allocations that were made to fail; nothing in a run without. False when memory ran out.
 */
bool hg_text_torture(const hg_text *text, const hg_run *run);

/* Which allocation sites were tried; nothing in a run that does not say. */
void hg_text_tried(const hg_text *text, const hg_run *run);

/* A call path, outwards, so many spaces further right. */
void hg_text_frames(const hg_text *text, const hg_frame *frames, size_t count, int indent);

/* A name of the program under test, shortened in the middle to so many columns, HG_TEXT_NAME_COLUMNS at
 * most. */
void hg_text_name(const hg_text *text, const char *name, size_t columns);

#endif
