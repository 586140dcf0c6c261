#include "profile_output.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

typedef struct bytes {
    const unsigned char *at, *end;
} bytes;

/* What a length-delimited field holds, by the fields above it: "2.3" is field 3 of field 2. */
typedef enum content { CONTENT_STRING, CONTENT_PACKED, CONTENT_MESSAGE } content;

static content content_of(const char *path)
{
    static const char *const messages[] = {"1", "2", "2.3", "3", "4", "4.4", "5", "11"};
    static const char *const packed[] = {"2.1", "2.2", "13"};

    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        if (strcmp(path, messages[i]) == 0)
            return CONTENT_MESSAGE;
    for (size_t i = 0; i < sizeof packed / sizeof *packed; i++)
        if (strcmp(path, packed[i]) == 0)
            return CONTENT_PACKED;
    return CONTENT_STRING;
}

static uint64_t read_varint(bytes *from)
{
    uint64_t value = 0;

    for (unsigned shift = 0;; shift += 7) {
        cr_assert_lt(shift, 70);
        cr_assert_lt(from->at, from->end, "a number is cut off");
        unsigned char byte = *from->at++;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return value;
    }
}

static void write_message(FILE *out, bytes from, const char *path, int depth);

static void write_content(FILE *out, bytes from, const char *path, int depth)
{
    switch (content_of(path)) {
    case CONTENT_MESSAGE:
        fputc('\n', out);
        write_message(out, from, path, depth + 1);
        return;
    case CONTENT_PACKED:
        while (from.at < from.end)
            fprintf(out, " %" PRId64, (int64_t)read_varint(&from));
        fputc('\n', out);
        return;
    default:
        fprintf(out, " \"%.*s\"\n", (int)(from.end - from.at), (const char *)from.at);
    }
}

static void write_message(FILE *out, bytes from, const char *path, int depth)
{
    while (from.at < from.end) {
        char inner[32];
        uint64_t key = read_varint(&from);
        snprintf(inner, sizeof inner, "%s%s%" PRIu64, path, path[0] ? "." : "", key >> 3);
        fprintf(out, "%*s%s:", 2 * depth, "", inner);
        uint64_t value = read_varint(&from);
        if ((key & 7) == 0) {
            fprintf(out, " %" PRId64 "\n", (int64_t)value);
            continue;
        }
        cr_assert_eq(key & 7, 2, "wire type %d", (int)(key & 7));
        cr_assert_leq(value, (uint64_t)(from.end - from.at), "a field is cut off");
        write_content(out, (bytes){from.at, from.at + value}, inner, depth);
        from.at += value;
    }
}

static unsigned char *inflate_all(const char *gzip, size_t size, size_t *ret_size)
{
    size_t room = 1 << 24;
    unsigned char *plain = malloc(room);
    z_stream stream = {
        .next_in = (Bytef *)gzip, .avail_in = (uInt)size, .next_out = plain, .avail_out = (uInt)room};

    cr_assert_not_null(plain);
    cr_assert_eq(inflateInit2(&stream, MAX_WBITS + 16), Z_OK);
    cr_assert_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
    cr_assert_eq(stream.avail_in, 0);
    *ret_size = stream.total_out;
    inflateEnd(&stream);
    return plain;
}

char *profile_text(const char *gzip, size_t size)
{
    char *text = NULL;
    size_t plain_size, text_size;
    unsigned char *plain = inflate_all(gzip, size, &plain_size);
    FILE *out = open_memstream(&text, &text_size);

    cr_assert_not_null(out);
    write_message(out, (bytes){plain, plain + plain_size}, "", 0);
    cr_assert_eq(fclose(out), 0);
    free(plain);
    return text;
}
