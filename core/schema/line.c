#include "line.h"

#include <stdio.h>
#include <string.h>

#include "json_utf8.h"

enum { LINE_QUOTED_BYTES = 64, LINE_FORMAT_BYTES = 256 };

void line_init(struct line *line, char *buffer, size_t capacity)
{
    *line = (struct line){.text = buffer, .capacity = capacity};
    buffer[0] = '\0';
}

/* Adds all of a short text or nothing. */
static void line_put(struct line *line, const char *bytes, size_t size)
{
    if (line->full || size >= line->capacity - line->size) {
        line->full = true;
        return;
    }
    memcpy(line->text + line->size, bytes, size);
    line->size += size;
    line->text[line->size] = '\0';
}

static bool is_control(uint32_t code_point)
{
    return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0) || code_point == 0x2028 ||
           code_point == 0x2029;
}

static void line_put_escape(struct line *line, uint32_t code_point)
{
    char escape[8];
    const char *name = code_point == '\n'   ? "\\n"
                       : code_point == '\t' ? "\\t"
                       : code_point == '\r' ? "\\r"
                                            : NULL;
    int size = name ? snprintf(escape, sizeof escape, "%s", name)
                    : snprintf(escape, sizeof escape, "\\u%04x", (unsigned)code_point & 0xFFFFu);
    line_put(line, escape, (size_t)size);
}

/* Adds the next character and returns how many bytes it took. */
static size_t line_put_character(struct line *line, const char *bytes, size_t size)
{
    uint32_t code_point;
    size_t length = utf8_decode(bytes, size, &code_point);
    if (length == 0) {
        line_put(line, "\xEF\xBF\xBD", 3);
        return 1;
    }
    if (is_control(code_point))
        line_put_escape(line, code_point);
    else
        line_put(line, bytes, length);
    return length;
}

void line_add(struct line *line, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size && !line->full;)
        i += line_put_character(line, bytes + i, size - i);
}

void line_vformat(struct line *line, const char *format, va_list arguments)
{
    char text[LINE_FORMAT_BYTES];
    int size = vsnprintf(text, sizeof text, format, arguments);
    if (size > 0)
        line_add(line, text, (size_t)size < sizeof text ? (size_t)size : sizeof text - 1);
}

void line_format(struct line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    line_vformat(line, format, arguments);
    va_end(arguments);
}

void line_quote(struct line *line, const char *bytes, size_t size)
{
    line_put(line, "\"", 1);
    size_t i = 0, limit = line->size + LINE_QUOTED_BYTES;
    while (i < size && line->size < limit && !line->full)
        i += line_put_character(line, bytes + i, size - i);
    if (i < size)
        line_put(line, "...", 3);
    line_put(line, "\"", 1);
}

void line_token(struct line *line, const char *bytes, size_t size)
{
    line_put(line, "/", 1);
    for (size_t i = 0; i < size && !line->full;) {
        if (bytes[i] == '~' || bytes[i] == '/') {
            line_put(line, bytes[i] == '~' ? "~0" : "~1", 2);
            i++;
        } else {
            i += line_put_character(line, bytes + i, size - i);
        }
    }
}
