/*
 * URI references, resolved as RFC 3986, section 5.2, says. No decoding, no normalization but that of dot
 * segments: two URIs are the same when their bytes are.
 */
#ifndef TOKA_URI_H
#define TOKA_URI_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct uri {
    const char *bytes;
    size_t size;
};

/* Cuts a reference in two at its first '#'. *ret_fragment is without it; false when there is none. */
bool uri_split_fragment(struct uri reference, struct uri *ret_uri, struct uri *ret_fragment);

bool uri_is_absolute(struct uri uri);
bool uri_equal(struct uri a, struct uri b);

/*
 * Resolves a reference without a fragment against a base, which may be empty or relative itself. The result
 * lies in the arena, ends with a NUL byte and is at most as long as both together; false when memory ran
 * out.
 */
bool uri_resolve(struct arena *arena, struct uri base, struct uri reference, struct uri *ret_uri);

#endif
