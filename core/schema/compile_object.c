#include "compile.h"

#include <string.h>

/* One mention of a property name, before mentions of the same name are merged. */
struct mention {
    struct name name; /* first, as names_sort wants it */
    const struct node *schema;
    const struct dependency *dependency;
    enum keyword keyword;
};

struct object_rules *draft_object_rules(struct draft *draft)
{
    if (!draft->node->object) {
        draft->node->object = arena_alloc(draft->compiler->arena, sizeof *draft->node->object);
        if (draft->node->object)
            draft->node->object->max_properties = UINT64_MAX;
    }
    return draft->node->object;
}

static toka_status copy_name(struct draft *draft, const char *bytes, size_t size, struct name *ret_name)
{
    if (size > UINT32_MAX)
        return draft_fail(draft, "has a name that is too long");
    char *copy = arena_copy(draft->compiler->arena, bytes, size);
    if (!copy)
        return compile_no_memory(draft->compiler);
    *ret_name = (struct name){.bytes = copy, .size = (uint32_t)size};
    return TOKA_OK;
}

toka_status compile_definitions(struct draft *draft, const json_t *value)
{
    if (!json_is_object(value))
        return draft_fail(draft, "must be an object");
    json_t *object = (json_t *)value;
    for (void *member = json_object_iter(object); member; member = json_object_iter_next(object, member)) {
        struct name name = {.bytes = NULL};
        const struct node *unused;
        toka_status status =
            copy_name(draft, json_object_iter_key(member), json_object_iter_key_len(member), &name);
        if (status == TOKA_OK)
            status = draft_member(draft, name.bytes, name.size, json_object_iter_value(member), &unused);
        if (status != TOKA_OK)
            return status;
    }
    return TOKA_OK;
}

toka_status compile_pattern_properties(struct draft *draft, const json_t *value)
{
    if (!json_is_object(value))
        return draft_fail(draft, "must be an object");
    struct object_rules *rules = draft_object_rules(draft);
    struct pattern_property *patterns =
        arena_array(draft->compiler->arena, json_object_size(value), sizeof *patterns);
    if (!rules || !patterns)
        return compile_no_memory(draft->compiler);
    size_t count = 0;
    json_t *object = (json_t *)value;
    for (void *member = json_object_iter(object); member; member = json_object_iter_next(object, member)) {
        struct pattern_property *entry = &patterns[count++];
        toka_status status = draft_pattern(draft, json_object_iter_key(member),
                                           json_object_iter_key_len(member), &entry->pattern);
        if (status != TOKA_OK)
            return status;
        size_t size;
        const char *text = pattern_text(entry->pattern, &size);
        status = draft_member(draft, text, size, json_object_iter_value(member), &entry->schema);
        if (status != TOKA_OK)
            return status;
    }
    rules->patterns = patterns;
    rules->pattern_count = count;
    return TOKA_OK;
}

toka_status compile_object_schema(struct draft *draft, const json_t *value)
{
    struct object_rules *rules = draft_object_rules(draft);
    if (!rules)
        return compile_no_memory(draft->compiler);
    bool names = draft->keyword == KEYWORD_PROPERTY_NAMES;
    return draft_schema(draft, value, names ? &rules->property_names : &rules->additional);
}

/* properties, required, dependencies: kept until all three are known. */
toka_status compile_named(struct draft *draft, const json_t *value)
{
    bool required = draft->keyword == KEYWORD_REQUIRED;
    if (required ? !json_is_array(value) : !json_is_object(value))
        return draft_fail(draft, required ? "must be an array of strings" : "must be an object");
    draft->name_count += required ? json_array_size(value) : json_object_size(value);
    if (required)
        draft->required = value;
    else if (draft->keyword == KEYWORD_PROPERTIES)
        draft->properties = value;
    else
        draft->dependencies = value;
    return TOKA_OK;
}

static toka_status mention_properties(struct draft *draft, struct mention *mentions, size_t *count)
{
    draft->keyword = KEYWORD_PROPERTIES;
    json_t *object = (json_t *)draft->properties;
    for (void *member = json_object_iter(object); member; member = json_object_iter_next(object, member)) {
        struct mention *mention = &mentions[(*count)++];
        mention->keyword = KEYWORD_PROPERTIES;
        toka_status status =
            copy_name(draft, json_object_iter_key(member), json_object_iter_key_len(member), &mention->name);
        if (status == TOKA_OK)
            status = draft_member(draft, mention->name.bytes, mention->name.size,
                                  json_object_iter_value(member), &mention->schema);
        if (status != TOKA_OK)
            return status;
    }
    return TOKA_OK;
}

static toka_status mention_required(struct draft *draft, struct mention *mentions, size_t *count)
{
    draft->keyword = KEYWORD_REQUIRED;
    size_t size = json_array_size(draft->required);
    for (size_t i = 0; i < size; i++) {
        struct mention *mention = &mentions[(*count)++];
        const json_t *name = json_array_get(draft->required, i);
        if (!json_is_string(name))
            return draft_fail(draft, "element %zu must be a string", i);
        mention->keyword = KEYWORD_REQUIRED;
        toka_status status =
            copy_name(draft, json_string_value(name), json_string_length(name), &mention->name);
        if (status != TOKA_OK)
            return status;
    }
    return TOKA_OK;
}

static toka_status fail_repeated(struct draft *draft, const struct name *name)
{
    char buffer[100];
    struct line line;
    line_init(&line, buffer, sizeof buffer);
    line_quote(&line, name->bytes, name->size);
    return draft_fail(draft, "names %s twice", buffer);
}

/* Names that a property brings along: an array of different strings. */
static toka_status compile_needed_names(struct draft *draft, const json_t *value,
                                        struct dependency *dependency)
{
    size_t count = json_array_size(value);
    struct name *names = arena_array(draft->compiler->arena, count, sizeof *names);
    if (!names)
        return compile_no_memory(draft->compiler);
    for (size_t i = 0; i < count; i++) {
        const json_t *name = json_array_get(value, i);
        if (!json_is_string(name))
            return draft_fail(draft, "must hold schemas, or arrays of strings");
        toka_status status = copy_name(draft, json_string_value(name), json_string_length(name), &names[i]);
        if (status != TOKA_OK)
            return status;
    }
    names_sort(names, count, sizeof *names);
    for (size_t i = 1; i < count; i++)
        if (name_compare(&names[i - 1], &names[i]) == 0)
            return fail_repeated(draft, &names[i]);
    dependency->names = names;
    dependency->name_count = count;
    return TOKA_OK;
}

static toka_status mention_dependencies(struct draft *draft, struct mention *mentions, size_t *count)
{
    draft->keyword = KEYWORD_DEPENDENCIES;
    json_t *object = (json_t *)draft->dependencies;
    for (void *member = json_object_iter(object); member; member = json_object_iter_next(object, member)) {
        struct mention *mention = &mentions[(*count)++];
        const json_t *value = json_object_iter_value(member);
        struct dependency *dependency = arena_alloc(draft->compiler->arena, sizeof *dependency);
        if (!dependency)
            return compile_no_memory(draft->compiler);
        mention->keyword = KEYWORD_DEPENDENCIES;
        mention->dependency = dependency;
        toka_status status =
            copy_name(draft, json_object_iter_key(member), json_object_iter_key_len(member), &mention->name);
        if (status == TOKA_OK && json_is_array(value))
            status = compile_needed_names(draft, value, dependency);
        else if (status == TOKA_OK)
            status = draft_member(draft, mention->name.bytes, mention->name.size, value, &dependency->schema);
        if (status != TOKA_OK)
            return status;
    }
    return TOKA_OK;
}

/* Mentions, sorted by name, become properties; at most one mention of a name comes from each keyword. */
static toka_status merge_mentions(struct draft *draft, const struct mention *mentions, size_t count,
                                  struct property *properties, struct object_rules *rules)
{
    size_t merged = 0;
    for (size_t i = 0; i < count; i++) {
        const struct mention *mention = &mentions[i];
        if (i == 0 || name_compare(&mentions[i - 1].name, &mention->name) != 0)
            properties[merged++].name = mention->name;
        struct property *property = &properties[merged - 1];
        if (mention->keyword == KEYWORD_REQUIRED && property->required) {
            draft->keyword = KEYWORD_REQUIRED;
            return fail_repeated(draft, &mention->name);
        }
        property->required |= mention->keyword == KEYWORD_REQUIRED;
        if (mention->schema) {
            property->schema = mention->schema;
            property->declared = true;
        }
        if (mention->dependency)
            property->dependency = mention->dependency;
        rules->required_count += mention->keyword == KEYWORD_REQUIRED;
    }
    rules->properties = properties;
    rules->property_count = merged;
    return TOKA_OK;
}

toka_status compile_property_table(struct draft *draft)
{
    struct compiler *compiler = draft->compiler;
    size_t room = draft->name_count, count = 0;
    struct object_rules *rules = draft_object_rules(draft);
    struct property *properties = arena_array(compiler->arena, room, sizeof *properties);
    struct mention *mentions = arena_array(&compiler->scratch, room, sizeof *mentions);
    if (!rules || !properties || !mentions)
        return compile_no_memory(compiler);
    toka_status status = TOKA_OK;
    if (draft->properties)
        status = mention_properties(draft, mentions, &count);
    if (status == TOKA_OK && draft->required)
        status = mention_required(draft, mentions, &count);
    if (status == TOKA_OK && draft->dependencies)
        status = mention_dependencies(draft, mentions, &count);
    if (status != TOKA_OK)
        return status;
    names_sort(mentions, count, sizeof *mentions);
    status = merge_mentions(draft, mentions, count, properties, rules);
    arena_return(&compiler->scratch, mentions, room * sizeof *mentions);
    return status;
}
