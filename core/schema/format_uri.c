/* URIs (RFC 3986, appendix A), IRIs (RFC 3987, section 2.2), URI templates (RFC 6570, section 2). */
#include "format.h"

#include <string.h>

#include "format_parts.h"
#include "json_utf8.h"

struct uri_reader {
    const char *at, *end;
    bool iri;
};

/* ucschar of RFC 3987; with is_private, also iprivate. */
static bool is_iri_character(uint32_t c, bool is_private)
{
    if (c < 0xA0)
        return false;
    if (c < 0x10000)
        return c < 0xD800 || (c >= 0xF900 && c < 0xFDD0) || (c >= 0xFDF0 && c < 0xFFF0) ||
               (is_private && c >= 0xE000 && c < 0xF900);
    bool character = (c & 0xFFFF) < 0xFFFE;
    if (c >= 0xF0000)
        return character && is_private;
    return character && (c < 0xE0000 || c >= 0xE1000);
}

/* The length of the character at hand if it is unreserved, a sub-delimiter, percent-encoded or one of
 * `others`. */
static size_t character_size(const struct uri_reader *reader, const char *others, bool is_private)
{
    char c = *reader->at;
    size_t left = (size_t)(reader->end - reader->at);
    if (c == '%')
        return left >= 3 && format_is_hex(reader->at[1]) && format_is_hex(reader->at[2]) ? 3 : 0;
    if (format_is_alpha(c) || format_is_digit(c) ||
        (c && (strchr("-._~!$&'()*+,;=", c) || strchr(others, c))))
        return 1;
    uint32_t code_point;
    size_t length = reader->iri ? utf8_decode(reader->at, left, &code_point) : 0;
    return length > 0 && is_iri_character(code_point, is_private) ? length : 0;
}

static void skip_characters(struct uri_reader *reader, const char *others, bool is_private)
{
    size_t size;
    while (reader->at < reader->end && (size = character_size(reader, others, is_private)) > 0)
        reader->at += size;
}

static bool skip(struct uri_reader *reader, char c)
{
    if (reader->at == reader->end || *reader->at != c)
        return false;
    reader->at++;
    return true;
}

/* Behind an opening bracket. */
static bool skip_ip_literal(struct uri_reader *reader)
{
    const char *close = memchr(reader->at, ']', (size_t)(reader->end - reader->at));
    if (!close)
        return false;
    struct format_text inner = {.bytes = reader->at, .size = (size_t)(close - reader->at)};
    reader->at = close + 1;
    if (inner.size == 0 || (inner.bytes[0] | 0x20) != 'v')
        return format_is_ipv6(inner);
    struct uri_reader future = {.at = inner.bytes + 1, .end = close};
    const char *version = future.at;
    while (future.at < close && format_is_hex(*future.at))
        future.at++;
    if (future.at == version || !skip(&future, '.') || future.at == close ||
        memchr(future.at, '%', (size_t)(close - future.at)))
        return false;
    skip_characters(&future, ":", false);
    return future.at == close;
}

/* Behind the two slashes. */
static bool skip_authority(struct uri_reader *reader)
{
    const char *stop = reader->at;
    while (stop < reader->end && *stop != '/' && *stop != '?' && *stop != '#')
        stop++;
    const char *mark = memchr(reader->at, '@', (size_t)(stop - reader->at));
    if (mark) {
        skip_characters(reader, ":", false);
        if (reader->at != mark)
            return false;
        reader->at++;
    }
    if (!skip(reader, '['))
        skip_characters(reader, "", false);
    else if (!skip_ip_literal(reader))
        return false;
    if (skip(reader, ':'))
        while (reader->at < reader->end && format_is_digit(*reader->at))
            reader->at++;
    return reader->at == stop;
}

/* Skips "scheme:"; leaves the reader alone where there is none. */
static bool skip_scheme(struct uri_reader *reader)
{
    const char *at = reader->at;
    if (at == reader->end || !format_is_alpha(*at))
        return false;
    while (at < reader->end && (format_is_alpha(*at) || format_is_digit(*at) || (*at && strchr("+-.", *at))))
        at++;
    if (at == reader->end || *at != ':')
        return false;
    reader->at = at + 1;
    return true;
}

static bool is_reference(struct format_text text, bool iri, bool needs_scheme)
{
    struct uri_reader reader = {.at = text.bytes, .end = text.bytes + text.size, .iri = iri};
    bool scheme = skip_scheme(&reader);
    if (needs_scheme && !scheme)
        return false;
    if (reader.end - reader.at >= 2 && reader.at[0] == '/' && reader.at[1] == '/') {
        reader.at += 2;
        if (!skip_authority(&reader))
            return false;
    } else if (!scheme) {
        skip_characters(&reader, "@", false); /* a colon here would make a scheme of what stands before it */
        if (reader.at < reader.end && *reader.at == ':')
            return false;
    }
    skip_characters(&reader, ":@/", false);
    if (skip(&reader, '?'))
        skip_characters(&reader, ":@/?", true);
    if (skip(&reader, '#'))
        skip_characters(&reader, ":@/?", false);
    return reader.at == reader.end;
}

bool format_is_uri(struct format_text text)
{
    return is_reference(text, false, true);
}

bool format_is_uri_reference(struct format_text text)
{
    return is_reference(text, false, false);
}

bool format_is_iri(struct format_text text)
{
    return is_reference(text, true, true);
}

bool format_is_iri_reference(struct format_text text)
{
    return is_reference(text, true, false);
}

static size_t variable_character_size(const struct uri_reader *reader)
{
    if (reader->at == reader->end)
        return 0;
    char c = *reader->at;
    if (format_is_alpha(c) || format_is_digit(c) || c == '_')
        return 1;
    return c == '%' ? character_size(reader, "", false) : 0;
}

static bool skip_variable_name(struct uri_reader *reader)
{
    do {
        size_t size = variable_character_size(reader);
        if (size == 0)
            return false;
        while ((size = variable_character_size(reader)) > 0)
            reader->at += size;
    } while (skip(reader, '.'));
    return true;
}

/* :1 to :9999, or *. */
static bool skip_modifier(struct uri_reader *reader)
{
    if (skip(reader, '*') || !skip(reader, ':'))
        return true;
    const char *start = reader->at;
    while (reader->at < reader->end && format_is_digit(*reader->at))
        reader->at++;
    return reader->at > start && reader->at - start <= 4 && *start != '0';
}

/* Behind an opening brace. */
static bool skip_expression(struct uri_reader *reader)
{
    if (reader->at < reader->end && *reader->at && strchr("+#./;?&=,!@|", *reader->at))
        reader->at++;
    do {
        if (!skip_variable_name(reader) || !skip_modifier(reader))
            return false;
    } while (skip(reader, ','));
    return skip(reader, '}');
}

bool format_is_uri_template(struct format_text text)
{
    struct uri_reader reader = {.at = text.bytes, .end = text.bytes + text.size, .iri = true};
    while (reader.at < reader.end) {
        if (skip(&reader, '{')) {
            if (!skip_expression(&reader))
                return false;
            continue;
        }
        if (*reader.at == '\'')
            return false;
        size_t size = character_size(&reader, ":/?#[]@", true);
        if (size == 0)
            return false;
        reader.at += size;
    }
    return true;
}
