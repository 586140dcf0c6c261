/*
 * What the parts of the translator share: a reader over the pattern and a writer that may only count.
 */
#ifndef TOKA_ECMA_READER_H
#define TOKA_ECMA_READER_H

#include "ecma.h"

#include <stdint.h>

enum { ECMA_MAX_NESTING = 250 }; /* PCRE2's own limit */

struct ecma {
    const char *pattern, *at, *end;
    char *output; /* NULL: count only */
    size_t size;
    const char *complaint; /* the first one; parsing ends there */
    bool strict;
    bool has_references;
    unsigned groups; /* capturing groups in the whole pattern */
    unsigned depth;
    unsigned char open[ECMA_MAX_NESTING]; /* enum group_kind */
};

/* One element of a pattern or class that stands for characters. */
struct ecma_atom {
    bool is_set;         /* a set such as \d, already complete in `set` */
    char set;            /* d D w W s S, or p P */
    uint32_t code_point; /* may be a surrogate */
    const char *property;
    size_t property_size;
};

static inline bool ecma_fail(struct ecma *ecma, const char *complaint)
{
    if (!ecma->complaint)
        ecma->complaint = complaint;
    return false;
}

static inline bool ecma_at(const struct ecma *ecma, char c)
{
    return ecma->at < ecma->end && *ecma->at == c;
}

/* Skips the character if it is next. */
static inline bool ecma_skip(struct ecma *ecma, char c)
{
    if (!ecma_at(ecma, c))
        return false;
    ecma->at++;
    return true;
}

static inline bool ecma_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

void ecma_write(struct ecma *ecma, const char *bytes, size_t size);
void ecma_write_text(struct ecma *ecma, const char *text);
/* A literal code point; a surrogate matches nothing. */
void ecma_write_literal(struct ecma *ecma, uint32_t code_point);
/* Inside a class: code points from low to high, surrogates left out. */
void ecma_write_range(struct ecma *ecma, uint32_t low, uint32_t high);
void ecma_write_set(struct ecma *ecma, const struct ecma_atom *atom, bool in_class);

/* Reads one code point of the pattern itself; the pattern is not at its end. */
bool ecma_read_literal(struct ecma *ecma, uint32_t *ret_code_point);

/* Reads what follows a backslash, as far as it stands for characters: \d, \n, \u0041, \$ ... */
bool ecma_read_character_escape(struct ecma *ecma, bool in_class, struct ecma_atom *ret_atom);

/* Reads a class behind its opening bracket, and writes it. */
bool ecma_read_class(struct ecma *ecma);

#endif
