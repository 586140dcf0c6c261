/*
 * Resolves the references of a schema: RFC 3986 resolution, $id (draft-07 core, section 8.2), JSON Pointers,
 * and documents from the resolver.
 */
#ifndef TOKA_LINK_H
#define TOKA_LINK_H

#include "compile.h"

/* Documents that one schema may draw in through its resolver. */
enum { LINK_MAX_DOCUMENTS = 256 };

/* Notes that a node was made of a value. */
toka_status link_add_place(struct compiler *compiler, const json_t *value, const struct node *node,
                           const struct resource *base);

/* Takes in the $id of a subschema; *base becomes what its references are relative to. */
toka_status link_add_identifier(struct compiler *compiler, const json_t *schema, const struct node *node,
                                const json_t *identifier, const struct resource **base);

toka_status link_add_reference(struct compiler *compiler, struct node *node, const json_t *text,
                               const struct resource *base);

/* A new resource for a whole document; NULL when memory ran out. */
struct resource *link_add_document(struct compiler *compiler, struct uri uri, const json_t *root);

/* Resolves every reference, also those of documents and subschemas that resolving draws in. */
toka_status link_references(struct compiler *compiler);

#endif
