/* The part of the comment that tells what heapgate torture found; nothing for a run without faults. */
#ifndef HG_MARKDOWN_MARKDOWN_TORTURE_H
#define HG_MARKDOWN_MARKDOWN_TORTURE_H

#include "markdown/page.h"

/* left_out: findings that did not fit are added. False when memory ran out. */
bool hg_markdown_torture(hg_page *page, const hg_torture *torture, size_t *left_out);

#endif
