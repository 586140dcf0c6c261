/*
 * contentEncoding and contentMediaType (draft-07 validation, section 8), for the values libtoka knows: base64
 * (RFC 4648, section 4) and application/json (RFC 8259). Nothing is allocated: the JSON is read directly from
 * the base64.
 */
#ifndef TOKA_CONTENT_H
#define TOKA_CONTENT_H

#include <stdbool.h>
#include <stddef.h>

enum content_verdict { CONTENT_GOOD, CONTENT_BAD_ENCODING, CONTENT_BAD_TYPE };

/* JSON nested deeper than this is not taken for JSON. */
enum { CONTENT_MAX_DEPTH = 2048 };

enum content_verdict content_check(const char *text, size_t size, bool is_base64, bool is_json);

#endif
