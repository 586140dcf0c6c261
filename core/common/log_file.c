#include "log_file.h"

#include "json_utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int toka_log_file_open(toka_log_file *file, const char *path)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, S_IRUSR | S_IWUSR);

    if (descriptor < 0)
        return errno;
    file->descriptor = descriptor;
    file->problem = 0;
    file->size = 0;
    file->buffered = 0;
    return 0;
}

void toka_log_file_flush(toka_log_file *file)
{
    size_t written = 0;

    while (written < file->buffered && !file->problem) {
        ssize_t result = write(file->descriptor, file->buffer + written, file->buffered - written);

        if (result >= 0)
            written += (size_t)result;
        else if (errno != EINTR)
            file->problem = errno;
    }
    file->buffered = 0;
}

void toka_log_file_add(toka_log_file *file, const char *bytes, size_t size)
{
    while (size && !file->problem) {
        size_t room = sizeof file->buffer - file->buffered;
        size_t part = size < room ? size : room;

        memcpy(file->buffer + file->buffered, bytes, part);
        file->buffered += part;
        file->size += part;
        bytes += part;
        size -= part;
        if (file->buffered == sizeof file->buffer)
            toka_log_file_flush(file);
    }
}

void toka_log_file_format(toka_log_file *file, const char *format, ...)
{
    char text[256];
    va_list arguments;
    int size = 0;

    va_start(arguments, format);
    size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (size > 0)
        toka_log_file_add(file, text, (size_t)size < sizeof text ? (size_t)size : sizeof text - 1);
}

static bool is_utf8(toka_text text)
{
    size_t i = 0;

    while (i < text.size) {
        uint32_t code_point = 0;
        size_t size = utf8_decode(text.data + i, text.size - i, &code_point);

        if (size == 0)
            return false;
        i += size;
    }
    return true;
}

static bool is_plain(char c)
{
    return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

static void add_special(toka_log_file *file, char c)
{
    if (c == '"' || c == '\\')
        toka_log_file_add(file, (char[]){'\\', c}, 2);
    else if (c == '\n')
        toka_log_file_add(file, "\\n", 2);
    else
        toka_log_file_format(file, "\\u%04x", (unsigned)(unsigned char)c);
}

static void add_utf8(toka_log_file *file, toka_text text)
{
    size_t i = 0;

    while (i < text.size) {
        size_t start = i;

        while (i < text.size && is_plain(text.data[i]))
            i++;
        toka_log_file_add(file, text.data + start, i - start);
        if (i < text.size)
            add_special(file, text.data[i++]);
    }
}

static void add_bytes(toka_log_file *file, toka_text text)
{
    for (size_t i = 0; i < text.size; i++) {
        char character[UTF8_MAX_BYTES];
        uint32_t code_point = (unsigned char)text.data[i];

        if (code_point < 0x80)
            add_utf8(file, (toka_text){text.data + i, 1});
        else
            toka_log_file_add(file, character, utf8_encode(code_point, character));
    }
}

void toka_log_file_text(toka_log_file *file, const char *key, toka_text text)
{
    bool whole = is_utf8(text);

    toka_log_file_format(file, ",\"%s%s\":\"", key, whole ? "" : "_bytes");
    if (whole)
        add_utf8(file, text);
    else
        add_bytes(file, text);
    toka_log_file_add(file, "\"", 1);
}

int toka_log_file_close(toka_log_file *file)
{
    toka_log_file_flush(file);
    if (close(file->descriptor) != 0 && !file->problem && errno != EINTR)
        file->problem = errno;
    return file->problem;
}

void toka_log_file_abandon(toka_log_file *file)
{
    close(file->descriptor);
    file->buffered = 0;
}
