/*
 * Whether the elements of an array differ from one another.
 *
 * Small arrays are compared pairwise. Larger ones are hashed: the array is read several times, each time
 * only the elements of one partition of the hash space enter a table of fixed size on the stack, so that
 * nothing is allocated. Arrays so large that this would take many readings get a scratch table from malloc,
 * freed before the call returns.
 */
#ifndef TOKA_UNIQUE_H
#define TOKA_UNIQUE_H

#include <jansson.h>
#include <stdint.h>
#include <toka/schema.h>

/*
 * TOKA_OK: all differ. TOKA_E_INVALID: elements *ret_first and *ret_second are equal. TOKA_E_LIMIT: nested
 * too deep to compare, or hashes that collide more than chance allows. TOKA_E_NO_MEMORY: no scratch table.
 */
toka_status unique_check(const json_t *array, size_t *ret_first, size_t *ret_second);

#endif
