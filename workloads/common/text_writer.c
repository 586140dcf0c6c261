#include "text_writer.h"

void text_put_json_string(struct text_writer *writer, const char *bytes, size_t size)
{
    static const char hex[] = "0123456789abcdef";

    text_put(writer, "\"");
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)bytes[i];

        if (byte == '"' || byte == '\\') {
            text_put_bytes(writer, (const char[]){'\\', bytes[i]}, 2);
        } else if (byte < 0x20 || byte == 0x7f) {
            text_put_bytes(writer, (const char[]){'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]}, 6);
        } else {
            text_put_bytes(writer, &bytes[i], 1);
        }
    }
    text_put(writer, "\"");
}

void text_put_single_quoted(struct text_writer *writer, const char *bytes, size_t size)
{
    text_put(writer, "'");
    for (size_t i = 0; i < size; i++) {
        text_put_bytes(writer, &bytes[i], 1);
        if (bytes[i] == '\'')
            text_put(writer, "'");
    }
    text_put(writer, "'");
}
