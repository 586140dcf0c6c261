#include "json_utf8.h"

/* The length that a first byte announces, and the smallest code point of that length. */
static size_t sequence_length(unsigned char first, uint32_t *ret_smallest)
{
    if (first < 0x80) {
        *ret_smallest = 0;
        return 1;
    }
    if (first >= 0xC2 && first < 0xE0) {
        *ret_smallest = 0x80;
        return 2;
    }
    if (first >= 0xE0 && first < 0xF0) {
        *ret_smallest = 0x800;
        return 3;
    }
    if (first >= 0xF0 && first < 0xF5) {
        *ret_smallest = 0x10000;
        return 4;
    }
    return 0;
}

size_t utf8_decode(const char *bytes, size_t size, uint32_t *ret_code_point)
{
    if (size == 0)
        return 0;
    unsigned char first = (unsigned char)bytes[0];
    uint32_t smallest;
    size_t length = sequence_length(first, &smallest);
    if (length == 0 || length > size)
        return 0;
    uint32_t code_point = length == 1 ? first : first & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if ((byte & 0xC0) != 0x80)
            return 0;
        code_point = code_point << 6 | (byte & 0x3Fu);
    }
    if (code_point < smallest || code_point > 0x10FFFF || (code_point >= 0xD800 && code_point < 0xE000))
        return 0;
    *ret_code_point = code_point;
    return length;
}

size_t utf8_encode(uint32_t code_point, char bytes[UTF8_MAX_BYTES])
{
    if (code_point < 0x80) {
        bytes[0] = (char)code_point;
        return 1;
    }
    size_t length = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (code_point & 0x3F));
        code_point >>= 6;
    }
    bytes[0] = (char)((0xF00u >> length & 0xFF) | code_point);
    return length;
}

size_t utf8_length(const char *bytes, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += ((unsigned char)bytes[i] & 0xC0) != 0x80;
    return count;
}
