/*
 * A part of the Markdown report.
 */
#ifndef HG_MARKDOWN_MARKDOWN_SPEED_H
#define HG_MARKDOWN_MARKDOWN_SPEED_H

#include "markdown/page.h"
#include "view/view.h"

/* Writes as many speeds as fit; nothing where none were measured. */
void hg_markdown_speed(hg_page *page, const hg_view *view);

#endif
