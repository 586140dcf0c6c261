/*
 * Makes names from the program under test safe to show. On a terminal a name must not move the cursor or
 * change a colour; on a page it must not become markup; in the log of a CI job it must not become a command
 * of the runner, as lines do that begin with "::" or have "##[" (GitHub).
 */
#ifndef HG_BASE_ESCAPE_H
#define HG_BASE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Copies text for a terminal into out, NUL-terminated. Deceptive characters such as controls, bytes that are
 * not UTF-8 and, without unicode, all characters beyond ASCII become \xNN or \uNNNN. Text that is wider than
 * columns, or does not fit into out, ends in "...". NULL is "". Returns the columns used.
 */
size_t hg_escape_fit(char *out, size_t size, const char *text, size_t columns, bool unicode);

/* Like hg_escape_fit, but shortens the text in the middle, as the ends of a path or a C++ name matter
 * most. */
size_t hg_escape_middle(char *out, size_t size, const char *text, size_t columns, bool unicode);

/* Writes text of any length to a terminal, escaped as above. */
void hg_escape_write(FILE *out, const char *text, bool unicode);

/*
 * Writes text as HTML text or as the content of a quoted attribute. Text of more than limit code points is
 * shortened in the middle; 0 is no limit. Deceptive characters become \xNN or \uNNNN; line feeds stay.
 */
void hg_escape_html(FILE *out, const char *text, size_t limit);

/*
 * Writes text as the content of a JSON string, without the quotes, for a person who reads it in a tool.
 * Deceptive characters and bytes that are not UTF-8 show as \xNN or \uNNNN (the backslash itself is escaped).
 * Text of more than limit code points is shortened in the middle; 0 is no limit.
 */
void hg_escape_json(FILE *out, const char *text, size_t limit);

/*
 * Writes text as a whole JSON string, with the quotes, for a program. Every character stays as it is; bytes
 * that are not UTF-8 become U+FFFD. NULL is "".
 */
void hg_escape_json_exact(FILE *out, const char *text);

#endif
