/*
 * Punycode (RFC 3492), bounded to the labels of domain names.
 */
#ifndef TOKA_PUNYCODE_H
#define TOKA_PUNYCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PUNYCODE_MAX_LABEL = 63 };

/* Decodes what stands behind "xn--"; false when it is malformed or longer than a label. */
bool punycode_decode(const char *bytes, size_t size, uint32_t code_points[PUNYCODE_MAX_LABEL],
                     size_t *ret_count);

/* The length of the encoded form without "xn--". count is at most PUNYCODE_MAX_LABEL. */
size_t punycode_encoded_size(const uint32_t *code_points, size_t count);

#endif
