#include "ecma_reader.h"

#include <string.h>

#include "json_utf8.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool ecma_read_literal(struct ecma *ecma, uint32_t *ret_code_point)
{
    size_t length = utf8_decode(ecma->at, (size_t)(ecma->end - ecma->at), ret_code_point);
    if (length == 0)
        return ecma_fail(ecma, "is not valid UTF-8");
    ecma->at += length;
    return true;
}

/* Exactly `digits` hex digits; moves only when they are all there. */
static bool read_hex(struct ecma *ecma, int digits, uint32_t *ret_value)
{
    uint32_t value = 0;
    if (ecma->end - ecma->at < digits)
        return false;
    for (int i = 0; i < digits; i++) {
        int digit = hex_value(ecma->at[i]);
        if (digit < 0)
            return false;
        value = value << 4 | (uint32_t)digit;
    }
    ecma->at += digits;
    *ret_value = value;
    return true;
}

/* The {...} of \u{...}. */
static bool read_braced(struct ecma *ecma, uint32_t *ret_value)
{
    const char *at = ecma->at + 1;
    uint32_t value = 0;
    for (; at < ecma->end && hex_value(*at) >= 0; at++) {
        value = value << 4 | (uint32_t)hex_value(*at);
        if (value > 0x10FFFF)
            return false;
    }
    if (at == ecma->at + 1 || at == ecma->end || *at != '}')
        return false;
    ecma->at = at + 1;
    *ret_value = value;
    return true;
}

/* Behind \u: four digits, two such escapes that make a surrogate pair, or braces. */
static bool read_unicode(struct ecma *ecma, uint32_t *ret_value)
{
    if (ecma_at(ecma, '{'))
        return read_braced(ecma, ret_value);
    uint32_t high, low;
    if (!read_hex(ecma, 4, &high))
        return false;
    *ret_value = high;
    if (high < 0xD800 || high >= 0xDC00 || ecma->end - ecma->at < 6 || ecma->at[0] != '\\' ||
        ecma->at[1] != 'u')
        return true;
    const char *start = ecma->at;
    ecma->at += 2;
    if (read_hex(ecma, 4, &low) && low >= 0xDC00 && low < 0xE000)
        *ret_value = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    else
        ecma->at = start;
    return true;
}

/* Behind \p or \P: {Name} or {Name=Value}. */
static bool read_property(struct ecma *ecma, struct ecma_atom *atom)
{
    if (!ecma_skip(ecma, '{'))
        return ecma_fail(ecma, "has \\p without a property in braces");
    atom->property = ecma->at;
    unsigned equals = 0;
    for (; ecma->at < ecma->end && *ecma->at != '}'; ecma->at++) {
        char c = *ecma->at;
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || ecma_is_digit(c) || c == '_';
        equals += c == '=';
        if (!word && (c != '=' || equals > 1))
            return ecma_fail(ecma, "has a malformed property name");
    }
    atom->property_size = (size_t)(ecma->at - atom->property);
    if (atom->property_size == 0 || !ecma_skip(ecma, '}'))
        return ecma_fail(ecma, "has a malformed property name");
    return true;
}

/* Behind \0 to \7, in Annex B: up to three octal digits that stay below 256. */
static uint32_t read_octal(struct ecma *ecma)
{
    uint32_t value = 0;
    for (int i = 0; i < 3 && ecma->at < ecma->end && *ecma->at >= '0' && *ecma->at <= '7'; i++) {
        if (value * 8 + (uint32_t)(*ecma->at - '0') > 255)
            break;
        value = value * 8 + (uint32_t)(*ecma->at++ - '0');
    }
    return value;
}

static bool read_digit_escape(struct ecma *ecma, uint32_t *ret_value)
{
    char first = *ecma->at;
    bool more = ecma->end - ecma->at > 1 && ecma_is_digit(ecma->at[1]);
    if (first == '0' && !more) {
        ecma->at++;
        *ret_value = 0;
        return true;
    }
    if (ecma->strict)
        return ecma_fail(ecma, "has an octal escape");
    if (first >= '8') {
        *ret_value = (unsigned char)*ecma->at++;
        return true;
    }
    *ret_value = read_octal(ecma);
    return true;
}

/* Escapes that name one character by a letter: \t \n \v \f \r \cX \xXX \uXXXX. */
static bool read_letter_escape(struct ecma *ecma, char letter, uint32_t *ret_value)
{
    static const char controls[] = "tnvfr";
    static const char values[] = "\t\n\v\f\r";
    const char *control = strchr(controls, letter);
    if (control && letter) {
        *ret_value = (unsigned char)values[control - controls];
        return true;
    }
    if (letter == 'c') {
        char next = '\0';
        if (ecma->at < ecma->end)
            next = *ecma->at;
        if ((next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z')) {
            ecma->at++;
            *ret_value = (uint32_t)next & 31;
            return true;
        }
        if (ecma->strict)
            return ecma_fail(ecma, "has \\c without a letter");
        ecma->at--; /* Annex B: the backslash is literal, and the c comes next */
        *ret_value = '\\';
        return true;
    }
    bool read =
        (letter == 'x' && read_hex(ecma, 2, ret_value)) || (letter == 'u' && read_unicode(ecma, ret_value));
    if (read)
        return true;
    if (ecma->strict || (letter != 'x' && letter != 'u'))
        return ecma_fail(ecma, "has an escape that ECMA-262 does not define");
    *ret_value = (unsigned char)letter;
    return true;
}

bool ecma_read_character_escape(struct ecma *ecma, bool in_class, struct ecma_atom *ret_atom)
{
    struct ecma_atom atom = {.is_set = false};
    if (ecma->at == ecma->end)
        return ecma_fail(ecma, "ends in a backslash");
    char c = *ecma->at;
    if (strchr("dDwWsSpP", c) && c) {
        ecma->at++;
        atom.is_set = true;
        atom.set = c;
        if ((c == 'p' || c == 'P') && !read_property(ecma, &atom))
            return false;
    } else if (ecma_is_digit(c)) {
        if (!read_digit_escape(ecma, &atom.code_point))
            return false;
    } else if (in_class && c == 'b') {
        ecma->at++;
        atom.code_point = '\b';
    } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
        ecma->at++;
        if (!read_letter_escape(ecma, c, &atom.code_point))
            return false;
    } else {
        bool syntax = c && strchr("^$\\.*+?()[]{}|/", c);
        if (ecma->strict && !syntax && !(in_class && c == '-'))
            return ecma_fail(ecma, "escapes a character that needs no escape");
        if (!ecma_read_literal(ecma, &atom.code_point))
            return false;
    }
    *ret_atom = atom;
    return true;
}

static bool read_class_atom(struct ecma *ecma, struct ecma_atom *ret_atom)
{
    if (ecma_skip(ecma, '\\'))
        return ecma_read_character_escape(ecma, true, ret_atom);
    *ret_atom = (struct ecma_atom){.is_set = false};
    return ecma_read_literal(ecma, &ret_atom->code_point);
}

static void write_class_atom(struct ecma *ecma, const struct ecma_atom *atom)
{
    if (atom->is_set)
        ecma_write_set(ecma, atom, true);
    else
        ecma_write_range(ecma, atom->code_point, atom->code_point);
}

/* Behind the dash of a range. */
static bool read_range_end(struct ecma *ecma, const struct ecma_atom *low)
{
    struct ecma_atom high;
    if (!read_class_atom(ecma, &high))
        return false;
    if (!low->is_set && !high.is_set) {
        if (low->code_point > high.code_point)
            return ecma_fail(ecma, "has a range that is out of order");
        ecma_write_range(ecma, low->code_point, high.code_point);
        return true;
    }
    if (ecma->strict)
        return ecma_fail(ecma, "has a range that begins or ends with a set");
    write_class_atom(ecma, low);
    ecma_write_range(ecma, '-', '-');
    write_class_atom(ecma, &high);
    return true;
}

bool ecma_read_class(struct ecma *ecma)
{
    ecma_write_text(ecma, ecma_skip(ecma, '^') ? "[^" : "[");
    while (!ecma_at(ecma, ']')) {
        struct ecma_atom atom;
        if (ecma->at == ecma->end)
            return ecma_fail(ecma, "has a class that does not end");
        if (!read_class_atom(ecma, &atom))
            return false;
        bool range = ecma->end - ecma->at >= 2 && ecma->at[0] == '-' && ecma->at[1] != ']';
        if (!range) {
            write_class_atom(ecma, &atom);
            continue;
        }
        ecma->at++;
        if (!read_range_end(ecma, &atom))
            return false;
    }
    ecma->at++;
    ecma_write(ecma, "]", 1);
    return true;
}
