#include "content.h"
#include "json_utf8.h"
#include "pattern.h"
#include "validate.h"

toka_status validate_number(struct run *run, const struct node *node, const json_t *value,
                            const struct spot *spot)
{
    const struct number_rules *rules = node->number;
    struct number number = number_of(value);
    if (rules->has_minimum && number_compare(number, rules->minimum) < 0)
        return validate_fail(run, node, spot, KEYWORD_MINIMUM, "is below the minimum");
    if (rules->has_maximum && number_compare(number, rules->maximum) > 0)
        return validate_fail(run, node, spot, KEYWORD_MAXIMUM, "is above the maximum");
    if (rules->has_exclusive_minimum && number_compare(number, rules->exclusive_minimum) <= 0)
        return validate_fail(run, node, spot, KEYWORD_EXCLUSIVE_MINIMUM,
                             "is not above the exclusive minimum");
    if (rules->has_exclusive_maximum && number_compare(number, rules->exclusive_maximum) >= 0)
        return validate_fail(run, node, spot, KEYWORD_EXCLUSIVE_MAXIMUM,
                             "is not below the exclusive maximum");
    if (rules->has_multiple_of && !number_is_multiple(number, rules->multiple_of))
        return validate_fail(run, node, spot, KEYWORD_MULTIPLE_OF,
                             "is not a multiple of the required number");
    return TOKA_OK;
}

static toka_status check_length(struct run *run, const struct node *node, const char *text, size_t size,
                                const struct spot *spot)
{
    const struct string_rules *rules = node->string;
    if (rules->min_length == 0 && rules->max_length >= size)
        return TOKA_OK; /* no more characters than bytes */
    uint64_t length = utf8_length(text, size);
    if (length < rules->min_length)
        return validate_fail(run, node, spot, KEYWORD_MIN_LENGTH,
                             "has too few characters: %llu, minimum %llu", (unsigned long long)length,
                             (unsigned long long)rules->min_length);
    if (length > rules->max_length)
        return validate_fail(run, node, spot, KEYWORD_MAX_LENGTH,
                             "has too many characters: %llu, maximum %llu", (unsigned long long)length,
                             (unsigned long long)rules->max_length);
    return TOKA_OK;
}

toka_status validate_match(struct run *run, const struct node *node, enum keyword keyword,
                           const struct pattern *pattern, const char *text, size_t size,
                           const struct spot *spot)
{
    enum { STEP_BYTES = 64 }; /* of text, matched in about the time that applying a schema takes */
    run->steps += 1 + size / STEP_BYTES;
    if (run->steps >= TOKA_VALIDATE_MAX_STEPS)
        return validate_stop(run, node, spot, keyword, TOKA_E_LIMIT, "takes too many steps to validate");
    toka_status status = pattern_match(pattern, text, size);
    if (status == TOKA_OK || status == TOKA_E_INVALID)
        return status;
    return validate_stop(run, node, spot, keyword, status,
                         "takes too many steps to match against the pattern");
}

static toka_status check_pattern(struct run *run, const struct node *node, const char *text, size_t size,
                                 const struct spot *spot)
{
    const struct pattern *pattern = node->string->pattern;
    if (!pattern)
        return TOKA_OK;
    toka_status status = validate_match(run, node, KEYWORD_PATTERN, pattern, text, size, spot);
    if (status == TOKA_E_INVALID)
        return validate_fail(run, node, spot, KEYWORD_PATTERN, "does not match the pattern");
    return status;
}

static toka_status check_format(struct run *run, const struct node *node, const char *text, size_t size,
                                const struct spot *spot)
{
    const struct string_rules *rules = node->string;
    struct format_text subject = {.bytes = text, .size = size, .label = rules->label};
    if (rules->format != FORMAT_NONE && !format_check(rules->format, subject))
        return validate_fail(run, node, spot, KEYWORD_FORMAT, "is not of the format %s",
                             format_name(rules->format));
    if (!rules->is_base64 && !rules->is_json)
        return TOKA_OK;
    switch (content_check(text, size, rules->is_base64, rules->is_json)) {
    case CONTENT_BAD_ENCODING:
        return validate_fail(run, node, spot, KEYWORD_CONTENT_ENCODING, "is not base64");
    case CONTENT_BAD_TYPE:
        return validate_fail(run, node, spot, KEYWORD_CONTENT_MEDIA_TYPE, "does not hold a JSON document");
    default:
        return TOKA_OK;
    }
}

toka_status validate_string(struct run *run, const struct node *node, const json_t *value,
                            const struct spot *spot)
{
    size_t size;
    const char *text = validate_text(value, spot, &size);
    toka_status status = check_length(run, node, text, size, spot);
    if (status == TOKA_OK)
        status = check_pattern(run, node, text, size, spot);
    if (status == TOKA_OK)
        status = check_format(run, node, text, size, spot);
    return status;
}
