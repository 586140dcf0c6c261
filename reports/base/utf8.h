/*
 * Reads bytes of unknown origin as UTF-8 (RFC 3629), one code point at a time.
 */
#ifndef HG_BASE_UTF8_H
#define HG_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HG_UTF8_INVALID     UINT32_MAX /* not a code point: a byte that starts no well-formed sequence */
#define HG_UTF8_REPLACEMENT 0xFFFDu
#define HG_UTF8_MAX_BYTES   4u

/*
 * Reads the code point at text, which is NUL-terminated and not empty. Returns the number of bytes to skip,
 * at least 1. Each byte of an ill-formed sequence counts as one HG_UTF8_INVALID.
 */
size_t hg_utf8_next(const char *text, uint32_t *ret_code);

/* Writes the UTF-8 bytes of a valid code point, not terminated; returns how many. */
size_t hg_utf8_put(uint32_t code, char out[HG_UTF8_MAX_BYTES]);

/*
 * True for code points that can change the appearance of the text around them, on a terminal or a page:
 * controls, line separators, direction overrides, characters without width.
 */
bool hg_utf8_is_deceptive(uint32_t code);

/* Columns on a terminal: 2 for East Asian wide characters and pictographs, else 1. */
unsigned hg_utf8_columns(uint32_t code);

#endif
