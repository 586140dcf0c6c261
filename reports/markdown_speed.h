/*
 * A part of the Markdown report.
 */
#ifndef HG_REPORTS_MARKDOWN_SPEED_H
#define HG_REPORTS_MARKDOWN_SPEED_H

#include "page.h"
#include "view.h"

/* Writes the speeds, as many as fit; nothing where none were measured. */
void hg_markdown_speed(hg_page *page, const hg_view *view);

#endif
