#include "unique.h"
#include "validate.h"

static toka_status check_size(struct run *run, const struct node *node, const json_t *value,
                              const struct spot *spot)
{
    const struct array_rules *rules = node->array;
    size_t size = json_array_size(value);
    if (size < rules->min_items)
        return validate_fail(run, node, spot, KEYWORD_MIN_ITEMS, "has too few elements: %zu, minimum %llu",
                             size, (unsigned long long)rules->min_items);
    if (size > rules->max_items)
        return validate_fail(run, node, spot, KEYWORD_MAX_ITEMS, "has too many elements: %zu, maximum %llu",
                             size, (unsigned long long)rules->max_items);
    return TOKA_OK;
}

static const struct node *schema_of_element(const struct array_rules *rules, size_t index)
{
    if (!rules->is_tuple)
        return rules->items;
    return index < rules->tuple.count ? rules->tuple.nodes[index] : rules->additional;
}

static toka_status check_elements(struct run *run, const struct array_rules *rules, const json_t *value,
                                  const struct spot *spot)
{
    size_t size = json_array_size(value);
    for (size_t i = 0; i < size; i++) {
        const struct node *schema = schema_of_element(rules, i);
        if (!schema)
            return TOKA_OK; /* nor has any element behind it one */
        struct spot element = {.parent = spot, .size = i};
        toka_status status = validate_node(run, schema, json_array_get(value, i), &element);
        if (status != TOKA_OK)
            return status;
    }
    return TOKA_OK;
}

static toka_status check_contains(struct run *run, const struct node *node, const json_t *value,
                                  const struct spot *spot)
{
    if (!node->array->contains)
        return TOKA_OK;
    size_t size = json_array_size(value);
    for (size_t i = 0; i < size; i++) {
        struct spot element = {.parent = spot, .size = i};
        toka_status status = validate_quietly(run, node->array->contains, json_array_get(value, i), &element);
        if (status != TOKA_E_INVALID)
            return status;
    }
    return validate_fail(run, node, spot, KEYWORD_CONTAINS, "has no element that matches");
}

static toka_status check_unique(struct run *run, const struct node *node, const json_t *value,
                                const struct spot *spot)
{
    if (!node->array->unique)
        return TOKA_OK;
    size_t first = 0, second = 0;
    toka_status status = unique_check(value, &first, &second);
    if (status == TOKA_OK)
        return TOKA_OK;
    if (status == TOKA_E_INVALID)
        return validate_fail(run, node, spot, KEYWORD_UNIQUE_ITEMS, "elements %zu and %zu are equal", first,
                             second);
    return validate_stop(run, node, spot, KEYWORD_UNIQUE_ITEMS, status,
                         "takes too many steps to compare its elements");
}

toka_status validate_array(struct run *run, const struct node *node, const json_t *value,
                           const struct spot *spot)
{
    toka_status status = check_size(run, node, value, spot);
    if (status == TOKA_OK)
        status = check_elements(run, node->array, value, spot);
    if (status == TOKA_OK)
        status = check_contains(run, node, value, spot);
    if (status == TOKA_OK)
        status = check_unique(run, node, value, spot);
    return status;
}
