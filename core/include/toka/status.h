/*
 * Status codes, text views and error reports shared by all of libtoka.
 *
 * Every function that can fail returns a toka_status and, where it takes one, fills a toka_error. Outputs
 * named ret_x are untouched on failure. Nothing here allocates; a toka_error is a plain value that the
 * caller owns and may copy.
 */
#ifndef TOKA_STATUS_H
#define TOKA_STATUS_H

#include <stddef.h>

#define TOKA_API       __attribute__((visibility("default")))
#define TOKA_NODISCARD __attribute__((warn_unused_result))

typedef enum toka_status {
    TOKA_OK = 0,
    TOKA_E_NO_MEMORY,     /* an allocation failed; the state is as before the call */
    TOKA_E_ARGUMENT,      /* a NULL or empty argument where one is required */
    TOKA_E_TOO_LARGE,     /* a text exceeds its size limit */
    TOKA_E_TOO_DEEP,      /* nesting exceeds its limit */
    TOKA_E_SYNTAX,        /* not JSON (or, for manifests, not YAML or JSON); also invalid UTF-8 */
    TOKA_E_SCHEMA,        /* JSON, but not a valid draft-07 schema */
    TOKA_E_PATTERN,       /* a regular expression that does not compile */
    TOKA_E_REF,           /* a $ref that cannot be resolved */
    TOKA_E_INVALID,       /* an instance that its schema rejects, or a manifest that breaks a rule */
    TOKA_E_LIMIT,         /* a work limit was reached while validating (pattern matching, recursion) */
    TOKA_E_NOT_FOUND,     /* no such tag */
    TOKA_E_NOT_SUPPORTED, /* this build does not offer the operation */
    TOKA_E_FILE,          /* a file cannot be created or written */
} toka_status;

/* A stable lower-case name such as "too-large", or "unknown"; never NULL. Any thread. */
TOKA_API const char *toka_status_name(toka_status status);

/* Bytes that somebody else owns; may hold NUL bytes. The callee never keeps the pointer unless it says so. */
typedef struct toka_text {
    const char *data;
    size_t size; /* bytes */
} toka_text;

/*
 * What went wrong, and where. All strings are NUL-terminated and valid UTF-8; control characters are escaped,
 * and a string that is too long is cut between two characters.
 */
typedef struct toka_error {
    toka_status status;
    char keyword[32];   /* the schema keyword or manifest field at fault; "" if there is none */
    char pointer[256];  /* JSON Pointer (RFC 6901) into the schema or manifest; "" is the whole document */
    char instance[256]; /* JSON Pointer into the instance, to where validation failed or reached a limit */
    char message[256];  /* one line for a person, without the pointers */
} toka_error;

#endif
