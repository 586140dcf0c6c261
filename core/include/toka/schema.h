/*
 * A JSON Schema draft-07 compiled into an immutable program.
 *
 * A toka_schema is reference counted: compile gives the caller one reference, toka_schema_ref adds one,
 * toka_schema_unref drops one and frees the schema with the last. Reference counts are atomic; a compiled
 * schema is never written to again, so any number of threads may validate with it at once.
 *
 * The whole of draft-07 is asserted; "format", "contentEncoding" and "contentMediaType" only where the
 * options say so. Every schema is read as draft-07, whatever its $schema says. A schema is checked against
 * the draft-07 metaschema while it is compiled (formats in the metaschema aside: a $ref need not be a
 * well-formed URI, only resolve). The metaschema itself is built in under
 * http://json-schema.org/draft-07/schema; nothing is ever fetched.
 *
 * Patterns are those of ECMA-262 with its u flag, a little more leniently read; see toka_schema_options for
 * the format "regex", which is strict.
 *
 * Schemas and instances may be hostile. The limits below bound what either can cost; beyond one comes an
 * error.
 */
#ifndef TOKA_SCHEMA_H
#define TOKA_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <toka/status.h>

/* A schema's text, in bytes. */
#define TOKA_SCHEMA_MAX_BYTES 65536u
/* Subschemas within subschemas. (jansson itself reads no text nested deeper than 2048.) */
#define TOKA_SCHEMA_MAX_DEPTH 512u
/* What a schema compiles into, its patterns and referenced documents included, in bytes. */
#define TOKA_SCHEMA_MAX_PROGRAM 16777216u
/* Schemas applied within schemas while validating; takes up to 2 MiB of the calling thread's stack. */
#define TOKA_VALIDATE_MAX_DEPTH 4096u
/* Schemas applied, patterns matched and the like in one validation: about a second. */
#define TOKA_VALIDATE_MAX_STEPS 16777216u
/* Elements of an array with uniqueItems; a longer one is checked in scratch memory from malloc. */
#define TOKA_UNIQUE_MAX_STACK_ITEMS 65536u

typedef struct toka_schema toka_schema;

/*
 * Gives the document behind an absolute URI without a fragment, or NULL when there is none. The reference
 * returned becomes the compiler's. Called on the compiling thread, at compile time only, at most once a URI
 * and at most 256 times a schema.
 */
typedef json_t *(*toka_resolver)(const char *uri, void *user_data);

typedef struct toka_schema_options {
    toka_resolver resolver; /* NULL: a $ref to another document is TOKA_E_REF */
    void *resolver_data;
    /* "format" rejects instances, instead of being an annotation; so do "contentEncoding": "base64" and
       "contentMediaType": "application/json". Formats that draft-07 does not name are annotations all the
       same. */
    bool assert_format;
} toka_schema_options;

/*
 * The jansson flags with which libtoka reads this text: any value, NUL in strings, and, only where the text
 * has an integer that does not fit 64 bits, all integers as reals (JSON_DECODE_INT_AS_REAL). Never fails.
 */
TOKA_API size_t toka_json_flags(toka_text text);

/*
 * Compiles a parsed document, of any size. The schema has copies of all it needs but the values of enum and
 * const that are not strings: to those it keeps references, and they must not be changed in place. Otherwise
 * the caller may do with the document what it likes, drop it too. One thread at a
 * time may compile a document or drop a schema made of it (jansson reads reference counts it is about to
 * change); texts have no such rule. options may be NULL: no resolver, formats are annotations.
 *
 * Errors, each with the keyword at fault and the JSON Pointer of its value in err (which may be NULL):
 *   TOKA_E_ARGUMENT   no document, or no ret_schema
 *   TOKA_E_NO_MEMORY
 *   TOKA_E_SCHEMA     the draft-07 metaschema rejects it
 *   TOKA_E_PATTERN    a pattern is no regular expression, or PCRE2 cannot run it
 *   TOKA_E_REF        a $ref leads nowhere, in a circle, to no schema, or to a document that no resolver has
 *   TOKA_E_TOO_DEEP   over TOKA_SCHEMA_MAX_DEPTH
 *   TOKA_E_TOO_LARGE  over TOKA_SCHEMA_MAX_PROGRAM, or over 2^20 subschemas
 *
 * What is wrong inside a referenced document is told in the message, the pointer being that of the $ref. On
 * failure nothing is kept and *ret_schema is untouched.
 */
TOKA_API TOKA_NODISCARD toka_status toka_schema_from_document(json_t *document,
                                                              const toka_schema_options *options,
                                                              toka_schema **ret_schema, toka_error *err);

/*
 * Checks the size limit, parses and compiles; keeps nothing of the text. Besides the errors above:
 *   TOKA_E_ARGUMENT   an empty text
 *   TOKA_E_TOO_LARGE  TOKA_SCHEMA_MAX_BYTES
 *   TOKA_E_SYNTAX     not JSON, or not UTF-8; the message has line and column
 *   TOKA_E_TOO_DEEP   nested deeper than jansson reads
 */
TOKA_API TOKA_NODISCARD toka_status toka_schema_compile(toka_text text, const toka_schema_options *options,
                                                        toka_schema **ret_schema, toka_error *err);

/*
 * Reports what jansson said about a text that does not parse: line, column (1-based, in characters) and
 * reason. Fills err, which may be NULL, and returns the status it put there: TOKA_E_SYNTAX, TOKA_E_TOO_DEEP
 * or TOKA_E_NO_MEMORY.
 */
TOKA_API toka_status toka_error_from_json(toka_error *err, const json_error_t *json_error);

TOKA_API toka_schema *toka_schema_ref(toka_schema *schema); /* returns its argument */
TOKA_API void toka_schema_unref(toka_schema *schema);       /* NULL is fine */

/*
 * Checks an instance. TOKA_OK: it is valid. err may be NULL and is touched only on failure.
 *   TOKA_E_INVALID    err names the first keyword that failed, where it stands and where the value stands
 *   TOKA_E_LIMIT      TOKA_VALIDATE_MAX_DEPTH or _STEPS was reached, or what a pattern may take to match
 *   TOKA_E_NO_MEMORY  see below
 *   TOKA_E_ARGUMENT   no schema or no instance
 *
 * The pointer to a keyword reached through a $ref is one into the document that holds it. A schema that
 * applies to itself without end reaches TOKA_VALIDATE_MAX_DEPTH.
 *
 * Nothing is allocated, with two exceptions that return what they take: uniqueItems on an array longer than
 * TOKA_UNIQUE_MAX_STACK_ITEMS, and a pattern that needs more than 64 KiB to remember its alternatives.
 */
TOKA_API TOKA_NODISCARD toka_status toka_schema_validate(const toka_schema *schema, const json_t *instance,
                                                         toka_error *err);

#endif
