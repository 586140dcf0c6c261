/*
 * Compiling: one walk over a document that checks it against the draft-07 metaschema and builds its nodes,
 * then linking, which finds what every $ref means and may walk further documents.
 *
 *   compile.c           the walk: subschemas, $id, $ref, dispatch by keyword
 *   compile_scalar.c    keywords whose values are numbers, strings and literals
 *   compile_schemas.c   keywords that hold subschemas for any instance or for arrays
 *   compile_object.c    keywords that speak of properties
 *   link.c              URIs, identifiers, references
 */
#ifndef TOKA_COMPILE_H
#define TOKA_COMPILE_H

#include "pattern.h"
#include "program.h"
#include "uri.h"

enum { PLACE_BUCKETS = 256 };

/* A document or an embedded subschema with an $id of its own. */
struct resource {
    struct resource *next;
    struct uri uri; /* absolute where anything made it so; no fragment */
    const json_t *root;
    const struct node *node;
};

/* A location-independent identifier: "$id": "#name". */
struct anchor {
    struct anchor *next;
    const struct resource *resource;
    struct uri name;
    const struct node *node;
};

/* Which node was made of which object of a document, and what its references are relative to. */
struct place {
    struct place *next;
    const json_t *value;
    const struct node *node;
    const struct resource *base;
};

struct reference {
    struct reference *next;
    struct node *node;
    struct uri text;
    const struct resource *base;
};

struct compiler {
    toka_schema *schema;
    struct arena *arena;  /* the schema's: what stays */
    struct arena scratch; /* freed when compiling ends */
    const toka_schema_options *options;
    toka_error *err; /* may be NULL */
    struct pattern_set patterns;
    unsigned depth;
    unsigned nodes;
    unsigned documents;
    struct place *places[PLACE_BUCKETS];
    struct resource *resources;
    struct anchor *anchors;
    struct reference *references, **references_end;
};

/* The subschema being compiled. */
struct draft {
    struct compiler *compiler;
    struct node *node;
    const struct resource *base;
    enum keyword keyword; /* at hand */
    struct any_rules any;
    bool has_any;
    const json_t *properties, *required, *dependencies;
    size_t name_count; /* in those three together, at most */
    bool has_condition;
};

/* Out of memory, or over the size limit of a compiled schema. */
toka_status compile_no_memory(struct compiler *compiler);

/* Reports an error at a keyword of a node. */
__attribute__((format(printf, 5, 6))) toka_status compile_fail(struct compiler *compiler, toka_status status,
                                                               const struct node *node, enum keyword keyword,
                                                               const char *format, ...);

/* TOKA_E_SCHEMA at the keyword at hand. */
__attribute__((format(printf, 2, 3))) toka_status draft_fail(struct draft *draft, const char *format, ...);

/* Compiles the value at one step below a node as a schema. */
toka_status compile_schema(struct compiler *compiler, const struct step *step, const json_t *value,
                           const struct resource *base, const struct node **ret_node);

/* Compiles a subschema of the draft's keyword at hand: the keyword's whole value, a member, an element. */
toka_status draft_schema(struct draft *draft, const json_t *value, const struct node **ret_node);
toka_status draft_member(struct draft *draft, const char *key, size_t key_size, const json_t *value,
                         const struct node **ret_node);
toka_status draft_element(struct draft *draft, size_t index, const json_t *value,
                          const struct node **ret_node);

/* Makes the schema hold a reference to the value until it is freed. */
toka_status compile_hold(struct compiler *compiler, json_t *value);

/* Compiles and links the document, which somebody holds until this returns. */
toka_status compile_document(struct compiler *compiler, const json_t *document);

/* Keyword handlers; the value is what stands behind the draft's keyword at hand. */
typedef toka_status (*keyword_handler)(struct draft *draft, const json_t *value);

toka_status compile_annotation_string(struct draft *draft, const json_t *value);
toka_status compile_annotation_boolean(struct draft *draft, const json_t *value);
toka_status compile_annotation_array(struct draft *draft, const json_t *value);
toka_status compile_type(struct draft *draft, const json_t *value);
toka_status compile_enum(struct draft *draft, const json_t *value);
toka_status compile_const(struct draft *draft, const json_t *value);
toka_status compile_number_bound(struct draft *draft, const json_t *value);
toka_status compile_multiple_of(struct draft *draft, const json_t *value);
toka_status compile_size_bound(struct draft *draft, const json_t *value);
toka_status compile_pattern(struct draft *draft, const json_t *value);
toka_status compile_format(struct draft *draft, const json_t *value);
toka_status compile_content(struct draft *draft, const json_t *value);

toka_status compile_schema_list(struct draft *draft, const json_t *value);
toka_status compile_any_schema(struct draft *draft, const json_t *value);
toka_status compile_items(struct draft *draft, const json_t *value);
toka_status compile_array_schema(struct draft *draft, const json_t *value);
toka_status compile_unique_items(struct draft *draft, const json_t *value);

toka_status compile_definitions(struct draft *draft, const json_t *value);
toka_status compile_pattern_properties(struct draft *draft, const json_t *value);
toka_status compile_object_schema(struct draft *draft, const json_t *value);
toka_status compile_named(struct draft *draft, const json_t *value);
/* After all keywords: properties, required and dependencies in one table. */
toka_status compile_property_table(struct draft *draft);

/* The rules of the node, made when first asked for; NULL when memory ran out. */
struct number_rules *draft_number_rules(struct draft *draft);
struct string_rules *draft_string_rules(struct draft *draft);
struct array_rules *draft_array_rules(struct draft *draft);
struct object_rules *draft_object_rules(struct draft *draft);

/* A pattern at the keyword at hand. */
toka_status draft_pattern(struct draft *draft, const char *text, size_t size,
                          const struct pattern **ret_pattern);

#endif
