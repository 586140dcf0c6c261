#include "link.h"

#include <string.h>

#include "metaschema.h"
#include "pointer.h"

static struct place **place_bucket(struct compiler *compiler, const json_t *value)
{
    uint64_t hash = (uint64_t)(uintptr_t)value * 0x9E3779B97F4A7C15u;
    return &compiler->places[hash >> 56 & (PLACE_BUCKETS - 1)];
}

toka_status link_add_place(struct compiler *compiler, const json_t *value, const struct node *node,
                           const struct resource *base)
{
    struct place *place = arena_alloc(&compiler->scratch, sizeof *place);
    if (!place)
        return compile_no_memory(compiler);
    struct place **bucket = place_bucket(compiler, value);
    *place = (struct place){.next = *bucket, .value = value, .node = node, .base = base};
    *bucket = place;
    return TOKA_OK;
}

static const struct place *find_place(struct compiler *compiler, const json_t *value)
{
    const struct place *place = *place_bucket(compiler, value);
    while (place && place->value != value)
        place = place->next;
    return place;
}

struct resource *link_add_document(struct compiler *compiler, struct uri uri, const json_t *root)
{
    struct resource *resource = arena_alloc(&compiler->scratch, sizeof *resource);
    if (!resource)
        return NULL;
    *resource = (struct resource){.next = compiler->resources, .uri = uri, .root = root};
    compiler->resources = resource;
    return resource;
}

static struct uri uri_of(const json_t *string)
{
    return (struct uri){json_string_value(string), json_string_length(string)};
}

/* Copies a fragment without its percent-encoding. */
static bool decode_fragment(struct compiler *compiler, struct uri fragment, char **ret_bytes,
                            size_t *ret_size)
{
    char *bytes = arena_copy(&compiler->scratch, fragment.bytes, fragment.size);
    if (!bytes)
        return false;
    *ret_bytes = bytes;
    *ret_size = pointer_percent_decode(bytes, fragment.size);
    return true;
}

toka_status link_add_identifier(struct compiler *compiler, const json_t *schema, const struct node *node,
                                const json_t *identifier, const struct resource **base)
{
    struct uri uri, fragment, resolved;
    bool has_fragment = uri_split_fragment(uri_of(identifier), &uri, &fragment);
    if (uri.size > 0) {
        if (!uri_resolve(&compiler->scratch, (*base)->uri, uri, &resolved))
            return compile_no_memory(compiler);
        struct resource *resource = link_add_document(compiler, resolved, schema);
        if (!resource)
            return compile_no_memory(compiler);
        resource->node = node;
        *base = resource;
    }
    if (!has_fragment || fragment.size == 0 || fragment.bytes[0] == '/')
        return TOKA_OK;
    struct anchor *anchor = arena_alloc(&compiler->scratch, sizeof *anchor);
    char *name;
    size_t size;
    if (!anchor || !decode_fragment(compiler, fragment, &name, &size))
        return compile_no_memory(compiler);
    *anchor =
        (struct anchor){.next = compiler->anchors, .resource = *base, .name = {name, size}, .node = node};
    compiler->anchors = anchor;
    return TOKA_OK;
}

toka_status link_add_reference(struct compiler *compiler, struct node *node, const json_t *text,
                               const struct resource *base)
{
    struct reference *reference = arena_alloc(&compiler->scratch, sizeof *reference);
    if (!reference)
        return compile_no_memory(compiler);
    *reference = (struct reference){.node = node, .text = uri_of(text), .base = base};
    *compiler->references_end = reference;
    compiler->references_end = &reference->next;
    return TOKA_OK;
}

/* The first of its URI in the document's order. */
static const struct resource *find_resource(const struct compiler *compiler, struct uri uri)
{
    const struct resource *found = NULL;
    for (const struct resource *resource = compiler->resources; resource; resource = resource->next)
        if (uri_equal(resource->uri, uri))
            found = resource;
    return found;
}

static toka_status fail_quoting(struct compiler *compiler, const struct reference *reference, struct uri uri,
                                const char *why)
{
    char buffer[160];
    struct line line;
    line_init(&line, buffer, sizeof buffer);
    line_quote(&line, uri.bytes, uri.size);
    line_format(&line, " %s", why);
    return compile_fail(compiler, TOKA_E_REF, reference->node, KEYWORD_REF, "%s", buffer);
}

/* What went wrong inside the target of a reference is told at the reference, where the reader has to look. */
static toka_status fail_target(struct compiler *compiler, const struct reference *reference,
                               toka_status status)
{
    if (status == TOKA_E_NO_MEMORY || status == TOKA_E_TOO_LARGE)
        return status;
    toka_error inner = {.status = TOKA_OK};
    if (compiler->err)
        inner = *compiler->err;
    char buffer[sizeof inner.message + sizeof inner.pointer];
    struct line line;
    line_init(&line, buffer, sizeof buffer);
    line_format(&line, "refers to a value that is not a schema: %s at ", inner.message);
    line_quote(&line, inner.pointer, strlen(inner.pointer));
    return compile_fail(compiler, status == TOKA_E_SCHEMA ? TOKA_E_REF : status, reference->node, KEYWORD_REF,
                        "%s", buffer);
}

/* Gets a document from where it may come from, as a reference of ours. */
static toka_status fetch_document(struct compiler *compiler, const struct reference *reference,
                                  struct uri uri, json_t **ret_document)
{
    const toka_schema_options *options = compiler->options;
    json_t *document = NULL;
    if (metaschema_is(uri)) {
        document = metaschema_load();
        if (!document)
            return compile_no_memory(compiler);
    } else if (!uri_is_absolute(uri) || memchr(uri.bytes, '\0', uri.size)) {
        return fail_quoting(compiler, reference, uri,
                            "is neither a subschema of this document nor an absolute URI");
    } else if (!options || !options->resolver) {
        return fail_quoting(compiler, reference, uri,
                            "is another document, and there is no resolver to load it");
    } else if (compiler->documents >= LINK_MAX_DOCUMENTS) {
        return fail_quoting(compiler, reference, uri, "would exceed the limit on loaded documents");
    } else {
        document = options->resolver(uri.bytes, options->resolver_data);
        if (!document)
            return fail_quoting(compiler, reference, uri, "is a document that the resolver does not have");
    }
    *ret_document = document;
    return TOKA_OK;
}

static toka_status load_document(struct compiler *compiler, const struct reference *reference, struct uri uri,
                                 const struct resource **ret_resource)
{
    json_t *document = NULL;
    toka_status status = fetch_document(compiler, reference, uri, &document);
    if (status != TOKA_OK)
        return status;
    compiler->documents++;
    status = compile_hold(compiler, document);
    json_decref(document);
    if (status != TOKA_OK)
        return status;
    struct resource *resource = link_add_document(compiler, uri, document);
    if (!resource)
        return compile_no_memory(compiler);
    struct step step = {.kind = STEP_POINTER, .key = ""};
    status = compile_schema(compiler, &step, document, resource, &resource->node);
    if (status != TOKA_OK)
        return fail_target(compiler, reference, status);
    *ret_resource = resource;
    return TOKA_OK;
}

static const struct node *find_anchor(const struct compiler *compiler, const struct resource *resource,
                                      struct uri name)
{
    const struct node *found = NULL;
    for (const struct anchor *anchor = compiler->anchors; anchor; anchor = anchor->next)
        if (anchor->resource->root == resource->root && uri_equal(anchor->name, name))
            found = anchor->node;
    return found;
}

/* A subschema where draft-07 has none, such as in an unknown keyword: compiled because somebody refers to
   it. */
static toka_status compile_target(struct compiler *compiler, const struct reference *reference,
                                  const json_t *value, struct uri pointer, const struct resource *base,
                                  const struct node **ret_node)
{
    char *key = arena_copy(compiler->arena, pointer.bytes, pointer.size);
    if (!key)
        return compile_no_memory(compiler);
    struct step step = {.kind = STEP_POINTER, .key = key, .key_size = (uint32_t)pointer.size};
    toka_status status = compile_schema(compiler, &step, value, base, ret_node);
    return status == TOKA_OK ? TOKA_OK : fail_target(compiler, reference, status);
}

static toka_status follow_pointer(struct compiler *compiler, const struct reference *reference,
                                  const struct resource *resource, struct uri pointer,
                                  const struct node **ret_node)
{
    char *at = arena_copy(&compiler->scratch, pointer.bytes, pointer.size);
    if (!at)
        return compile_no_memory(compiler);
    const char *end = at + pointer.size;
    const json_t *value = resource->root;
    const struct resource *base = resource;
    const struct place *place = NULL;
    while (at < end && value) {
        value = pointer_step(value, &at, end);
        place = value ? find_place(compiler, value) : NULL;
        base = place ? place->base : base;
    }
    if (!value)
        return fail_quoting(compiler, reference, reference->text, "refers to a value that does not exist");
    if (place && json_is_object(value)) {
        *ret_node = place->node;
        return TOKA_OK;
    }
    return compile_target(compiler, reference, value, pointer, base, ret_node);
}

static toka_status find_target(struct compiler *compiler, const struct reference *reference,
                               const struct resource *resource, struct uri fragment,
                               const struct node **ret_node)
{
    char *bytes;
    size_t size;
    if (!decode_fragment(compiler, fragment, &bytes, &size))
        return compile_no_memory(compiler);
    if (size == 0) {
        *ret_node = resource->node;
        return TOKA_OK;
    }
    struct uri decoded = {bytes, size};
    if (bytes[0] == '/')
        return follow_pointer(compiler, reference, resource, decoded, ret_node);
    *ret_node = find_anchor(compiler, resource, decoded);
    return *ret_node ? TOKA_OK
                     : fail_quoting(compiler, reference, reference->text,
                                    "refers to an identifier that does not exist");
}

static toka_status resolve(struct compiler *compiler, struct reference *reference)
{
    struct uri uri, fragment, resolved;
    const struct resource *resource = reference->base;
    uri_split_fragment(reference->text, &uri, &fragment);
    if (uri.size > 0) {
        if (!uri_resolve(&compiler->scratch, resource->uri, uri, &resolved))
            return compile_no_memory(compiler);
        resource = find_resource(compiler, resolved);
        if (!resource) {
            toka_status status = load_document(compiler, reference, resolved, &resource);
            if (status != TOKA_OK)
                return status;
        }
    }
    const struct node *target = NULL;
    toka_status status = find_target(compiler, reference, resource, fragment, &target);
    if (status == TOKA_OK)
        reference->node->target = target;
    return status;
}

/* A reference to a reference becomes one to the schema at the end of the chain. */
static toka_status shorten(struct compiler *compiler, struct reference *reference)
{
    const struct node *target = reference->node->target;
    for (unsigned steps = 0; target->kind == NODE_REF; steps++) {
        if (steps > compiler->nodes)
            return compile_fail(compiler, TOKA_E_REF, reference->node, KEYWORD_REF,
                                "is part of a circle of references that never reaches a schema");
        target = target->target;
    }
    reference->node->target = target;
    return TOKA_OK;
}

toka_status link_references(struct compiler *compiler)
{
    toka_status status = TOKA_OK;
    /* Resolving may append further references. */
    for (struct reference *r = compiler->references; r && status == TOKA_OK; r = r->next)
        status = resolve(compiler, r);
    for (struct reference *r = compiler->references; r && status == TOKA_OK; r = r->next)
        status = shorten(compiler, r);
    return status;
}
