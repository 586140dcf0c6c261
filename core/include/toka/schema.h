/*
 * A JSON Schema draft-07 compiled into an immutable program.
 *
 * A toka_schema is reference counted: compile gives the caller one reference, toka_schema_ref adds one,
 * toka_schema_unref drops one and frees the schema with the last. Reference counts are atomic; a compiled
 * schema is never written to again, so any number of threads may validate with it at once.
 *
 * All of draft-07 is asserted, but "format", "contentEncoding" and "contentMediaType" only if the options say
 * so. Every schema is read as draft-07, even if its $schema names another version. While it is compiled it is
 * checked against the draft-07 metaschema, except for formats: a $ref must resolve, but need not be a
 * well-formed URI. The metaschema is built in as http://json-schema.org/draft-07/schema. Nothing is fetched.
 *
 * Patterns are those of ECMA-262 with the u flag, read a little more leniently. The format "regex" is strict;
 * see toka_schema_options.
 *
 * Schemas and instances may be hostile. The limits below bound what they can cost; exceeding one is an error.
 */
#ifndef TOKA_SCHEMA_H
#define TOKA_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <toka/status.h>

/* The text of a schema, in bytes. */
#define TOKA_SCHEMA_MAX_BYTES 65536u
/* Subschemas within subschemas. (jansson itself reads no text nested deeper than 2048.) */
#define TOKA_SCHEMA_MAX_DEPTH 512u
/* A compiled schema, including its patterns and referenced documents, in bytes. */
#define TOKA_SCHEMA_MAX_PROGRAM 16777216u
/* Nesting of schemas while validating; uses up to 2 MiB of the calling thread's stack. */
#define TOKA_VALIDATE_MAX_DEPTH 4096u
/* Steps of one validation, such as applying a schema or matching a pattern: about a second. */
#define TOKA_VALIDATE_MAX_STEPS 16777216u
/* Elements of an array with uniqueItems; a longer one is checked in scratch memory from malloc. */
#define TOKA_UNIQUE_MAX_STACK_ITEMS 65536u

typedef struct toka_schema toka_schema;

/*
 * Returns the document of an absolute URI without a fragment, or NULL if there is none. The compiler takes
 * over the returned reference. Called on the compiling thread, only while compiling, at most once per URI and
 * at most 256 times per schema.
 */
typedef json_t *(*toka_resolver)(const char *uri, void *user_data);

typedef struct toka_schema_options {
    toka_resolver resolver; /* NULL: a $ref to another document is TOKA_E_REF */
    void *resolver_data;
    /* "format", "contentEncoding": "base64" and "contentMediaType": "application/json" reject instances,
       instead of being annotations. A format that draft-07 does not define is always an annotation. */
    bool assert_format;
} toka_schema_options;

/*
 * The jansson flags with which libtoka reads this text. They allow any value and NUL in strings. If the text
 * has an integer that does not fit in 64 bits, all integers are read as reals (JSON_DECODE_INT_AS_REAL).
 * Never fails.
 */
TOKA_API size_t toka_json_flags(toka_text text);

/*
 * Compiles a parsed document of any size. The schema copies everything it needs, except values of enum and
 * const that are not strings: it keeps references to these, and nobody may change them in place. Otherwise
 * the caller is free to use or drop the document. Only one thread at a time may compile a document or drop a
 * schema made from it, because jansson reads reference counts that it is about to change; this does not apply
 * to texts. options may be NULL: no resolver, and formats are annotations.
 *
 * Errors, each with the keyword at fault and the JSON Pointer of its value in err (which may be NULL):
 *   TOKA_E_ARGUMENT   there is no document or no ret_schema
 *   TOKA_E_NO_MEMORY
 *   TOKA_E_SCHEMA     the draft-07 metaschema rejects it
 *   TOKA_E_PATTERN    a pattern is not a regular expression, or PCRE2 cannot run it
 *   TOKA_E_REF        the target of a $ref does not exist, is not a schema, is part of a circle, or is in a
 *                     document that the resolver does not have
 *   TOKA_E_TOO_DEEP   the schema exceeds TOKA_SCHEMA_MAX_DEPTH
 *   TOKA_E_TOO_LARGE  the schema exceeds TOKA_SCHEMA_MAX_PROGRAM, or 2^20 subschemas
 *
 * For an error inside a referenced document, the message describes it and the pointer is that of the $ref. On
 * failure nothing is kept and *ret_schema is untouched.
 */
TOKA_API TOKA_NODISCARD toka_status toka_schema_from_document(json_t *document,
                                                              const toka_schema_options *options,
                                                              toka_schema **ret_schema, toka_error *err);

/*
 * Checks the size limit, parses and compiles; keeps nothing of the text. Besides the errors above:
 *   TOKA_E_ARGUMENT   the text is empty
 *   TOKA_E_TOO_LARGE  the text exceeds TOKA_SCHEMA_MAX_BYTES
 *   TOKA_E_SYNTAX     the text is not JSON or not UTF-8; the message has the line and column
 *   TOKA_E_TOO_DEEP   the text is nested more deeply than jansson can read
 */
TOKA_API TOKA_NODISCARD toka_status toka_schema_compile(toka_text text, const toka_schema_options *options,
                                                        toka_schema **ret_schema, toka_error *err);

/*
 * Turns jansson's report on a text that does not parse into a toka_error: line, column (1-based, in
 * characters) and reason. Fills err, which may be NULL, and returns its status: TOKA_E_SYNTAX,
 * TOKA_E_TOO_DEEP or
 * TOKA_E_NO_MEMORY.
 */
TOKA_API toka_status toka_error_from_json(toka_error *err, const json_error_t *json_error);

TOKA_API toka_schema *toka_schema_ref(toka_schema *schema); /* returns its argument */
TOKA_API void toka_schema_unref(toka_schema *schema);       /* NULL is fine */

/*
 * Checks an instance. TOKA_OK: it is valid. err may be NULL and is touched only on failure.
 *   TOKA_E_INVALID    err has the first keyword that failed, its place in the schema and the value's place
 *   TOKA_E_LIMIT      TOKA_VALIDATE_MAX_DEPTH, _STEPS or a limit of pattern matching was reached
 *   TOKA_E_NO_MEMORY  see below
 *   TOKA_E_ARGUMENT   there is no schema or no instance
 *
 * If a keyword was reached through a $ref, its pointer is relative to the document that contains it. A schema
 * that applies to itself without end reaches TOKA_VALIDATE_MAX_DEPTH.
 *
 * Nothing is allocated, with two exceptions, both freed before the call returns: uniqueItems on an array
 * longer than TOKA_UNIQUE_MAX_STACK_ITEMS, and a pattern that needs more than 64 KiB to match.
 */
TOKA_API TOKA_NODISCARD toka_status toka_schema_validate(const toka_schema *schema, const json_t *instance,
                                                         toka_error *err);

#endif
