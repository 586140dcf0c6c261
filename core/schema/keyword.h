/*
 * The keywords of JSON Schema draft-07.
 */
#ifndef TOKA_KEYWORD_H
#define TOKA_KEYWORD_H

#include <stddef.h>

/* X(SYMBOL, "text"), by length of the text and then by how often real schemas use it. */
#define KEYWORD_LIST(X)                                                                                      \
    X(IF, "if")                                                                                              \
    X(ID, "$id")                                                                                             \
    X(NOT, "not")                                                                                            \
    X(TYPE, "type")                                                                                          \
    X(REF, "$ref")                                                                                           \
    X(ENUM, "enum")                                                                                          \
    X(THEN, "then")                                                                                          \
    X(ELSE, "else")                                                                                          \
    X(TITLE, "title")                                                                                        \
    X(ITEMS, "items")                                                                                        \
    X(ONE_OF, "oneOf")                                                                                       \
    X(ANY_OF, "anyOf")                                                                                       \
    X(ALL_OF, "allOf")                                                                                       \
    X(CONST, "const")                                                                                        \
    X(FORMAT, "format")                                                                                      \
    X(DEFAULT, "default")                                                                                    \
    X(SCHEMA, "$schema")                                                                                     \
    X(PATTERN, "pattern")                                                                                    \
    X(MINIMUM, "minimum")                                                                                    \
    X(MAXIMUM, "maximum")                                                                                    \
    X(REQUIRED, "required")                                                                                  \
    X(MIN_ITEMS, "minItems")                                                                                 \
    X(EXAMPLES, "examples")                                                                                  \
    X(MAX_ITEMS, "maxItems")                                                                                 \
    X(CONTAINS, "contains")                                                                                  \
    X(READ_ONLY, "readOnly")                                                                                 \
    X(COMMENT, "$comment")                                                                                   \
    X(MIN_LENGTH, "minLength")                                                                               \
    X(MAX_LENGTH, "maxLength")                                                                               \
    X(WRITE_ONLY, "writeOnly")                                                                               \
    X(PROPERTIES, "properties")                                                                              \
    X(MULTIPLE_OF, "multipleOf")                                                                             \
    X(DESCRIPTION, "description")                                                                            \
    X(DEFINITIONS, "definitions")                                                                            \
    X(UNIQUE_ITEMS, "uniqueItems")                                                                           \
    X(DEPENDENCIES, "dependencies")                                                                          \
    X(MIN_PROPERTIES, "minProperties")                                                                       \
    X(MAX_PROPERTIES, "maxProperties")                                                                       \
    X(PROPERTY_NAMES, "propertyNames")                                                                       \
    X(ADDITIONAL_ITEMS, "additionalItems")                                                                   \
    X(CONTENT_ENCODING, "contentEncoding")                                                                   \
    X(EXCLUSIVE_MINIMUM, "exclusiveMinimum")                                                                 \
    X(EXCLUSIVE_MAXIMUM, "exclusiveMaximum")                                                                 \
    X(CONTENT_MEDIA_TYPE, "contentMediaType")                                                                \
    X(PATTERN_PROPERTIES, "patternProperties")                                                               \
    X(ADDITIONAL_PROPERTIES, "additionalProperties")

enum keyword {
    KEYWORD_NONE, /* not a keyword of draft-07, or no keyword at all */
#define KEYWORD_SYMBOL(symbol, text) KEYWORD_##symbol,
    KEYWORD_LIST(KEYWORD_SYMBOL)
#undef KEYWORD_SYMBOL
        KEYWORD_COUNT
};

enum keyword keyword_find(const char *name, size_t size);

/* "" for KEYWORD_NONE. */
const char *keyword_name(enum keyword keyword);

#endif
