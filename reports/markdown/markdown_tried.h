#ifndef HG_MARKDOWN_MARKDOWN_TRIED_H
#define HG_MARKDOWN_MARKDOWN_TRIED_H

#include "markdown/page.h"

/* Which allocation sites were tried; nothing in a run that does not say. */
void hg_markdown_tried(hg_page *page, const hg_tried *tried);

#endif
