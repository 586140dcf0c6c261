/* How much memory a compiled schema holds. */
#ifndef TOKA_SCHEMA_BYTES_H
#define TOKA_SCHEMA_BYTES_H

#include <toka/schema.h>

/*
 * Its program's bytes, which do not change as long as it lives. Without what PCRE2 and jansson allocated for
 * it: compiled patterns, values of enum and const.
 */
size_t toka_schema_bytes(const toka_schema *schema);

#endif
