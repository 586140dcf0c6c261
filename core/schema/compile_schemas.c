#include "compile.h"

struct array_rules *draft_array_rules(struct draft *draft)
{
    if (!draft->node->array) {
        draft->node->array = arena_alloc(draft->compiler->arena, sizeof *draft->node->array);
        if (draft->node->array)
            draft->node->array->max_items = UINT64_MAX;
    }
    return draft->node->array;
}

/* An array of schemas, not empty. */
static toka_status compile_list(struct draft *draft, const json_t *value, struct node_list *ret_list)
{
    size_t count = json_array_size(value);
    if (!json_is_array(value) || count == 0)
        return draft_fail(draft, "must be an array with at least one schema");
    const struct node **nodes = arena_array(draft->compiler->arena, count, sizeof(struct node *));
    if (!nodes)
        return compile_no_memory(draft->compiler);
    for (size_t i = 0; i < count; i++) {
        toka_status status = draft_element(draft, i, json_array_get(value, i), &nodes[i]);
        if (status != TOKA_OK)
            return status;
    }
    *ret_list = (struct node_list){.nodes = nodes, .count = count};
    return TOKA_OK;
}

toka_status compile_schema_list(struct draft *draft, const json_t *value)
{
    struct any_rules *rules = &draft->any;
    draft->has_any = true;
    if (draft->keyword == KEYWORD_ALL_OF)
        return compile_list(draft, value, &rules->all_of);
    return compile_list(draft, value, draft->keyword == KEYWORD_ANY_OF ? &rules->any_of : &rules->one_of);
}

toka_status compile_any_schema(struct draft *draft, const json_t *value)
{
    struct any_rules *rules = &draft->any;
    if (draft->keyword == KEYWORD_THEN)
        return draft_schema(draft, value, &rules->consequence);
    if (draft->keyword == KEYWORD_ELSE)
        return draft_schema(draft, value, &rules->alternative);
    draft->has_any = true; /* "then" and "else" mean nothing without an "if" */
    return draft_schema(draft, value, draft->keyword == KEYWORD_NOT ? &rules->negated : &rules->condition);
}

toka_status compile_items(struct draft *draft, const json_t *value)
{
    struct array_rules *rules = draft_array_rules(draft);
    if (!rules)
        return compile_no_memory(draft->compiler);
    if (!json_is_array(value))
        return draft_schema(draft, value, &rules->items);
    rules->is_tuple = true;
    return compile_list(draft, value, &rules->tuple);
}

toka_status compile_array_schema(struct draft *draft, const json_t *value)
{
    struct array_rules *rules = draft_array_rules(draft);
    if (!rules)
        return compile_no_memory(draft->compiler);
    return draft_schema(draft, value,
                        draft->keyword == KEYWORD_CONTAINS ? &rules->contains : &rules->additional);
}

toka_status compile_unique_items(struct draft *draft, const json_t *value)
{
    if (!json_is_boolean(value))
        return draft_fail(draft, "must be a boolean");
    struct array_rules *rules = draft_array_rules(draft);
    if (!rules)
        return compile_no_memory(draft->compiler);
    rules->unique = json_is_true(value);
    return TOKA_OK;
}
