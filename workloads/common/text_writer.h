/*
 * Appends text to a buffer of fixed size that the caller owns and reuses, so that a generator never
 * allocates. Text that does not fit is dropped, and `full` is set.
 */
#ifndef WORKLOADS_TEXT_WRITER_H
#define WORKLOADS_TEXT_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text_writer {
    char *data;            /* not NUL-terminated */
    size_t size, capacity; /* bytes */
    bool full;
};

static inline void text_put_bytes(struct text_writer *writer, const char *bytes, size_t size)
{
    if (writer->full || size > writer->capacity - writer->size) {
        writer->full = true;
        return;
    }
    memcpy(writer->data + writer->size, bytes, size);
    writer->size += size;
}

static inline void text_put(struct text_writer *writer, const char *text)
{
    text_put_bytes(writer, text, strlen(text));
}

static inline void text_put_number(struct text_writer *writer, uint64_t number)
{
    char digits[20];
    size_t start = sizeof digits;

    do {
        digits[--start] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    text_put_bytes(writer, digits + start, sizeof digits - start);
}

/* In quotes, escaped for JSON; the result is also a double-quoted scalar of YAML. */
void text_put_json_string(struct text_writer *writer, const char *bytes, size_t size);

/* In quotes, escaped as YAML's single-quoted scalar; for one line of printable text. */
void text_put_single_quoted(struct text_writer *writer, const char *bytes, size_t size);

#endif
