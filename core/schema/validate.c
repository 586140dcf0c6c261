#include "validate.h"

#include <stdarg.h>
#include <string.h>

#include "equal.h"
#include "line.h"
#include "recording.h"

static void add_spots(struct line *line, const struct spot *spot)
{
    size_t depth = 0;
    for (const struct spot *s = spot; s->parent; s = s->parent)
        depth++;
    for (; depth > 0 && !line->full; depth--) {
        const struct spot *at = spot;
        for (size_t up = 1; up < depth; up++)
            at = at->parent;
        if (at->key)
            line_token(line, at->key, at->size);
        else
            line_format(line, "/%zu", at->size);
    }
}

__attribute__((format(printf, 6, 0))) static void report(struct run *run, toka_status status,
                                                         const struct node *node, const struct spot *spot,
                                                         enum keyword keyword, const char *format,
                                                         va_list arguments)
{
    toka_error *err = run->err;
    struct line line;
    *err = (toka_error){.status = status};
    line_init(&line, err->pointer, sizeof err->pointer);
    node_pointer(&line, node, keyword);
    if (keyword == KEYWORD_NONE && node->step.parent)
        keyword = (enum keyword)node->step.keyword; /* the keyword that holds a subschema of false */
    line_init(&line, err->keyword, sizeof err->keyword);
    line_add(&line, keyword_name(keyword), strlen(keyword_name(keyword)));
    line_init(&line, err->instance, sizeof err->instance);
    add_spots(&line, spot);
    line_init(&line, err->message, sizeof err->message);
    line_vformat(&line, format, arguments);
}

toka_status validate_fail(struct run *run, const struct node *node, const struct spot *spot,
                          enum keyword keyword, const char *format, ...)
{
    if (run->err && run->quiet == 0) {
        va_list arguments;
        va_start(arguments, format);
        report(run, TOKA_E_INVALID, node, spot, keyword, format, arguments);
        va_end(arguments);
    }
    return TOKA_E_INVALID;
}

__attribute__((format(printf, 6, 7))) static void report_stop(struct run *run, toka_status status,
                                                              const struct node *node,
                                                              const struct spot *spot, enum keyword keyword,
                                                              const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(run, status, node, spot, keyword, format, arguments);
    va_end(arguments);
}

toka_status validate_stop(struct run *run, const struct node *node, const struct spot *spot,
                          enum keyword keyword, toka_status status, const char *message)
{
    if (run->err)
        report_stop(run, status, node, spot, keyword, "%s", message);
    return status;
}

const char *validate_text(const json_t *value, const struct spot *spot, size_t *ret_size)
{
    *ret_size = value ? json_string_length(value) : spot->size;
    return value ? json_string_value(value) : spot->key;
}

static unsigned type_of(const json_t *value)
{
    if (!value)
        return TYPE_STRING;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return TYPE_OBJECT;
    case JSON_ARRAY:
        return TYPE_ARRAY;
    case JSON_STRING:
        return TYPE_STRING;
    case JSON_INTEGER:
        return TYPE_INTEGER;
    case JSON_REAL:
        return number_is_integral(number_of(value)) ? TYPE_INTEGER : TYPE_FRACTIONAL;
    case JSON_TRUE:
    case JSON_FALSE:
        return TYPE_BOOLEAN;
    default:
        return TYPE_NULL;
    }
}

static const char *type_name(unsigned type)
{
    switch (type) {
    case TYPE_OBJECT:
        return "an object";
    case TYPE_ARRAY:
        return "an array";
    case TYPE_STRING:
        return "a string";
    case TYPE_INTEGER:
        return "an integer";
    case TYPE_FRACTIONAL:
        return "a number that is not an integer";
    case TYPE_BOOLEAN:
        return "a boolean";
    default:
        return "null";
    }
}

static toka_status fail_type(struct run *run, const struct node *node, const struct spot *spot, unsigned type)
{
    char names[160] = "";
    size_t size = 0;
    if (run->quiet > 0 || !run->err)
        return TOKA_E_INVALID;
    for (unsigned bit = TYPE_NULL; bit <= TYPE_OBJECT; bit <<= 1) {
        bool number = (node->types & TYPE_NUMBER) == TYPE_NUMBER;
        if (!(node->types & bit) || (number && bit == TYPE_INTEGER))
            continue;
        const char *name = number && bit == TYPE_FRACTIONAL ? "a number" : type_name(bit);
        size_t length = strlen(name);
        if (size)
            size = (size_t)(stpcpy(names + size, " or ") - names);
        memcpy(names + size, name, length + 1);
        size += length;
    }
    return validate_fail(run, node, spot, KEYWORD_TYPE, "is %s, but must be %s", type_name(type), names);
}

/* Whether a value is one of an enum. */
static bool contains_value(const struct values *values, const json_t *value, const struct spot *spot,
                           bool *too_deep)
{
    if (!value || json_is_string(value)) {
        size_t size;
        const char *text = validate_text(value, spot, &size);
        return names_find(values->strings, values->string_count, sizeof(struct name), text, size) != NULL;
    }
    for (size_t i = 0; i < values->other_count; i++)
        if (equal_values(values->others[i], value, too_deep))
            return true;
    return false;
}

static toka_status check_values(struct run *run, const struct node *node, const json_t *value,
                                const struct spot *spot, enum keyword keyword)
{
    const struct any_rules *rules = node->any;
    const struct values *values = keyword == KEYWORD_ENUM ? &rules->enumeration : &rules->constant;
    bool too_deep = false;
    run->steps += values->other_count / 8; /* comparing a value is quicker than applying a schema */
    if (!values->present || contains_value(values, value, spot, &too_deep))
        return TOKA_OK;
    if (too_deep)
        return validate_stop(run, node, spot, keyword, TOKA_E_LIMIT, "is nested too deeply to compare");
    return validate_fail(run, node, spot, keyword,
                         keyword == KEYWORD_ENUM ? "is not one of the allowed values"
                                                 : "is not the required value");
}

static toka_status check_all_of(struct run *run, const struct node_list *list, const json_t *value,
                                const struct spot *spot)
{
    toka_status status = TOKA_OK;
    for (size_t i = 0; i < list->count && status == TOKA_OK; i++)
        status = validate_node(run, list->nodes[i], value, spot);
    return status;
}

static toka_status check_any_of(struct run *run, const struct node *node, const json_t *value,
                                const struct spot *spot)
{
    const struct node_list *list = &node->any->any_of;
    if (list->count == 0)
        return TOKA_OK;
    for (size_t i = 0; i < list->count; i++) {
        toka_status status = validate_quietly(run, list->nodes[i], value, spot);
        if (status != TOKA_E_INVALID)
            return status;
    }
    return validate_fail(run, node, spot, KEYWORD_ANY_OF, "matches none of %zu schemas", list->count);
}

static toka_status check_one_of(struct run *run, const struct node *node, const json_t *value,
                                const struct spot *spot)
{
    const struct node_list *list = &node->any->one_of;
    size_t first = list->count;
    for (size_t i = 0; i < list->count; i++) {
        toka_status status = validate_quietly(run, list->nodes[i], value, spot);
        if (status == TOKA_OK && first < list->count)
            return validate_fail(run, node, spot, KEYWORD_ONE_OF,
                                 "matches schemas %zu and %zu, but must match only one", first, i);
        if (status == TOKA_OK)
            first = i;
        else if (status != TOKA_E_INVALID)
            return status;
    }
    if (list->count > 0 && first == list->count)
        return validate_fail(run, node, spot, KEYWORD_ONE_OF, "matches none of %zu schemas", list->count);
    return TOKA_OK;
}

static toka_status check_not(struct run *run, const struct node *node, const json_t *value,
                             const struct spot *spot)
{
    if (!node->any->negated)
        return TOKA_OK;
    toka_status status = validate_quietly(run, node->any->negated, value, spot);
    if (status == TOKA_OK)
        return validate_fail(run, node, spot, KEYWORD_NOT, "matches a schema that it must not match");
    return status == TOKA_E_INVALID ? TOKA_OK : status;
}

static toka_status check_condition(struct run *run, const struct any_rules *rules, const json_t *value,
                                   const struct spot *spot)
{
    if (!rules->condition || (!rules->consequence && !rules->alternative))
        return TOKA_OK;
    toka_status status = validate_quietly(run, rules->condition, value, spot);
    if (status != TOKA_OK && status != TOKA_E_INVALID)
        return status;
    const struct node *next = status == TOKA_OK ? rules->consequence : rules->alternative;
    return next ? validate_node(run, next, value, spot) : TOKA_OK;
}

static toka_status check_any(struct run *run, const struct node *node, const json_t *value,
                             const struct spot *spot)
{
    toka_status status = check_values(run, node, value, spot, KEYWORD_ENUM);
    if (status == TOKA_OK)
        status = check_values(run, node, value, spot, KEYWORD_CONST);
    if (status == TOKA_OK)
        status = check_all_of(run, &node->any->all_of, value, spot);
    if (status == TOKA_OK)
        status = check_any_of(run, node, value, spot);
    if (status == TOKA_OK)
        status = check_one_of(run, node, value, spot);
    if (status == TOKA_OK)
        status = check_not(run, node, value, spot);
    if (status == TOKA_OK)
        status = check_condition(run, node->any, value, spot);
    return status;
}

static toka_status check_rules(struct run *run, const struct node *node, const json_t *value,
                               const struct spot *spot)
{
    unsigned type = type_of(value);
    if (node->types && !(node->types & type))
        return fail_type(run, node, spot, type);
    toka_status status = TOKA_OK;
    if ((type & TYPE_NUMBER) && node->number)
        status = validate_number(run, node, value, spot);
    else if (type == TYPE_STRING && node->string)
        status = validate_string(run, node, value, spot);
    else if (type == TYPE_ARRAY && node->array)
        status = validate_array(run, node, value, spot);
    else if (type == TYPE_OBJECT && node->object)
        status = validate_object(run, node, value, spot);
    if (status == TOKA_OK && node->any)
        status = check_any(run, node, value, spot);
    return status;
}

toka_status validate_node(struct run *run, const struct node *node, const json_t *value,
                          const struct spot *spot)
{
    if (node->kind == NODE_REF)
        node = node->target;
    if (node->kind == NODE_ANY)
        return TOKA_OK;
    if (node->kind == NODE_NONE)
        return validate_fail(run, node, spot, KEYWORD_NONE, "is not allowed here");
    if (run->depth >= TOKA_VALIDATE_MAX_DEPTH)
        return validate_stop(
            run, node, spot, KEYWORD_NONE, TOKA_E_LIMIT,
            "subschemas apply to each other without end, or the instance is nested too deeplyly");
    if (run->steps >= TOKA_VALIDATE_MAX_STEPS)
        return validate_stop(run, node, spot, KEYWORD_NONE, TOKA_E_LIMIT, "takes too many steps to validate");
    run->steps++;
    run->depth++;
    toka_status status = check_rules(run, node, value, spot);
    run->depth--;
    return status;
}

toka_status validate_quietly(struct run *run, const struct node *node, const json_t *value,
                             const struct spot *spot)
{
    run->quiet++;
    toka_status status = validate_node(run, node, value, spot);
    run->quiet--;
    return status;
}

toka_status toka_schema_validate(const toka_schema *schema, const json_t *instance, toka_error *err)
{
    static const char complaint[] = "no schema, or no instance";
    if (!schema || !instance) {
        if (err) {
            *err = (toka_error){.status = TOKA_E_ARGUMENT};
            memcpy(err->message, complaint, sizeof complaint);
        }
        return TOKA_E_ARGUMENT;
    }
    TOKA_RECORD(validate, schema, instance);
    struct run run = {.err = err};
    struct spot whole = {.parent = NULL};
    return validate_node(&run, schema->root, instance, &whole);
}
