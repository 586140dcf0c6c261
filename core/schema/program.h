/*
 * The compiled form of a schema: a graph of nodes, one for each subschema, that validation walks.
 *
 * Everything here lies in one arena, is written while compiling and never again, and holds copies of the
 * names it needs. Only the values of enum and const stay where jansson has them; the schema holds a
 * reference to each.
 */
#ifndef TOKA_PROGRAM_H
#define TOKA_PROGRAM_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <toka/schema.h>

#include "arena.h"
#include "format.h"
#include "json_number.h"
#include "keyword.h"
#include "names.h"

struct pattern;

enum node_kind {
    NODE_ANY,  /* true, {}, or annotations only */
    NODE_NONE, /* false */
    NODE_REF,
    NODE_RULES,
};

enum type_bit {
    TYPE_NULL = 1,
    TYPE_BOOLEAN = 2,
    TYPE_INTEGER = 4,    /* any integral number */
    TYPE_FRACTIONAL = 8, /* any other number */
    TYPE_STRING = 16,
    TYPE_ARRAY = 32,
    TYPE_OBJECT = 64,
    TYPE_NUMBER = TYPE_INTEGER | TYPE_FRACTIONAL,
};

/* How a node hangs below its parent: the parent's keyword, and a key or an index where the keyword holds
 * several. */
enum step_kind {
    STEP_KEYWORD, /* /keyword */
    STEP_KEY,     /* /keyword/key */
    STEP_INDEX,   /* /keyword/index */
    STEP_POINTER, /* no parent: the key is a whole pointer into a document, "" at its root */
};

struct step {
    const struct node *parent;
    const char *key;
    uint32_t key_size; /* or the index */
    uint8_t keyword;   /* enum keyword */
    uint8_t kind;      /* enum step_kind */
};

struct node_list {
    const struct node **nodes;
    size_t count;
};

struct number_rules {
    struct number minimum, maximum, exclusive_minimum, exclusive_maximum;
    struct decimal multiple_of;
    bool has_minimum, has_maximum, has_exclusive_minimum, has_exclusive_maximum, has_multiple_of;
};

struct string_rules {
    uint64_t min_length, max_length; /* code points */
    const struct pattern *pattern;
    const struct pattern *label; /* what the format needs to judge internationalised names, or NULL */
    enum format format;
    bool is_base64, is_json; /* contentEncoding, contentMediaType */
};

struct array_rules {
    const struct node *items; /* one schema for all, or NULL */
    struct node_list tuple;   /* a schema for each of the first elements */
    const struct node *additional;
    const struct node *contains;
    uint64_t min_items, max_items;
    bool is_tuple, unique;
};

/* What a property brings along when it is there. */
struct dependency {
    const struct node *schema; /* or NULL, and then names */
    const struct name *names;
    size_t name_count;
};

struct property {
    struct name name; /* first, as names_find wants it */
    const struct node *schema;
    const struct dependency *dependency;
    bool required;
    bool declared; /* under "properties" */
};

struct pattern_property {
    const struct pattern *pattern;
    const struct node *schema;
};

struct object_rules {
    const struct property *properties; /* sorted by name */
    size_t property_count;
    size_t required_count;
    const struct pattern_property *patterns;
    size_t pattern_count;
    const struct node *additional;
    const struct node *property_names;
    uint64_t min_properties, max_properties;
};

struct values {
    const struct name *strings; /* sorted */
    size_t string_count;
    const json_t **others;
    size_t other_count;
    bool present;
};

struct any_rules {
    struct values enumeration, constant;
    struct node_list all_of, any_of, one_of;
    const struct node *negated, *condition, *consequence, *alternative;
};

struct node {
    struct step step;
    uint8_t kind;  /* enum node_kind */
    uint8_t types; /* of enum type_bit; 0 allows all */
    union {
        const struct node *target; /* NODE_REF; never itself a NODE_REF once linked */
        struct any_rules *any;     /* NODE_RULES; each of these may be NULL */
    };
    struct number_rules *number;
    struct string_rules *string;
    struct array_rules *array;
    struct object_rules *object;
};

/* A value that the schema holds a reference to. */
struct held {
    struct held *next;
    json_t *value;
};

struct toka_schema {
    atomic_size_t references;
    struct arena arena; /* everything but the toka_schema itself */
    const struct node *root;
    struct held *held; /* documents behind a $ref, enum and const values */
    uint64_t recorded; /* the recorder's: hash of its text in the log, 0 where it is not there */
};

/* Writes the JSON Pointer of a node's keyword; KEYWORD_NONE means the node itself. */
struct line;
void node_pointer(struct line *line, const struct node *node, enum keyword keyword);

#endif
