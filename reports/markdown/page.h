/*
 * A Markdown page of bounded size, written in pieces: a piece that does not fit into what is left of the page
 * is left out whole, so that no table row or block ends in the middle. For comments on a pull request, which
 * hold 65,536 characters.
 *
 *     FILE *piece = hg_page_begin(&page);
 *     if (piece)
 *         fprintf(piece, ...);
 *     hg_page_end(&page);
 */
#ifndef HG_MARKDOWN_PAGE_H
#define HG_MARKDOWN_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define HG_PAGE_BYTES 60000u /* of a whole page */

typedef struct hg_page {
    FILE *out;   /* the caller's */
    size_t left; /* bytes; keep some back for the end of the page */
    bool failed; /* memory ran out */
    FILE *piece;
    char *text;
    size_t size;
} hg_page;

/* A stream for the next piece; NULL when memory ran out. */
FILE *hg_page_begin(hg_page *page);

/* Ends the piece. True when it was written, false when it was left out or memory ran out. */
bool hg_page_end(hg_page *page);

/*
 * Writes a name as code: nothing in it is markup, a link or a mention. Cut to so many columns. Inside a table
 * a bar needs a backslash even in code.
 */
void hg_page_code(FILE *out, const char *name, size_t columns, bool in_table);

/* As HTML, for a line of markup such as <summary>. */
void hg_page_code_html(FILE *out, const char *name, size_t columns);

/* Writes text as a block of code, cut to so many bytes at the end of a line. */
void hg_page_block(FILE *out, const char *text, size_t bytes);

#endif
