/*
 * UTF-8 as RFC 3629 defines it: no surrogates, no overlong forms, nothing above U+10FFFF.
 */
#ifndef TOKA_UTF8_H
#define TOKA_UTF8_H

#include <stddef.h>
#include <stdint.h>

enum { UTF8_MAX_BYTES = 4 };

/* Reads one code point; returns its length in bytes, or 0 when the bytes are not UTF-8 or size is 0. */
size_t utf8_decode(const char *bytes, size_t size, uint32_t *ret_code_point);

/* Writes a code point up to U+10FFFF, not a surrogate; returns its length in bytes. */
size_t utf8_encode(uint32_t code_point, char bytes[UTF8_MAX_BYTES]);

/* The number of code points in valid UTF-8. */
size_t utf8_length(const char *bytes, size_t size);

#endif
