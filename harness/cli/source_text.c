#include "cli/source_text.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_BYTES = 8 * 1024 * 1024, MOST_CALL_LINES = 40, MOST_MACRO_LINES = 1000, CHUNK = 64 * 1024 };

static bool read_bytes(FILE *file, hg_buffer *ret_bytes)
{
    struct stat status;
    if (fstat(fileno(file), &status) != 0 || !S_ISREG(status.st_mode))
        return false;
    for (size_t got = 1; got > 0 && ret_bytes->size < MOST_BYTES;) {
        char *room = hg_buffer_reserve(ret_bytes, CHUNK);
        got = room ? fread(room, 1, CHUNK, file) : 0;
        if (got > 0 && memchr(room, '\0', got))
            return false;
        ret_bytes->size += got;
    }
    return true;
}

void hg_source_text_read(const char *path, hg_source_text *ret_text)
{
    int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    FILE *file = descriptor >= 0 ? fdopen(descriptor, "r") : NULL;
    *ret_text = (hg_source_text){0};
    if (!file && descriptor >= 0)
        close(descriptor);
    if (file && !read_bytes(file, &ret_text->bytes))
        hg_buffer_empty(&ret_text->bytes);
    if (file)
        fclose(file);
    for (size_t at = 0; at < ret_text->bytes.size;) {
        const char *end = memchr(ret_text->bytes.bytes + at, '\n', ret_text->bytes.size - at);
        hg_buffer_add(&ret_text->lines, &at, sizeof at);
        at = end ? (size_t)(end - ret_text->bytes.bytes) + 1 : ret_text->bytes.size;
    }
}

void hg_source_text_free(hg_source_text *text)
{
    hg_buffer_free(&text->bytes);
    hg_buffer_free(&text->lines);
}

long hg_source_text_count(const hg_source_text *text)
{
    return text->lines.failed ? 0 : (long)(text->lines.size / sizeof(size_t));
}

static hg_source_word trim(hg_source_word word)
{
    while (word.length > 0 && isspace((unsigned char)word.text[word.length - 1]))
        word.length--;
    while (word.length > 0 && isspace((unsigned char)*word.text)) {
        word.text++;
        word.length--;
    }
    return word;
}

hg_source_word hg_source_text_line(const hg_source_text *text, long line)
{
    size_t from, to = text->bytes.size;
    const hg_source_word none = {"", 0};
    if (line < 1 || line > hg_source_text_count(text))
        return none;
    memcpy(&from, text->lines.bytes + (size_t)(line - 1) * sizeof from, sizeof from);
    if (line < hg_source_text_count(text))
        memcpy(&to, text->lines.bytes + (size_t)line * sizeof to, sizeof to);
    return trim((hg_source_word){text->bytes.bytes + from, to - from});
}

/* How many parentheses are open behind the text, which is not within a string. */
static long count_open(hg_source_word text, long open)
{
    char quote = '\0';
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.text[i];
        if (quote && byte == '\\')
            i++;
        else if (quote && byte == quote)
            quote = '\0';
        else if (quote)
            continue;
        else if (byte == '"' || byte == '\'')
            quote = byte;
        else if (byte == '/' && i + 1 < text.length && text.text[i + 1] == '/')
            return open;
        else if (byte == '(')
            open++;
        else if (byte == ')' && open > 0)
            open--;
    }
    return open;
}

long hg_source_text_end_of_call(const hg_source_text *text, long line)
{
    long end = line;
    long open = count_open(hg_source_text_line(text, line), 0);
    while (open > 0 && end < hg_source_text_count(text) && end < line + MOST_CALL_LINES)
        open = count_open(hg_source_text_line(text, ++end), open);
    return open > 0 ? line : end;
}

static bool goes_on(hg_source_word line)
{
    return line.length > 0 && line.text[line.length - 1] == '\\';
}

static bool is_of_name(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_';
}

hg_source_word hg_source_text_macro(const hg_source_text *text, long line)
{
    long first = line;
    while (first > 1 && line - first < MOST_MACRO_LINES && goes_on(hg_source_text_line(text, first - 1)))
        first--;
    hg_source_word from = hg_source_text_line(text, first);
    const hg_source_word none = {"", 0};
    if (from.length == 0 || *from.text != '#')
        return none;
    from = trim((hg_source_word){from.text + 1, from.length - 1});
    if (from.length < 7 || strncmp(from.text, "define", 6) != 0)
        return none;
    from = trim((hg_source_word){from.text + 6, from.length - 6});
    size_t length = 0;
    while (length < from.length && is_of_name(from.text[length]))
        length++;
    return (hg_source_word){from.text, length};
}

bool hg_source_word_is(hg_source_word word, const char *other)
{
    return strlen(other) == word.length && memcmp(word.text, other, word.length) == 0;
}

/* Where the word is in the text, from a place on; the text's length: nowhere. */
static size_t find_word(hg_source_word word, hg_source_word text, size_t from)
{
    for (size_t i = from; word.length > 0 && i + word.length <= text.length; i++)
        if (memcmp(text.text + i, word.text, word.length) == 0 && (i == 0 || !is_of_name(text.text[i - 1])) &&
            (i + word.length == text.length || !is_of_name(text.text[i + word.length])))
            return i;
    return text.length;
}

bool hg_source_word_in(hg_source_word word, hg_source_word text)
{
    return find_word(word, text, 0) < text.length;
}

bool hg_source_word_called(hg_source_word word, hg_source_word text)
{
    for (size_t at = 0; (at = find_word(word, text, at)) < text.length; at++) {
        size_t behind = at + word.length;
        while (behind < text.length && text.text[behind] == ' ')
            behind++;
        if (behind < text.length && text.text[behind] == '(')
            return true;
    }
    return false;
}
