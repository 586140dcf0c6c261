#include "pointer.h"

#include <stdbool.h>
#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t pointer_percent_decode(char *bytes, size_t size)
{
    size_t out = 0;
    for (size_t in = 0; in < size; in++) {
        int high = in + 2 < size && bytes[in] == '%' ? hex_digit(bytes[in + 1]) : -1;
        int low = high >= 0 ? hex_digit(bytes[in + 2]) : -1;
        if (low >= 0) {
            bytes[out++] = (char)(high << 4 | low);
            in += 2;
        } else {
            bytes[out++] = bytes[in];
        }
    }
    return out;
}

/* ~1 is a slash, ~0 a tilde; any other tilde stays. */
static size_t unescape(char *token, size_t size)
{
    size_t out = 0;
    for (size_t in = 0; in < size; in++) {
        if (token[in] == '~' && in + 1 < size && (token[in + 1] == '0' || token[in + 1] == '1'))
            token[out++] = token[++in] == '0' ? '~' : '/';
        else
            token[out++] = token[in];
    }
    return out;
}

static bool read_index(const char *token, size_t size, size_t *ret_index)
{
    if (size == 0 || size > 9 || (token[0] == '0' && size > 1))
        return false;
    size_t index = 0;
    for (size_t i = 0; i < size; i++) {
        if (token[i] < '0' || token[i] > '9')
            return false;
        index = index * 10 + (size_t)(token[i] - '0');
    }
    *ret_index = index;
    return true;
}

json_t *pointer_step(const json_t *value, char **at, const char *end)
{
    char *token = *at + 1;
    char *slash = memchr(token, '/', (size_t)(end - token));
    size_t size = slash ? (size_t)(slash - token) : (size_t)(end - token);
    *at = token + size;
    size = unescape(token, size);
    size_t index;
    if (json_is_object(value))
        return json_object_getn(value, token, size);
    if (json_is_array(value) && read_index(token, size, &index))
        return json_array_get(value, index);
    return NULL;
}
