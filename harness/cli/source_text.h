/*
 * The lines of a source file, read as text: enough of C and C++ to say how far the call on a line goes on,
 * and which macro a line defines.
 *
 * One thread.
 */
#ifndef HG_CLI_SOURCE_TEXT_H
#define HG_CLI_SOURCE_TEXT_H

#include "base/buffer.h"
#include <stdbool.h>
#include <stddef.h>

/* A part of the text that holds it. */
typedef struct hg_source_word {
    const char *text;
    size_t length;
} hg_source_word;

typedef struct hg_source_text {
    hg_buffer bytes, lines; /* where each line begins */
} hg_source_text;

/* What cannot be read, or is no text, has no lines; a large file has its first ones. */
void hg_source_text_read(const char *path, hg_source_text *ret_text);
void hg_source_text_free(hg_source_text *text);

long hg_source_text_count(const hg_source_text *text);

/* The line, from 1, without the blanks around it; one that is not there is empty. */
hg_source_word hg_source_text_line(const hg_source_text *text, long line);

/* The last line of the calls that begin on this one: where its parentheses are closed again. */
long hg_source_text_end_of_call(const hg_source_text *text, long line);

/* The name of the macro in whose definition the line is; empty: in none. */
hg_source_word hg_source_text_macro(const hg_source_text *text, long line);

/* Whether the words are the same; whether the word is one of the text's. */
bool hg_source_word_is(hg_source_word word, const char *other);
bool hg_source_word_in(hg_source_word word, hg_source_word text);
/* Whether a parenthesis follows it there, too. */
bool hg_source_word_called(hg_source_word word, hg_source_word text);

#endif
