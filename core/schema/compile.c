#include "compile.h"

#include <stdarg.h>
#include <string.h>

#include "link.h"

/* A schema has at most this many subschemas, referenced documents included. */
enum { MAX_NODES = 1 << 20 };

static const keyword_handler handlers[KEYWORD_COUNT] = {
    [KEYWORD_IF] = compile_any_schema,
    [KEYWORD_ID] = compile_annotation_string,
    [KEYWORD_NOT] = compile_any_schema,
    [KEYWORD_TYPE] = compile_type,
    [KEYWORD_REF] = compile_annotation_string,
    [KEYWORD_ENUM] = compile_enum,
    [KEYWORD_THEN] = compile_any_schema,
    [KEYWORD_ELSE] = compile_any_schema,
    [KEYWORD_TITLE] = compile_annotation_string,
    [KEYWORD_ITEMS] = compile_items,
    [KEYWORD_ONE_OF] = compile_schema_list,
    [KEYWORD_ANY_OF] = compile_schema_list,
    [KEYWORD_ALL_OF] = compile_schema_list,
    [KEYWORD_CONST] = compile_const,
    [KEYWORD_FORMAT] = compile_format,
    [KEYWORD_SCHEMA] = compile_annotation_string,
    [KEYWORD_PATTERN] = compile_pattern,
    [KEYWORD_MINIMUM] = compile_number_bound,
    [KEYWORD_MAXIMUM] = compile_number_bound,
    [KEYWORD_REQUIRED] = compile_named,
    [KEYWORD_MIN_ITEMS] = compile_size_bound,
    [KEYWORD_EXAMPLES] = compile_annotation_array,
    [KEYWORD_MAX_ITEMS] = compile_size_bound,
    [KEYWORD_CONTAINS] = compile_array_schema,
    [KEYWORD_READ_ONLY] = compile_annotation_boolean,
    [KEYWORD_COMMENT] = compile_annotation_string,
    [KEYWORD_MIN_LENGTH] = compile_size_bound,
    [KEYWORD_MAX_LENGTH] = compile_size_bound,
    [KEYWORD_WRITE_ONLY] = compile_annotation_boolean,
    [KEYWORD_PROPERTIES] = compile_named,
    [KEYWORD_MULTIPLE_OF] = compile_multiple_of,
    [KEYWORD_DESCRIPTION] = compile_annotation_string,
    [KEYWORD_DEFINITIONS] = compile_definitions,
    [KEYWORD_UNIQUE_ITEMS] = compile_unique_items,
    [KEYWORD_DEPENDENCIES] = compile_named,
    [KEYWORD_MIN_PROPERTIES] = compile_size_bound,
    [KEYWORD_MAX_PROPERTIES] = compile_size_bound,
    [KEYWORD_PROPERTY_NAMES] = compile_object_schema,
    [KEYWORD_ADDITIONAL_ITEMS] = compile_array_schema,
    [KEYWORD_CONTENT_ENCODING] = compile_content,
    [KEYWORD_EXCLUSIVE_MINIMUM] = compile_number_bound,
    [KEYWORD_EXCLUSIVE_MAXIMUM] = compile_number_bound,
    [KEYWORD_CONTENT_MEDIA_TYPE] = compile_content,
    [KEYWORD_PATTERN_PROPERTIES] = compile_pattern_properties,
    [KEYWORD_ADDITIONAL_PROPERTIES] = compile_object_schema,
};

__attribute__((format(printf, 5, 0))) static toka_status report(struct compiler *compiler, toka_status status,
                                                                const struct node *node, enum keyword keyword,
                                                                const char *format, va_list arguments)
{
    toka_error *err = compiler->err;
    if (!err)
        return status;
    struct line line;
    *err = (toka_error){.status = status};
    line_init(&line, err->pointer, sizeof err->pointer);
    node_pointer(&line, node, keyword);
    if (keyword == KEYWORD_NONE && node && node->step.parent)
        keyword = (enum keyword)node->step.keyword; /* the one that should hold a schema */
    line_init(&line, err->keyword, sizeof err->keyword);
    line_add(&line, keyword_name(keyword), strlen(keyword_name(keyword)));
    line_init(&line, err->message, sizeof err->message);
    line_vformat(&line, format, arguments);
    return status;
}

toka_status compile_fail(struct compiler *compiler, toka_status status, const struct node *node,
                         enum keyword keyword, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(compiler, status, node, keyword, format, arguments);
    va_end(arguments);
    return status;
}

toka_status draft_fail(struct draft *draft, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(draft->compiler, TOKA_E_SCHEMA, draft->node, draft->keyword, format, arguments);
    va_end(arguments);
    return TOKA_E_SCHEMA;
}

toka_status compile_no_memory(struct compiler *compiler)
{
    if (compiler->arena->over_limit || compiler->scratch.over_limit)
        return compile_fail(compiler, TOKA_E_TOO_LARGE, NULL, KEYWORD_NONE,
                            "the compiled schema would be larger than %u MiB", TOKA_SCHEMA_MAX_PROGRAM >> 20);
    return compile_fail(compiler, TOKA_E_NO_MEMORY, NULL, KEYWORD_NONE, "out of memory");
}

toka_status compile_hold(struct compiler *compiler, json_t *value)
{
    struct held *held = arena_alloc(compiler->arena, sizeof *held);
    if (!held)
        return compile_no_memory(compiler);
    held->value = json_incref(value);
    held->next = compiler->schema->held;
    compiler->schema->held = held;
    return TOKA_OK;
}

/* $ref and $id decide what all the other keywords mean, wherever they stand. */
static void find_identity(const json_t *schema, const json_t **ret_reference, const json_t **ret_identifier)
{
    json_t *object = (json_t *)schema;
    for (void *member = json_object_iter(object); member; member = json_object_iter_next(object, member)) {
        const char *key = json_object_iter_key(member);
        if (key[0] != '$')
            continue;
        if (strcmp(key, "$ref") == 0)
            *ret_reference = json_object_iter_value(member);
        else if (strcmp(key, "$id") == 0)
            *ret_identifier = json_object_iter_value(member);
    }
}

static toka_status compile_keywords(struct draft *draft, const json_t *schema)
{
    json_t *object = (json_t *)schema;
    for (void *member = json_object_iter(object); member; member = json_object_iter_next(object, member)) {
        draft->keyword = keyword_find(json_object_iter_key(member), json_object_iter_key_len(member));
        keyword_handler handler = handlers[draft->keyword];
        if (!handler)
            continue;
        toka_status status = handler(draft, json_object_iter_value(member));
        if (status != TOKA_OK)
            return status;
    }
    return draft->name_count ? compile_property_table(draft) : TOKA_OK;
}

/* What the keywords left behind becomes the node. */
static toka_status draft_finish(struct draft *draft, const json_t *reference)
{
    struct compiler *compiler = draft->compiler;
    struct node *node = draft->node;
    if (reference) {
        node->kind = NODE_REF;
        node->types = 0;
        return link_add_reference(compiler, node, reference, draft->base);
    }
    if (draft->has_any) {
        node->any = arena_alloc(compiler->arena, sizeof draft->any);
        if (!node->any)
            return compile_no_memory(compiler);
        *node->any = draft->any;
    }
    bool rules = node->types || node->any || node->number || node->string || node->array || node->object;
    node->kind = rules ? NODE_RULES : NODE_ANY;
    return TOKA_OK;
}

static toka_status compile_object(struct compiler *compiler, struct node *node, const json_t *value,
                                  const struct resource *base)
{
    const json_t *reference = NULL, *identifier = NULL;
    find_identity(value, &reference, &identifier);
    if (!json_is_string(reference))
        reference = NULL; /* its handler reports it */
    if (json_is_string(identifier) && !reference) {
        toka_status status = link_add_identifier(compiler, value, node, identifier, &base);
        if (status != TOKA_OK)
            return status;
    }
    toka_status status = link_add_place(compiler, value, node, base);
    if (status != TOKA_OK)
        return status;
    struct draft draft = {.compiler = compiler, .node = node, .base = base};
    status = compile_keywords(&draft, value);
    return status == TOKA_OK ? draft_finish(&draft, reference) : status;
}

toka_status compile_schema(struct compiler *compiler, const struct step *step, const json_t *value,
                           const struct resource *base, const struct node **ret_node)
{
    struct node *node = arena_alloc(compiler->arena, sizeof *node);
    if (!node)
        return compile_no_memory(compiler);
    node->step = *step;
    if (compiler->depth >= TOKA_SCHEMA_MAX_DEPTH)
        return compile_fail(compiler, TOKA_E_TOO_DEEP, node, KEYWORD_NONE, "subschemas nest deeper than %u",
                            TOKA_SCHEMA_MAX_DEPTH);
    if (compiler->nodes++ >= MAX_NODES)
        return compile_fail(compiler, TOKA_E_TOO_LARGE, node, KEYWORD_NONE, "has more than %d subschemas",
                            MAX_NODES);
    toka_status status = TOKA_OK;
    if (json_is_boolean(value)) {
        node->kind = json_is_true(value) ? NODE_ANY : NODE_NONE;
    } else if (json_is_object(value)) {
        compiler->depth++;
        status = compile_object(compiler, node, value, base);
        compiler->depth--;
    } else {
        status = compile_fail(compiler, TOKA_E_SCHEMA, node, KEYWORD_NONE,
                              "must be a schema: an object or a boolean");
    }
    if (status == TOKA_OK)
        *ret_node = node;
    return status;
}

toka_status draft_schema(struct draft *draft, const json_t *value, const struct node **ret_node)
{
    struct step step = {.parent = draft->node, .keyword = (uint8_t)draft->keyword, .kind = STEP_KEYWORD};
    return compile_schema(draft->compiler, &step, value, draft->base, ret_node);
}

toka_status draft_member(struct draft *draft, const char *key, size_t key_size, const json_t *value,
                         const struct node **ret_node)
{
    struct step step = {.parent = draft->node,
                        .keyword = (uint8_t)draft->keyword,
                        .kind = STEP_KEY,
                        .key = key,
                        .key_size = (uint32_t)key_size};
    return compile_schema(draft->compiler, &step, value, draft->base, ret_node);
}

toka_status draft_element(struct draft *draft, size_t index, const json_t *value,
                          const struct node **ret_node)
{
    struct step step = {.parent = draft->node,
                        .keyword = (uint8_t)draft->keyword,
                        .kind = STEP_INDEX,
                        .key_size = (uint32_t)index};
    return compile_schema(draft->compiler, &step, value, draft->base, ret_node);
}

toka_status compile_document(struct compiler *compiler, const json_t *document)
{
    struct resource *base = link_add_document(compiler, (struct uri){"", 0}, document);
    if (!base)
        return compile_no_memory(compiler);
    struct step step = {.kind = STEP_POINTER, .key = ""};
    toka_status status = compile_schema(compiler, &step, document, base, &base->node);
    if (status != TOKA_OK)
        return status;
    compiler->schema->root = base->node;
    status = link_references(compiler);
    /* A root that is a reference is replaced by what it refers to, so that validation never begins with
       one. */
    if (status == TOKA_OK && base->node->kind == NODE_REF)
        compiler->schema->root = base->node->target;
    return status;
}
