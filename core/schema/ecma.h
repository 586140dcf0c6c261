/*
 * ECMA-262 regular expressions, as JSON Schema wants them, rewritten for PCRE2.
 *
 * The grammar is that of the u flag (ECMA-262, section 22.2.1). Where the two dialects differ, the
 * translation spells out what ECMA-262 means: \s and . with its own sets, \cX, \v, \uXXXX with surrogate
 * pairs, \p{Letter}, empty classes. Checking alone needs no PCRE2 and no memory.
 */
#ifndef TOKA_ECMA_H
#define TOKA_ECMA_H

#include <stdbool.h>
#include <stddef.h>

enum ecma_mode {
    ECMA_STRICT, /* the u grammar and nothing else: what the format "regex" asks */
    /* Also what real schemas have: needless escapes of punctuation, single braces, octal escapes (Annex
       B.1.2), and from other dialects (?i) and (?P<name>. An unknown escape of a letter stays an error: \Z
       is no Z. */
    ECMA_LENIENT,
};

struct ecma_result {
    size_t size;           /* of the translation, bytes */
    const char *complaint; /* why it is not a regular expression; NULL when it is */
    size_t offset;         /* where, bytes */
    bool has_references;   /* to captured groups */
};

/* Translates into output, or only measures and checks when output is NULL. */
struct ecma_result ecma_translate(const char *pattern, size_t size, enum ecma_mode mode, char *output);

#endif
