#include "base/escape.h"
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

#define UNIT_BYTES 16 /* one escaped character: \u10ffff at most, or 4 bytes of UTF-8, or an HTML entity */

static const char gap[] = "...";
#define GAP_COLUMNS (sizeof gap - 1)

/* One character of a text as it will be shown. */
typedef struct unit {
    char text[UNIT_BYTES];
    size_t bytes, columns;
    size_t consumed; /* bytes of the source */
} unit;

/* A backslash, a letter and so many hexadecimal digits at least. */
static void unit_escape(unit *ret_unit, char letter, int digits, unsigned value)
{
    int length = snprintf(ret_unit->text, sizeof ret_unit->text, "\\%c%0*x", letter, digits, value);

    ret_unit->bytes = ret_unit->columns = (size_t)length;
}

static unit unit_next(const char *text, bool unicode)
{
    unit next = {.bytes = 0};
    uint32_t code;

    next.consumed = hg_utf8_next(text, &code);
    if (code == HG_UTF8_INVALID)
        unit_escape(&next, 'x', 2, (unsigned char)*text);
    else if ((code < 0x80 && hg_utf8_is_deceptive(code)) || strncmp(text, "##[", 3) == 0)
        unit_escape(&next, 'x', 2, code);
    else if (hg_utf8_is_deceptive(code) || (code >= 0x80 && !unicode))
        unit_escape(&next, 'u', 4, code);
    else {
        next.bytes = hg_utf8_put(code, next.text);
        next.columns = hg_utf8_columns(code);
    }
    return next;
}

/* The same at the start of a name, with which a line may begin. */
static unit unit_first(const char *text, bool unicode)
{
    unit first = unit_next(text, unicode);

    if (strncmp(text, "::", 2) == 0)
        unit_escape(&first, 'x', 2, ':');
    return first;
}

/* Whether all of a name fits, or of the end of one; counts no further than it must. */
static bool fits(const char *text, size_t size, size_t columns, bool unicode, bool is_end)
{
    size_t bytes = 0, used = 0;

    for (bool first = !is_end; *text; first = false) {
        unit next = (first ? unit_first : unit_next)(text, unicode);
        bytes += next.bytes;
        used += next.columns;
        if (bytes >= size || used > columns)
            return false;
        text += next.consumed;
    }
    return true;
}

/* Copies units while they fit, and returns the columns used. */
static size_t copy_units(char *out, size_t size, const char *text, size_t columns, bool unicode, bool is_end)
{
    size_t bytes = 0, used = 0;

    for (bool first = !is_end; *text; first = false) {
        unit next = (first ? unit_first : unit_next)(text, unicode);
        if (bytes + next.bytes >= size || used + next.columns > columns)
            break;
        memcpy(out + bytes, next.text, next.bytes);
        bytes += next.bytes;
        used += next.columns;
        text += next.consumed;
    }
    out[bytes] = '\0';
    return used;
}

size_t hg_escape_fit(char *out, size_t size, const char *text, size_t columns, bool unicode)
{
    if (size == 0)
        return 0;
    if (!text)
        text = "";
    if (fits(text, size, columns, unicode, false))
        return copy_units(out, size, text, columns, unicode, false);
    if (size <= GAP_COLUMNS || columns < GAP_COLUMNS) {
        out[0] = '\0';
        return 0;
    }
    size_t used = copy_units(out, size - GAP_COLUMNS, text, columns - GAP_COLUMNS, unicode, false);
    memcpy(out + strlen(out), gap, sizeof gap);
    return used + GAP_COLUMNS;
}

/* The end of text, at most so many bytes of it, from the start of a character. */
static const char *last_units(const char *text, size_t bytes)
{
    size_t length = strlen(text);
    const char *start = length > bytes ? text + length - bytes : text;

    while ((*start & 0xC0) == 0x80)
        start++;
    return start;
}

size_t hg_escape_middle(char *out, size_t size, const char *text, size_t columns, bool unicode)
{
    if (!text)
        text = "";
    if (size < 2 * (size_t)UNIT_BYTES || columns < 8 || fits(text, size, columns, unicode, false))
        return hg_escape_fit(out, size, text, columns, unicode);

    size_t used = hg_escape_fit(out, size / 3, text, columns / 3 + GAP_COLUMNS, unicode);
    size_t bytes = strlen(out);
    const char *tail = last_units(text, (size_t)HG_UTF8_MAX_BYTES * (columns - used));
    while (!fits(tail, size - bytes, columns - used, unicode, true))
        tail += unit_next(tail, unicode).consumed;
    return used + copy_units(out + bytes, size - bytes, tail, columns - used, unicode, true);
}

void hg_escape_write(FILE *out, const char *text, bool unicode)
{
    while (text && *text) {
        unit next = unit_next(text, unicode);
        fwrite(next.text, 1, next.bytes, out);
        text += next.consumed;
    }
}

static void write_html_unit(FILE *out, const unit *next)
{
    const char *entity = NULL;

    if (next->bytes == 1) {
        switch (next->text[0]) {
        case '&':
            entity = "&amp;";
            break;
        case '<':
            entity = "&lt;";
            break;
        case '>':
            entity = "&gt;";
            break;
        case '"':
            entity = "&quot;";
            break;
        case '\'':
            entity = "&#39;";
            break;
        default:
            break;
        }
    }
    if (entity)
        fputs(entity, out);
    else
        fwrite(next->text, 1, next->bytes, out);
}

/* Units hold a backslash or a quote only alone or as their first byte. */
static void write_json_unit(FILE *out, const unit *next)
{
    if (next->text[0] == '"' || next->text[0] == '\\')
        fputc('\\', out);
    fwrite(next->text, 1, next->bytes, out);
}

static size_t count_units(const char *text)
{
    size_t count = 0;

    for (; *text; count++)
        text += unit_next(text, true).consumed;
    return count;
}

/* Writes the units of text, but for those in the middle that do not fit into limit. */
static void write_units(FILE *out, const char *text, size_t limit, bool keep_line_feeds,
                        void (*write)(FILE *out, const unit *next))
{
    if (!text)
        return;
    size_t total = limit > 0 ? count_units(text) : 0;
    size_t left_out = total > limit ? total - limit : 0;
    for (size_t at = 0; *text; at++) {
        unit next = unit_next(text, true);
        if (left_out > 0 && at == limit / 3)
            fputs("\u2026", out);
        if (*text == '\n' && left_out == 0 && keep_line_feeds)
            fputc('\n', out);
        else if (left_out == 0 || at < limit / 3 || at >= limit / 3 + left_out)
            write(out, &next);
        text += next.consumed;
    }
}

void hg_escape_html(FILE *out, const char *text, size_t limit)
{
    write_units(out, text, limit, true, write_html_unit);
}

void hg_escape_json(FILE *out, const char *text, size_t limit)
{
    write_units(out, text, limit, false, write_json_unit);
}

static void write_code(FILE *out, uint32_t code)
{
    char bytes[HG_UTF8_MAX_BYTES];

    if (code == '"' || code == '\\')
        fprintf(out, "\\%c", (int)code);
    else if (code == '\n')
        fputs("\\n", out);
    else if (code == '\t')
        fputs("\\t", out);
    else if (code < 0x20 || code == 0x7F || code == 0x2028 || code == 0x2029)
        fprintf(out, "\\u%04x", (unsigned)code);
    else {
        size_t size = hg_utf8_put(code, bytes);
        fwrite(bytes, 1, size, out);
    }
}

void hg_escape_json_exact(FILE *out, const char *text)
{
    fputc('"', out);
    while (text && *text) {
        uint32_t code;
        text += hg_utf8_next(text, &code);
        write_code(out, code == HG_UTF8_INVALID ? HG_UTF8_REPLACEMENT : code);
    }
    fputc('"', out);
}
