#include "content.h"

#include <stdint.h>
#include <string.h>

#include "json_utf8.h"

enum { END = -1 };

/* The bytes of a document, decoded from base64 on the way where need be. */
struct source {
    const char *at, *end;
    bool is_base64;
    uint32_t bits; /* decoded, not yet read */
    unsigned bit_count;
    int next; /* the byte at hand, or END */
};

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Whole groups of four, padded at the end, unused bits zero. */
static bool is_base64_text(const char *text, size_t size)
{
    if (size % 4 != 0)
        return false;
    size_t padding = size > 0 && text[size - 1] == '=' ? (text[size - 2] == '=' ? 2 : 1) : 0;
    for (size_t i = 0; i < size - padding; i++)
        if (base64_value(text[i]) < 0)
            return false;
    unsigned unused = padding == 2 ? 0xF : padding == 1 ? 0x3 : 0;
    return padding == 0 || ((unsigned)base64_value(text[size - padding - 1]) & unused) == 0;
}

static void source_advance(struct source *source)
{
    if (!source->is_base64) {
        source->next = source->at < source->end ? (unsigned char)*source->at++ : END;
        return;
    }
    while (source->bit_count < 8 && source->at < source->end && *source->at != '=') {
        source->bits = source->bits << 6 | (uint32_t)base64_value(*source->at++);
        source->bit_count += 6;
    }
    if (source->bit_count < 8) {
        source->next = END;
        return;
    }
    source->bit_count -= 8;
    source->next = (int)(source->bits >> source->bit_count & 0xFF);
}

static bool source_skip(struct source *source, int byte)
{
    if (source->next != byte)
        return false;
    source_advance(source);
    return true;
}

static void skip_space(struct source *source)
{
    while (source->next == ' ' || source->next == '\t' || source->next == '\n' || source->next == '\r')
        source_advance(source);
}

static bool skip_text(struct source *source, const char *text)
{
    while (*text && source_skip(source, *text))
        text++;
    return *text == '\0';
}

static bool is_digit(int byte)
{
    return byte >= '0' && byte <= '9';
}

static bool skip_digits(struct source *source)
{
    if (!is_digit(source->next))
        return false;
    while (is_digit(source->next))
        source_advance(source);
    return true;
}

static bool skip_number(struct source *source)
{
    source_skip(source, '-');
    if (!source_skip(source, '0') && !skip_digits(source))
        return false;
    if (source_skip(source, '.') && !skip_digits(source))
        return false;
    if (!source_skip(source, 'e') && !source_skip(source, 'E'))
        return true;
    if (!source_skip(source, '+'))
        source_skip(source, '-');
    return skip_digits(source);
}

static bool skip_escape(struct source *source)
{
    if (source->next != 'u') {
        bool known = source->next > 0 && strchr("\"\\/bfnrt", source->next);
        source_advance(source);
        return known;
    }
    source_advance(source);
    for (int i = 0; i < 4; i++) {
        int lower = source->next | 0x20;
        if (source->next == END || (!is_digit(source->next) && (lower < 'a' || lower > 'f')))
            return false;
        source_advance(source);
    }
    return true;
}

static bool skip_character(struct source *source)
{
    char bytes[UTF8_MAX_BYTES];
    size_t size = 0;
    uint32_t code_point;
    do {
        bytes[size++] = (char)source->next;
        source_advance(source);
    } while (size < UTF8_MAX_BYTES && source->next != END && (source->next & 0xC0) == 0x80);
    return utf8_decode(bytes, size, &code_point) == size;
}

/* Behind its opening quotation mark. */
static bool skip_string(struct source *source)
{
    while (!source_skip(source, '"')) {
        if (source->next < 0x20) /* also the end */
            return false;
        if (source_skip(source, '\\') ? !skip_escape(source) : !skip_character(source))
            return false;
    }
    return true;
}

static bool skip_key(struct source *source)
{
    skip_space(source);
    if (!source_skip(source, '"') || !skip_string(source))
        return false;
    skip_space(source);
    return source_skip(source, ':');
}

static bool skip_scalar(struct source *source)
{
    switch (source->next) {
    case '"':
        source_advance(source);
        return skip_string(source);
    case 't':
        return skip_text(source, "true");
    case 'f':
        return skip_text(source, "false");
    case 'n':
        return skip_text(source, "null");
    default:
        return skip_number(source);
    }
}

/* The brackets that are open: one bit each, set for objects. */
struct nesting {
    unsigned depth;
    unsigned char bits[CONTENT_MAX_DEPTH / 8];
};

static bool nesting_in_object(const struct nesting *nesting)
{
    unsigned top = nesting->depth - 1;
    return nesting->bits[top / 8] >> (top % 8) & 1;
}

/* Reads an opening bracket, or a whole value without one. *opened: a value comes next. */
static bool begin_value(struct source *source, struct nesting *nesting, bool *opened)
{
    bool object = source->next == '{';
    *opened = false;
    if (!object && source->next != '[')
        return skip_scalar(source);
    source_advance(source);
    skip_space(source);
    if (source_skip(source, object ? '}' : ']'))
        return true;
    if (nesting->depth == CONTENT_MAX_DEPTH)
        return false;
    unsigned char bit = (unsigned char)(1u << nesting->depth % 8);
    unsigned char *byte = &nesting->bits[nesting->depth++ / 8];
    *byte = (unsigned char)(object ? *byte | bit : *byte & ~bit);
    *opened = true;
    return !object || skip_key(source);
}

static bool is_json_text(struct source *source)
{
    struct nesting nesting = {.depth = 0};
    source_advance(source);
    for (bool more = true; more;) {
        skip_space(source);
        if (!begin_value(source, &nesting, &more))
            return false;
        while (!more && nesting.depth > 0) {
            bool object = nesting_in_object(&nesting);
            skip_space(source);
            if (source_skip(source, ',')) {
                more = true;
                if (object && !skip_key(source))
                    return false;
            } else if (source_skip(source, object ? '}' : ']')) {
                nesting.depth--;
            } else {
                return false;
            }
        }
    }
    skip_space(source);
    return source->next == END;
}

enum content_verdict content_check(const char *text, size_t size, bool is_base64, bool is_json)
{
    if (is_base64 && !is_base64_text(text, size))
        return CONTENT_BAD_ENCODING;
    struct source source = {.at = text, .end = text + size, .is_base64 = is_base64};
    return is_json && !is_json_text(&source) ? CONTENT_BAD_TYPE : CONTENT_GOOD;
}
