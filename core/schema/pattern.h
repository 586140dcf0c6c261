/*
 * Regular expressions of a schema: ECMA-262, run by PCRE2 without its just-in-time compiler (most patterns
 * run a few times and would never pay for it).
 *
 * Compiled patterns live in the schema's arena and are read-only: any number of threads may match with one.
 * Matching works in memory on the stack; only a match that has to remember more than PATTERN_STACK_BYTES of
 * alternatives takes more from malloc, and gives it back.
 */
#ifndef TOKA_PATTERN_H
#define TOKA_PATTERN_H

#include <toka/status.h>

#include "arena.h"
#include "line.h"

enum {
    PATTERN_STACK_BYTES = 64 * 1024,
    PATTERN_MATCH_STEPS = 2000000,  /* then TOKA_E_LIMIT */
    PATTERN_HEAP_KILOBYTES = 65536, /* of alternatives remembered, then TOKA_E_LIMIT */
};

struct pattern;

/* The patterns of one schema; equal ones are compiled once. */
struct pattern_set {
    struct arena *arena;
    struct pattern *patterns;
    void *general;
    void *compile;
};

/*
 * Compiles a pattern, or finds it in the set. TOKA_E_PATTERN with the reason in `complaint`,
 * TOKA_E_TOO_LARGE when the arena's limit is reached, TOKA_E_NO_MEMORY.
 */
toka_status pattern_compile(struct pattern_set *set, struct arena *scratch, const char *text, size_t size,
                            const struct pattern **ret_pattern, struct line *complaint);

/* A pattern written for PCRE2, not for ECMA-262: for libtoka's own use. */
toka_status pattern_compile_native(struct pattern_set *set, const char *text,
                                   const struct pattern **ret_pattern);

/* TOKA_OK: matches somewhere in the text. TOKA_E_INVALID: does not. TOKA_E_LIMIT, TOKA_E_NO_MEMORY. */
toka_status pattern_match(const struct pattern *pattern, const char *text, size_t size);

/* What was compiled; not NUL-terminated. */
const char *pattern_text(const struct pattern *pattern, size_t *ret_size);

#endif
