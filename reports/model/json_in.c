#include "model/json_in.h"
#include "base/utf8.h"

#include <assert.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    EXPECT_ROOT,
    EXPECT_VALUE,
    EXPECT_VALUE_OR_END,
    EXPECT_KEY,
    EXPECT_KEY_OR_END,
    EXPECT_COLON,
    EXPECT_MORE,
    EXPECT_END
};

void hg_json_init(hg_json *json, FILE *file, uint64_t most)
{
    *json = (hg_json){.file = file, .left = most, .line = 1, .expects = EXPECT_ROOT};
    json->chunk = malloc(HG_JSON_CHUNK_BYTES);
    json->at = json->end = json->chunk;
    if (!json->chunk)
        json->failure = HG_JSON_NO_MEMORY;
}

void hg_json_clear(hg_json *json)
{
    free(json->chunk);
    hg_buffer_free(&json->string);
    json->chunk = NULL;
    json->at = json->end = NULL;
}

static uint64_t offset_of(const hg_json *json)
{
    return json->chunk_start + (uint64_t)(json->at - json->chunk);
}

/* Only the first failure counts. */
static hg_json_event fail(hg_json *json, hg_json_failure failure, const char *problem)
{
    if (json->failure == HG_JSON_OK) {
        json->failure = failure;
        json->problem = problem;
        json->column = (size_t)(offset_of(json) - json->line_start) + 1;
    }
    json->event = HG_JSON_FAILED;
    return HG_JSON_FAILED;
}

static hg_json_event damaged(hg_json *json, const char *problem)
{
    return fail(json, HG_JSON_DAMAGED, problem);
}

/* Replaces the chunk with the next one. False at the end of the stream, or on a failure. */
static bool refill(hg_json *json)
{
    json->chunk_start += (uint64_t)(json->end - json->chunk);
    json->at = json->end = json->chunk;
    errno = 0;
    size_t count = fread(json->chunk, 1, HG_JSON_CHUNK_BYTES, json->file);
    if (ferror(json->file)) {
        json->error = errno;
        fail(json, HG_JSON_UNREADABLE, NULL);
        return false;
    }
    if (count > json->left) {
        fail(json, HG_JSON_TOO_LARGE, NULL);
        return false;
    }
    json->left -= count;
    json->end = json->chunk + count;
    return count > 0;
}

/* The next byte, not stepped over; -1 at the end of the stream, or on a failure. */
static inline int peek(hg_json *json)
{
    if (json->at == json->end && !refill(json))
        return -1;
    return (unsigned char)*json->at;
}

/* The next byte that is not white space. */
static int skip_space(hg_json *json)
{
    for (;;) {
        int byte = peek(json);
        if (byte == '\n') {
            json->line++;
            json->line_start = offset_of(json) + 1;
        } else if (byte != ' ' && byte != '\t' && byte != '\r') {
            return byte;
        }
        json->at++;
    }
}

/* The stream ended where more was expected. */
static hg_json_event cut_short(hg_json *json)
{
    return fail(json, HG_JSON_TRUNCATED, NULL);
}

static hg_json_event deliver(hg_json *json, hg_json_event event)
{
    json->expects = json->depth > 0 ? EXPECT_MORE : EXPECT_END;
    json->event = event;
    return event;
}

static int read_hex_digit(hg_json *json)
{
    int byte = peek(json);
    int digit = byte >= '0' && byte <= '9'   ? byte - '0'
                : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
                : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10
                                             : -1;

    if (digit >= 0)
        json->at++;
    else if (byte < 0)
        cut_short(json);
    else
        damaged(json, "invalid escape");
    return digit;
}

/* The four digits after \u; HG_UTF8_INVALID on a failure. */
static uint32_t read_unit(hg_json *json)
{
    uint32_t unit = 0;

    for (int i = 0; i < 4; i++) {
        int digit = read_hex_digit(json);
        if (digit < 0)
            return HG_UTF8_INVALID;
        unit = unit << 4 | (uint32_t)digit;
    }
    return unit;
}

/* Steps over one required byte. */
static bool take(hg_json *json, char expected)
{
    int byte = peek(json);

    if (byte == expected) {
        json->at++;
        return true;
    }
    if (byte < 0)
        cut_short(json);
    else
        damaged(json, "invalid escape");
    return false;
}

/* A character written as \uXXXX, or as two of them that make a surrogate pair. */
static bool read_unicode(hg_json *json)
{
    char bytes[HG_UTF8_MAX_BYTES];
    uint32_t code = read_unit(json);

    if (code == HG_UTF8_INVALID)
        return false;
    if (code >= 0xD800 && code < 0xDC00) {
        if (!take(json, '\\') || !take(json, 'u'))
            return false;
        uint32_t low = read_unit(json);
        if (low == HG_UTF8_INVALID)
            return false;
        if (low < 0xDC00 || low > 0xDFFF)
            return damaged(json, "invalid Unicode escape"), false;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    if (code == 0 || (code >= 0xDC00 && code < 0xE000))
        return damaged(json, code == 0 ? "\\u0000 is not allowed" : "invalid Unicode escape"), false;
    hg_buffer_add(&json->string, bytes, hg_utf8_put(code, bytes));
    return true;
}

static bool read_escape(hg_json *json)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    int byte = peek(json);

    if (byte < 0)
        return cut_short(json), false;
    json->at++;
    if (byte == 'u')
        return read_unicode(json);
    const char *letter = byte > 0 ? strchr(letters, byte) : NULL;
    if (!letter)
        return damaged(json, "invalid escape"), false;
    hg_buffer_add(&json->string, &meanings[letter - letters], 1);
    return true;
}

static bool is_utf8(const char *text, size_t length)
{
    for (size_t i = 0; i < length;) {
        uint32_t code;
        i += hg_utf8_next(text + i, &code); /* text is terminated */
        if (code == HG_UTF8_INVALID)
            return false;
    }
    return true;
}

/* Bytes from at on that stand for themselves. */
static size_t plain_bytes(const char *at, const char *end)
{
    const char *from = at;

    while (at < end && (unsigned char)*at >= ' ' && *at != '"' && *at != '\\')
        at++;
    return (size_t)(at - from);
}

static bool is_ascii(const char *text, size_t length)
{
    unsigned char all = 0;

    for (size_t i = 0; i < length; i++)
        all |= (unsigned char)text[i];
    return all < 0x80;
}

/* Collects a string in the buffer: one with escapes, with more than ASCII, or across chunks. */
static bool collect_string(hg_json *json)
{
    hg_buffer_empty(&json->string);
    for (;;) {
        int byte = peek(json);
        if (byte < 0)
            return cut_short(json), false;
        if (byte < ' ')
            return damaged(json, "control character in a string"), false;
        if (byte == '"')
            break;
        if (byte == '\\') {
            json->at++;
            if (!read_escape(json))
                return false;
            continue;
        }
        size_t plain = plain_bytes(json->at, json->end);
        hg_buffer_add(&json->string, json->at, plain);
        json->at += plain;
    }
    hg_buffer_add(&json->string, "", 1);
    if (json->string.failed)
        return fail(json, HG_JSON_NO_MEMORY, NULL), false;
    json->text = json->string.bytes;
    json->length = json->string.size - 1;
    if (!is_utf8(json->text, json->length))
        return damaged(json, "not UTF-8"), false;
    json->at++;
    return true;
}

/* The opening quote is stepped over already. */
static bool read_string(hg_json *json)
{
    size_t plain = plain_bytes(json->at, json->end);

    if (json->at + plain == json->end || json->at[plain] != '"' || !is_ascii(json->at, plain))
        return collect_string(json);
    json->text = json->at;
    json->length = plain;
    json->at += plain + 1;
    return true;
}

static const char *skip_digits(const char *at)
{
    return at + strspn(at, "0123456789");
}

/* Whether the token is a number by the grammar; ret_real: with a fraction or an exponent. */
static bool is_number(const char *token, bool *ret_real)
{
    const char *at = token + (*token == '-');
    const char *digits = at;

    at = skip_digits(at);
    if (at == digits || (*digits == '0' && at > digits + 1))
        return false;
    *ret_real = *at != '\0';
    if (*at == '.') {
        const char *fraction = ++at;
        at = skip_digits(at);
        if (at == fraction)
            return false;
    }
    if (*at == 'e' || *at == 'E') {
        at++;
        at += *at == '+' || *at == '-';
        const char *exponent = at;
        at = skip_digits(at);
        if (at == exponent)
            return false;
    }
    return *at == '\0';
}

/* strtod reads the point of the locale. */
static double to_real(char *token)
{
    const char *point = localeconv()->decimal_point;
    char *at = strchr(token, '.');

    if (at && strlen(point) == 1)
        *at = *point;
    return strtod(token, NULL);
}

/* Most numbers are a few digits that end in this chunk. False, and nothing read, for any other number. */
static bool read_short_integer(hg_json *json)
{
    enum { SURE_DIGITS = 18 }; /* fit into 64 bits whatever they are */
    const char *at = json->at + (json->at < json->end && *json->at == '-');
    const char *digits = at;
    int64_t value = 0;

    while (at < json->end && *at >= '0' && *at <= '9' && at - digits < SURE_DIGITS)
        value = 10 * value + (*at++ - '0');
    if (at == digits || at == json->end || (*at >= '0' && *at <= '9') ||
        (*digits == '0' && at > digits + 1) || *at == '.' || *at == 'e' || *at == 'E')
        return false;
    json->integer = *json->at == '-' ? -value : value;
    json->real = (double)json->integer;
    json->at = at;
    return true;
}

/* Any number; copies it first, which read_short_integer avoids for nearly all of them. */
static __attribute__((noinline)) hg_json_event read_any_number(hg_json *json)
{
    char token[HG_JSON_NUMBER_BYTES + 1];
    size_t size = 0;
    bool real;

    for (int byte = peek(json); byte >= 0; byte = peek(json)) {
        bool belongs = (byte >= '0' && byte <= '9') || byte == '-' || byte == '+' || byte == '.' ||
                       byte == 'e' || byte == 'E';
        if (!belongs || size == HG_JSON_NUMBER_BYTES)
            break;
        token[size++] = (char)byte;
        json->at++;
    }
    token[size] = '\0';
    if (peek(json) < 0)
        return cut_short(json);
    if (!is_number(token, &real))
        return damaged(json, "invalid number");
    if (real) {
        json->real = to_real(token);
        return isfinite(json->real) ? deliver(json, HG_JSON_REAL) : damaged(json, "number too large");
    }
    errno = 0;
    json->integer = strtoll(token, NULL, 10);
    json->real = (double)json->integer;
    return errno == ERANGE ? damaged(json, "integer too large") : deliver(json, HG_JSON_INTEGER);
}

static hg_json_event read_number(hg_json *json)
{
    return read_short_integer(json) ? deliver(json, HG_JSON_INTEGER) : read_any_number(json);
}

static hg_json_event read_word(hg_json *json, const char *word, hg_json_event event)
{
    for (; *word; word++) {
        int byte = peek(json);
        if (byte < 0)
            return cut_short(json);
        if (byte != *word)
            return damaged(json, "invalid word");
        json->at++;
    }
    return deliver(json, event);
}

static hg_json_event open_level(hg_json *json, char bracket)
{
    if (json->depth == HG_JSON_LEVELS)
        return damaged(json, "nested too deeply");
    json->at++;
    json->levels[json->depth++] = bracket;
    json->expects = bracket == '{' ? EXPECT_KEY_OR_END : EXPECT_VALUE_OR_END;
    json->event = bracket == '{' ? HG_JSON_OBJECT : HG_JSON_ARRAY;
    return json->event;
}

static hg_json_event close_level(hg_json *json)
{
    assert(json->depth > 0);
    json->at++;
    return deliver(json, json->levels[--json->depth] == '{' ? HG_JSON_OBJECT_END : HG_JSON_ARRAY_END);
}

static hg_json_event read_value(hg_json *json, int byte)
{
    switch (byte) {
    case '{':
    case '[':
        return open_level(json, (char)byte);
    case '"':
        json->at++;
        return read_string(json) ? deliver(json, HG_JSON_STRING) : HG_JSON_FAILED;
    case 't':
        return read_word(json, "true", HG_JSON_TRUE);
    case 'f':
        return read_word(json, "false", HG_JSON_FALSE);
    case 'n':
        return read_word(json, "null", HG_JSON_NULL);
    default:
        if (byte == '-' || (byte >= '0' && byte <= '9'))
            return read_number(json);
        return damaged(json, "expected a value");
    }
}

static hg_json_event read_key(hg_json *json, int byte)
{
    if (byte != '"')
        return damaged(json, "expected a key");
    json->at++;
    if (!read_string(json))
        return HG_JSON_FAILED;
    json->expects = EXPECT_COLON;
    json->event = HG_JSON_KEY;
    return HG_JSON_KEY;
}

/* Steps over the comma or colon before the next value or key; false if there is none. */
static bool take_separator(hg_json *json, int byte)
{
    bool in_object = json->depth > 0 && json->levels[json->depth - 1] == '{';

    if (json->expects == EXPECT_COLON ? byte != ':' : byte != ',')
        return false;
    json->expects = json->expects == EXPECT_COLON ? EXPECT_VALUE : in_object ? EXPECT_KEY : EXPECT_VALUE;
    json->at++;
    return true;
}

static hg_json_event begin(hg_json *json, int byte)
{
    if (byte < 0)
        return fail(json, HG_JSON_EMPTY, NULL);
    return byte == '{' || byte == '[' ? open_level(json, (char)byte) : damaged(json, "expected '[' or '{'");
}

hg_json_event hg_json_next(hg_json *json)
{
    if (json->failure != HG_JSON_OK)
        return json->event = HG_JSON_FAILED;
    int byte = skip_space(json);
    if (json->expects == EXPECT_ROOT)
        return begin(json, byte);
    if (json->expects == EXPECT_END) {
        if (byte >= 0)
            return damaged(json, "expected the end of the file");
        return json->event = json->failure == HG_JSON_OK ? HG_JSON_END : HG_JSON_FAILED;
    }
    bool may_end = json->expects == EXPECT_MORE || json->expects == EXPECT_KEY_OR_END ||
                   json->expects == EXPECT_VALUE_OR_END;
    if (may_end && byte == (json->levels[json->depth - 1] == '{' ? '}' : ']'))
        return close_level(json);
    if (json->expects == EXPECT_MORE || json->expects == EXPECT_COLON) {
        if (byte >= 0 && !take_separator(json, byte))
            return damaged(json, json->expects == EXPECT_COLON ? "expected ':'" : "expected ',' or the end");
        byte = byte >= 0 ? skip_space(json) : byte;
    }
    if (byte < 0)
        return cut_short(json);
    bool key = json->expects == EXPECT_KEY || json->expects == EXPECT_KEY_OR_END;
    return key ? read_key(json, byte) : read_value(json, byte);
}

bool hg_json_skip(hg_json *json)
{
    size_t depth = json->depth;

    assert(json->event != HG_JSON_KEY && json->event != HG_JSON_OBJECT_END &&
           json->event != HG_JSON_ARRAY_END);
    if (json->event == HG_JSON_OBJECT || json->event == HG_JSON_ARRAY)
        while (json->depth >= depth)
            if (hg_json_next(json) == HG_JSON_FAILED)
                return false;
    return json->failure == HG_JSON_OK;
}

void hg_json_damage(hg_json *json, const char *problem)
{
    damaged(json, problem);
}
