#include <string.h>
#include <toka/schema.h>

#include "line.h"

/* Behind a backslash or a quotation mark, to behind the string's end. */
static const char *skip_string(const char *at, const char *end)
{
    for (; at < end; at++) {
        if (*at == '"')
            return at + 1;
        if (*at == '\\')
            at++;
    }
    return end;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads a number from its first digit. *ret_large: an integer that does not fit 64 bits. */
static const char *skip_number(const char *at, const char *end, bool negative, bool *ret_large)
{
    const char *digits = at;
    while (at < end && is_digit(*at))
        at++;
    size_t size = (size_t)(at - digits);
    if (at < end && (*at == '.' || *at == 'e' || *at == 'E')) {
        while (at < end &&
               (is_digit(*at) || *at == '.' || *at == 'e' || *at == 'E' || *at == '+' || *at == '-'))
            at++;
        return at;
    }
    const char *largest = negative ? "9223372036854775808" : "9223372036854775807";
    *ret_large = size > 19 || (size == 19 && memcmp(digits, largest, 19) > 0);
    return at;
}

size_t toka_json_flags(toka_text text)
{
    const char *at = text.data;
    const char *end = at + text.size;
    bool large = false, negative = false;
    while (at < end && !large) {
        char c = *at;
        if (c == '"') {
            at = skip_string(at + 1, end);
        } else if (is_digit(c)) {
            at = skip_number(at, end, negative, &large);
        } else {
            at++;
        }
        negative = c == '-';
    }
    return JSON_DECODE_ANY | JSON_ALLOW_NUL | (large ? JSON_DECODE_INT_AS_REAL : 0);
}

static toka_status status_of(const json_error_t *json_error)
{
    switch (json_error_code(json_error)) {
    case json_error_out_of_memory:
        return TOKA_E_NO_MEMORY;
    case json_error_stack_overflow:
        return TOKA_E_TOO_DEEP;
    default:
        return TOKA_E_SYNTAX;
    }
}

toka_status toka_error_from_json(toka_error *err, const json_error_t *json_error)
{
    toka_status status = status_of(json_error);
    if (!err)
        return status;
    *err = (toka_error){.status = status};
    struct line line;
    line_init(&line, err->message, sizeof err->message);
    if (json_error->line > 0)
        line_format(&line, "line %d, column %d: ", json_error->line, json_error->column);
    line_add(&line, json_error->text, strnlen(json_error->text, JSON_ERROR_TEXT_LENGTH - 1));
    return status;
}
