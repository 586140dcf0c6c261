/*
 * One line of text for a person, of bounded size, made from untrusted bytes.
 *
 * Control characters become escapes, and bytes that are not UTF-8 become U+FFFD. If the text does not fit, it
 * is cut between two characters, and everything added later is dropped. Always NUL-terminated.
 */
#ifndef TOKA_LINE_H
#define TOKA_LINE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct line {
    char *text;
    size_t capacity; /* bytes, the final NUL included */
    size_t size;
    bool full;
};

/* Starts an empty line in a buffer of at least one byte. */
void line_init(struct line *line, char *buffer, size_t capacity);

void line_add(struct line *line, const char *bytes, size_t size);

/* At most 256 bytes a call. */
__attribute__((format(printf, 2, 3))) void line_format(struct line *line, const char *format, ...);
__attribute__((format(printf, 2, 0))) void line_vformat(struct line *line, const char *format,
                                                        va_list arguments);

/* In quotation marks, long text shortened. */
void line_quote(struct line *line, const char *bytes, size_t size);

/* A reference token of a JSON Pointer (RFC 6901), its slash first. */
void line_token(struct line *line, const char *bytes, size_t size);

#endif
