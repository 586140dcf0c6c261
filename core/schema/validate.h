/*
 * Validating: a walk over a compiled schema and an instance together.
 *
 *   validate.c          nodes, types, enum and const, combinations, errors
 *   validate_scalar.c   numbers and strings
 *   validate_array.c    arrays
 *   validate_object.c   objects
 *
 * Nothing is allocated: where the walk stands in the instance is known from a chain of spots on the stack.
 */
#ifndef TOKA_VALIDATE_H
#define TOKA_VALIDATE_H

#include "program.h"

/* A place in the instance. */
struct spot {
    const struct spot *parent; /* NULL: the whole instance */
    const char *key;           /* of a member; NULL for an element */
    size_t size;               /* of the key, or the element's index */
};

struct run {
    toka_error *err; /* may be NULL */
    unsigned quiet;  /* above 0: trying out alternatives, whose failures are nobody's concern */
    unsigned depth;
    unsigned long steps; /* work done: schemas applied, and what takes about as long */
};

/*
 * Checks a value against a node. A value of NULL stands for the property name that the spot has as its key
 * (jansson would have to allocate a string to hold it). TOKA_OK, TOKA_E_INVALID, or what ends the whole
 * validation.
 */
toka_status validate_node(struct run *run, const struct node *node, const json_t *value,
                          const struct spot *spot);

/* The same without an error report for TOKA_E_INVALID. */
toka_status validate_quietly(struct run *run, const struct node *node, const json_t *value,
                             const struct spot *spot);

toka_status validate_number(struct run *run, const struct node *node, const json_t *value,
                            const struct spot *spot);
toka_status validate_string(struct run *run, const struct node *node, const json_t *value,
                            const struct spot *spot);
toka_status validate_array(struct run *run, const struct node *node, const json_t *value,
                           const struct spot *spot);
toka_status validate_object(struct run *run, const struct node *node, const json_t *value,
                            const struct spot *spot);

/*
 * Matches text against a pattern of the node's keyword: TOKA_OK, TOKA_E_INVALID (no report), or a reported
 * end of the validation.
 */
toka_status validate_match(struct run *run, const struct node *node, enum keyword keyword,
                           const struct pattern *pattern, const char *text, size_t size,
                           const struct spot *spot);

/* The bytes of a string, or of the property name that a NULL value stands for. */
const char *validate_text(const json_t *value, const struct spot *spot, size_t *ret_size);

/* Reports an invalid instance and returns TOKA_E_INVALID. */
__attribute__((format(printf, 5, 6))) toka_status validate_fail(struct run *run, const struct node *node,
                                                                const struct spot *spot, enum keyword keyword,
                                                                const char *format, ...);

/* Passes on a status other than TOKA_OK and TOKA_E_INVALID, with a report. */
toka_status validate_stop(struct run *run, const struct node *node, const struct spot *spot,
                          enum keyword keyword, toka_status status, const char *message);

#endif
