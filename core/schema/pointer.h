/*
 * JSON Pointers (RFC 6901) evaluated against jansson values, as they stand in the fragment of a URI.
 */
#ifndef TOKA_POINTER_H
#define TOKA_POINTER_H

#include <jansson.h>
#include <stddef.h>

/* Decodes %XX in place and returns the new size; a % without two hex digits stays as it is. */
size_t pointer_percent_decode(char *bytes, size_t size);

/*
 * Takes one step: reads the token that *at points at (a slash first), moves *at behind it and returns the
 * member or element it names, or NULL. The token is unescaped in place.
 */
json_t *pointer_step(const json_t *value, char **at, const char *end);

#endif
