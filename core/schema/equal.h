/*
 * Equality of JSON values as draft-07 means it: 1 equals 1.0, false does not equal 0, objects have no
 * order.
 */
#ifndef TOKA_EQUAL_H
#define TOKA_EQUAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Values nested deeper than this are never called equal; *ret_too_deep is set then. */
enum { EQUAL_MAX_DEPTH = 4096 };

bool equal_values(const json_t *a, const json_t *b, bool *ret_too_deep);

/* Equal values have equal hashes. seed makes collisions hard to prepare. */
uint64_t equal_hash(const json_t *value, uint64_t seed);

#endif
