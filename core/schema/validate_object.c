#include "line.h"
#include "validate.h"

static toka_status check_size(struct run *run, const struct node *node, const json_t *value,
                              const struct spot *spot)
{
    const struct object_rules *rules = node->object;
    size_t size = json_object_size(value);
    if (size < rules->min_properties)
        return validate_fail(run, node, spot, KEYWORD_MIN_PROPERTIES,
                             "has too few properties: %zu, minimum %llu", size,
                             (unsigned long long)rules->min_properties);
    if (size > rules->max_properties)
        return validate_fail(run, node, spot, KEYWORD_MAX_PROPERTIES,
                             "has too many properties: %zu, maximum %llu", size,
                             (unsigned long long)rules->max_properties);
    return TOKA_OK;
}

static toka_status fail_missing(struct run *run, const struct node *node, const struct spot *spot,
                                enum keyword keyword, const struct name *name)
{
    char buffer[100];
    struct line line;
    if (run->quiet > 0 || !run->err)
        return TOKA_E_INVALID;
    line_init(&line, buffer, sizeof buffer);
    line_quote(&line, name->bytes, name->size);
    return validate_fail(run, node, spot, keyword, "does not have the property %s", buffer);
}

static toka_status check_dependency(struct run *run, const struct node *node,
                                    const struct dependency *dependency, const json_t *value,
                                    const struct spot *spot)
{
    if (dependency->schema)
        return validate_node(run, dependency->schema, value, spot);
    for (size_t i = 0; i < dependency->name_count; i++) {
        const struct name *name = &dependency->names[i];
        if (!json_object_getn(value, name->bytes, name->size))
            return fail_missing(run, node, spot, KEYWORD_DEPENDENCIES, name);
    }
    return TOKA_OK;
}

/* The patterns that a property's name matches; *matched then. */
static toka_status check_patterns(struct run *run, const struct node *node, const json_t *value,
                                  const struct spot *member, bool *matched)
{
    const struct object_rules *rules = node->object;
    for (size_t i = 0; i < rules->pattern_count; i++) {
        toka_status status = validate_match(run, node, KEYWORD_PATTERN_PROPERTIES, rules->patterns[i].pattern,
                                            member->key, member->size, member);
        if (status == TOKA_E_INVALID)
            continue;
        if (status != TOKA_OK)
            return status;
        *matched = true;
        status = validate_node(run, rules->patterns[i].schema, value, member);
        if (status != TOKA_OK)
            return status;
    }
    return TOKA_OK;
}

static toka_status check_member(struct run *run, const struct node *node, const struct property *property,
                                const json_t *value, const struct spot *member)
{
    const struct object_rules *rules = node->object;
    toka_status status = TOKA_OK;
    bool matched = property && property->declared;
    if (rules->property_names)
        status = validate_node(run, rules->property_names, NULL, member);
    if (status == TOKA_OK && matched)
        status = validate_node(run, property->schema, value, member);
    if (status == TOKA_OK)
        status = check_patterns(run, node, value, member, &matched);
    if (status == TOKA_OK && !matched && rules->additional)
        status = validate_node(run, rules->additional, value, member);
    return status;
}

static toka_status check_required(struct run *run, const struct node *node, size_t found, const json_t *value,
                                  const struct spot *spot)
{
    const struct object_rules *rules = node->object;
    if (found == rules->required_count)
        return TOKA_OK;
    for (size_t i = 0; i < rules->property_count; i++) {
        const struct property *property = &rules->properties[i];
        if (property->required && !json_object_getn(value, property->name.bytes, property->name.size))
            return fail_missing(run, node, spot, KEYWORD_REQUIRED, &property->name);
    }
    return TOKA_E_INVALID;
}

toka_status validate_object(struct run *run, const struct node *node, const json_t *value,
                            const struct spot *spot)
{
    const struct object_rules *rules = node->object;
    json_t *object = (json_t *)value; /* jansson's iterators take no const, and change nothing */
    size_t found = 0;
    toka_status status = check_size(run, node, value, spot);
    for (void *at = json_object_iter(object); at && status == TOKA_OK;
         at = json_object_iter_next(object, at)) {
        struct spot member = {
            .parent = spot, .key = json_object_iter_key(at), .size = json_object_iter_key_len(at)};
        const struct property *property =
            names_find(rules->properties, rules->property_count, sizeof *property, member.key, member.size);
        if (property && property->required)
            found++;
        status = check_member(run, node, property, json_object_iter_value(at), &member);
        if (status == TOKA_OK && property && property->dependency)
            status = check_dependency(run, node, property->dependency, value, spot);
    }
    return status == TOKA_OK ? check_required(run, node, found, value, spot) : status;
}
