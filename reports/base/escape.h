/*
 * Names from the program under test, made safe to show: on a terminal, where a name must not move the cursor
 * or change a colour, and on a page, where it must not become markup.
 */
#ifndef HG_BASE_ESCAPE_H
#define HG_BASE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Copies text for a terminal into out, NUL-terminated: control and other deceptive characters and bytes that
 * are not UTF-8 as \xNN or \uNNNN, and without unicode every character beyond ASCII too. Text wider than
 * columns (or than out holds) ends in "...". NULL reads as "". Returns the columns used.
 */
size_t hg_escape_fit(char *out, size_t size, const char *text, size_t columns, bool unicode);

/* As hg_escape_fit, but what does not fit is left out of the middle: the ends of a path or a C++ name say
 * most. */
size_t hg_escape_middle(char *out, size_t size, const char *text, size_t columns, bool unicode);

/* Writes text, however long, to a terminal; escaped as above, without a limit. */
void hg_escape_write(FILE *out, const char *text, bool unicode);

/*
 * Writes text as HTML text or as the content of a quoted attribute. What does not fit into limit code points
 * is left out of the middle; 0 is no limit. Deceptive characters show as \xNN or \uNNNN; line feeds stay.
 */
void hg_escape_html(FILE *out, const char *text, size_t limit);

/*
 * Writes text as the content of a JSON string, without the quotes, for a person to read in a tool: deceptive
 * characters and bytes that are not UTF-8 show as \xNN or \uNNNN (with the backslash itself escaped). What
 * does not fit into limit code points is left out of the middle; 0 is no limit.
 */
void hg_escape_json(FILE *out, const char *text, size_t limit);

/*
 * Writes text as a whole JSON string, quotes included, for a program to read: every character arrives as it
 * was, and bytes that are not UTF-8 become U+FFFD. NULL is "".
 */
void hg_escape_json_exact(FILE *out, const char *text);

#endif
