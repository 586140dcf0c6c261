/*
 * A Markdown page of bounded size, for a comment on a pull request, which holds 65,536 characters. The page
 * is written in pieces. A piece that does not fit is left out as a whole, so that no table row or block is
 * cut.
 *
 *     FILE *piece = hg_page_begin(&page);
 *     if (piece)
 *         fprintf(piece, ...);
 *     hg_page_end(&page);
 */
#ifndef HG_MARKDOWN_PAGE_H
#define HG_MARKDOWN_PAGE_H

#include "base/memory_stream.h"
#include "model/model.h"

#include <stdio.h>

#define HG_PAGE_BYTES 60000u /* of a whole page */

typedef struct hg_page {
    FILE *out;   /* the caller's */
    size_t left; /* bytes; keep some back for the end of the page */
    bool failed; /* memory ran out */
    hg_memory_stream piece;
} hg_page;

/* A stream for the next piece; NULL when memory ran out. */
FILE *hg_page_begin(hg_page *page);

/* Ends the piece. True when it was written, false when it did not fit or memory ran out. */
bool hg_page_end(hg_page *page);

/*
 * Writes a name as code, so that nothing in it is markup, a link or a mention. It is shortened to so many
 * columns. Inside a table a bar needs a backslash even in code.
 */
void hg_page_code(FILE *out, const char *name, size_t columns, bool in_table);

/* "`function` at `file:line`". */
void hg_page_frame(FILE *out, const hg_frame *frame, bool in_table);

/* As HTML, for a line of markup such as <summary>. */
void hg_page_code_html(FILE *out, const char *name, size_t columns);

/* Writes text as a block of code: as many whole lines as fit into so many bytes. */
void hg_page_block(FILE *out, const char *text, size_t bytes);

#endif
