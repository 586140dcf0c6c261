#include "format.h"

#include <string.h>

#include "ecma.h"

static const struct {
    const char *name;
    bool (*check)(struct format_text text);
} formats[] = {[FORMAT_NONE] = {"", NULL},
#define FORMAT_ENTRY(symbol, name, check) [FORMAT_##symbol] = {name, check},
               FORMAT_LIST(FORMAT_ENTRY)
#undef FORMAT_ENTRY
};

enum { FORMAT_COUNT = sizeof formats / sizeof formats[0] };

enum format format_find(const char *name, size_t size)
{
    for (unsigned i = 1; i < FORMAT_COUNT; i++)
        if (strlen(formats[i].name) == size && memcmp(formats[i].name, name, size) == 0)
            return (enum format)i;
    return FORMAT_NONE;
}

const char *format_name(enum format format)
{
    return formats[format].name;
}

bool format_check(enum format format, struct format_text text)
{
    return format == FORMAT_NONE || formats[format].check(text);
}

bool format_needs_label(enum format format)
{
    return format == FORMAT_HOSTNAME || format == FORMAT_IDN_HOSTNAME || format == FORMAT_IDN_EMAIL;
}

bool format_is_regex(struct format_text text)
{
    return ecma_translate(text.bytes, text.size, ECMA_STRICT, NULL).complaint == NULL;
}

/* RFC 6901 */
bool format_is_json_pointer(struct format_text text)
{
    if (text.size > 0 && text.bytes[0] != '/')
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (text.bytes[i] == '~' &&
            (i + 1 == text.size || (text.bytes[i + 1] != '0' && text.bytes[i + 1] != '1')))
            return false;
    return true;
}

/* draft-handrews-relative-json-pointer-01 */
bool format_is_relative_json_pointer(struct format_text text)
{
    size_t digits = 0;
    while (digits < text.size && text.bytes[digits] >= '0' && text.bytes[digits] <= '9')
        digits++;
    if (digits == 0 || (digits > 1 && text.bytes[0] == '0'))
        return false;
    struct format_text rest = {.bytes = text.bytes + digits, .size = text.size - digits};
    return (rest.size == 1 && rest.bytes[0] == '#') || format_is_json_pointer(rest);
}
