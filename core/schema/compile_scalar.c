#include "compile.h"

#include <math.h>
#include <string.h>

toka_status compile_annotation_string(struct draft *draft, const json_t *value)
{
    return json_is_string(value) ? TOKA_OK : draft_fail(draft, "must be a string");
}

toka_status compile_annotation_boolean(struct draft *draft, const json_t *value)
{
    return json_is_boolean(value) ? TOKA_OK : draft_fail(draft, "must be a boolean");
}

toka_status compile_annotation_array(struct draft *draft, const json_t *value)
{
    return json_is_array(value) ? TOKA_OK : draft_fail(draft, "must be an array");
}

struct number_rules *draft_number_rules(struct draft *draft)
{
    if (!draft->node->number)
        draft->node->number = arena_alloc(draft->compiler->arena, sizeof *draft->node->number);
    return draft->node->number;
}

struct string_rules *draft_string_rules(struct draft *draft)
{
    if (!draft->node->string) {
        draft->node->string = arena_alloc(draft->compiler->arena, sizeof *draft->node->string);
        if (draft->node->string)
            draft->node->string->max_length = UINT64_MAX;
    }
    return draft->node->string;
}

static unsigned type_bits(const json_t *name)
{
    static const struct {
        const char *name;
        unsigned bits;
    } types[] = {
        {"string", TYPE_STRING},   {"object", TYPE_OBJECT}, {"array", TYPE_ARRAY}, {"boolean", TYPE_BOOLEAN},
        {"integer", TYPE_INTEGER}, {"number", TYPE_NUMBER}, {"null", TYPE_NULL},
    };
    const char *text = json_string_value(name);
    size_t size = json_string_length(name);
    for (size_t i = 0; text && i < sizeof types / sizeof types[0]; i++)
        if (strlen(types[i].name) == size && memcmp(types[i].name, text, size) == 0)
            return types[i].bits;
    return 0;
}

toka_status compile_type(struct draft *draft, const json_t *value)
{
    static const char complaint[] = "must be array, boolean, integer, null, number, object or string";
    if (!json_is_array(value)) {
        draft->node->types = (uint8_t)type_bits(value);
        return draft->node->types ? TOKA_OK : draft_fail(draft, "%s, or an array of those", complaint);
    }
    size_t size = json_array_size(value);
    if (size == 0)
        return draft_fail(draft, "must have at least one element");
    unsigned types = 0, seen = 0; /* "integer" beside "number" repeats nothing, though its bit is the same */
    for (size_t i = 0; i < size; i++) {
        unsigned bits = type_bits(json_array_get(value, i));
        unsigned mark = bits == TYPE_NUMBER ? TYPE_FRACTIONAL : bits;
        if (!bits)
            return draft_fail(draft, "element %zu %s", i, complaint);
        if (seen & mark)
            return draft_fail(draft, "element %zu repeats an earlier one", i);
        seen |= mark;
        types |= bits;
    }
    draft->node->types = (uint8_t)types;
    return TOKA_OK;
}

static toka_status add_string(struct draft *draft, struct name *strings, size_t index, const json_t *value)
{
    size_t size = json_string_length(value);
    if (size > UINT32_MAX)
        return draft_fail(draft, "has a string that is too long");
    char *copy = arena_copy(draft->compiler->arena, json_string_value(value), size);
    if (!copy)
        return compile_no_memory(draft->compiler);
    strings[index] = (struct name){.bytes = copy, .size = (uint32_t)size};
    return TOKA_OK;
}

/* Strings go into a sorted table, other values stay in the document. */
static toka_status collect_values(struct draft *draft, const json_t *const *values, size_t count,
                                  struct values *ret_values)
{
    struct arena *arena = draft->compiler->arena;
    size_t strings = 0;
    for (size_t i = 0; i < count; i++)
        strings += json_is_string(values[i]);
    struct name *names = arena_array(arena, strings, sizeof *names);
    const json_t **others = arena_array(arena, count - strings, sizeof(json_t *));
    if (!names || !others)
        return compile_no_memory(draft->compiler);
    size_t string = 0, other = 0;
    for (size_t i = 0; i < count; i++) {
        toka_status status = TOKA_OK;
        if (json_is_string(values[i])) {
            status = add_string(draft, names, string++, values[i]);
        } else {
            others[other++] = values[i];
            status = compile_hold(draft->compiler, (json_t *)values[i]);
        }
        if (status != TOKA_OK)
            return status;
    }
    names_sort(names, strings, sizeof *names);
    *ret_values = (struct values){
        .strings = names, .string_count = strings, .others = others, .other_count = other, .present = true};
    draft->has_any = true;
    return TOKA_OK;
}

toka_status compile_enum(struct draft *draft, const json_t *value)
{
    if (!json_is_array(value))
        return draft_fail(draft, "must be an array");
    size_t count = json_array_size(value);
    size_t bytes = count * sizeof(json_t *);
    const json_t **values = arena_array(&draft->compiler->scratch, count, sizeof(json_t *));
    if (!values)
        return compile_no_memory(draft->compiler);
    for (size_t i = 0; i < count; i++)
        values[i] = json_array_get(value, i);
    toka_status status = collect_values(draft, values, count, &draft->any.enumeration);
    arena_return(&draft->compiler->scratch, values, bytes);
    return status;
}

toka_status compile_const(struct draft *draft, const json_t *value)
{
    return collect_values(draft, &value, 1, &draft->any.constant);
}

toka_status compile_number_bound(struct draft *draft, const json_t *value)
{
    if (!json_is_number(value))
        return draft_fail(draft, "must be a number");
    struct number_rules *rules = draft_number_rules(draft);
    if (!rules)
        return compile_no_memory(draft->compiler);
    struct number bound = number_of(value);
    if (draft->keyword == KEYWORD_MINIMUM) {
        rules->minimum = bound;
        rules->has_minimum = true;
    } else if (draft->keyword == KEYWORD_MAXIMUM) {
        rules->maximum = bound;
        rules->has_maximum = true;
    } else if (draft->keyword == KEYWORD_EXCLUSIVE_MINIMUM) {
        rules->exclusive_minimum = bound;
        rules->has_exclusive_minimum = true;
    } else {
        rules->exclusive_maximum = bound;
        rules->has_exclusive_maximum = true;
    }
    return TOKA_OK;
}

toka_status compile_multiple_of(struct draft *draft, const json_t *value)
{
    if (!json_is_number(value) || !(json_number_value(value) > 0))
        return draft_fail(draft, "must be a number greater than 0");
    struct number_rules *rules = draft_number_rules(draft);
    if (!rules)
        return compile_no_memory(draft->compiler);
    rules->multiple_of = number_decimal(number_of(value));
    rules->has_multiple_of = true;
    return TOKA_OK;
}

/* A non-negative integer, which may be written 2.0 or 1e3; what no size can reach is cut off. */
static bool read_size(const json_t *value, uint64_t *ret_size)
{
    if (json_is_integer(value)) {
        if (json_integer_value(value) < 0)
            return false;
        *ret_size = (uint64_t)json_integer_value(value);
        return true;
    }
    double real = json_is_real(value) ? json_real_value(value) : -1;
    if (!(real >= 0) || floor(real) != real)
        return false;
    *ret_size = real < 18446744073709551616.0 ? (uint64_t)real : UINT64_MAX;
    return true;
}

/* Where the bound at hand is kept; NULL when memory ran out. */
static uint64_t *size_bound(struct draft *draft)
{
    struct string_rules *string;
    struct array_rules *array;
    struct object_rules *object;
    switch (draft->keyword) {
    case KEYWORD_MIN_LENGTH:
        return (string = draft_string_rules(draft)) ? &string->min_length : NULL;
    case KEYWORD_MAX_LENGTH:
        return (string = draft_string_rules(draft)) ? &string->max_length : NULL;
    case KEYWORD_MIN_ITEMS:
        return (array = draft_array_rules(draft)) ? &array->min_items : NULL;
    case KEYWORD_MAX_ITEMS:
        return (array = draft_array_rules(draft)) ? &array->max_items : NULL;
    case KEYWORD_MIN_PROPERTIES:
        return (object = draft_object_rules(draft)) ? &object->min_properties : NULL;
    default:
        return (object = draft_object_rules(draft)) ? &object->max_properties : NULL;
    }
}

toka_status compile_size_bound(struct draft *draft, const json_t *value)
{
    uint64_t size;
    if (!read_size(value, &size))
        return draft_fail(draft, "must be an integer of at least 0");
    uint64_t *bound = size_bound(draft);
    if (!bound)
        return compile_no_memory(draft->compiler);
    *bound = size;
    return TOKA_OK;
}

toka_status draft_pattern(struct draft *draft, const char *text, size_t size,
                          const struct pattern **ret_pattern)
{
    struct compiler *compiler = draft->compiler;
    char buffer[sizeof compiler->err->message];
    struct line complaint;
    line_init(&complaint, buffer, sizeof buffer);
    toka_status status =
        pattern_compile(&compiler->patterns, &compiler->scratch, text, size, ret_pattern, &complaint);
    if (status == TOKA_E_PATTERN)
        return compile_fail(compiler, status, draft->node, draft->keyword, "%s", buffer);
    return status == TOKA_OK ? TOKA_OK : compile_no_memory(compiler);
}

toka_status compile_pattern(struct draft *draft, const json_t *value)
{
    if (!json_is_string(value))
        return draft_fail(draft, "must be a string");
    struct string_rules *rules = draft_string_rules(draft);
    if (!rules)
        return compile_no_memory(draft->compiler);
    return draft_pattern(draft, json_string_value(value), json_string_length(value), &rules->pattern);
}

toka_status compile_format(struct draft *draft, const json_t *value)
{
    struct compiler *compiler = draft->compiler;
    if (!json_is_string(value))
        return draft_fail(draft, "must be a string");
    if (!compiler->options || !compiler->options->assert_format)
        return TOKA_OK;
    enum format format = format_find(json_string_value(value), json_string_length(value));
    if (format == FORMAT_NONE)
        return TOKA_OK;
    struct string_rules *rules = draft_string_rules(draft);
    if (!rules)
        return compile_no_memory(compiler);
    rules->format = format;
    if (!format_needs_label(format))
        return TOKA_OK;
    toka_status status = pattern_compile_native(&compiler->patterns, format_label_pattern(), &rules->label);
    return status == TOKA_OK ? TOKA_OK : compile_no_memory(compiler);
}

/* contentEncoding and contentMediaType: asserted along with formats, as far as libtoka knows them. */
toka_status compile_content(struct draft *draft, const json_t *value)
{
    struct compiler *compiler = draft->compiler;
    if (!json_is_string(value))
        return draft_fail(draft, "must be a string");
    bool encoding = draft->keyword == KEYWORD_CONTENT_ENCODING;
    if (!compiler->options || !compiler->options->assert_format ||
        strcmp(json_string_value(value), encoding ? "base64" : "application/json") != 0)
        return TOKA_OK;
    struct string_rules *rules = draft_string_rules(draft);
    if (!rules)
        return compile_no_memory(compiler);
    *(encoding ? &rules->is_base64 : &rules->is_json) = true;
    return TOKA_OK;
}
