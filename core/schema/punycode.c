#define _GNU_SOURCE /* memrchr */
#include "punycode.h"

#include <string.h>

/* The parameters of RFC 3492, section 5. */
enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, INITIAL_BIAS = 72, INITIAL_N = 128 };

static uint32_t adapt_bias(uint32_t delta, uint32_t points, bool first)
{
    delta = first ? delta / DAMP : delta / 2;
    delta += delta / points;
    uint32_t k = 0;
    for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
        delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static uint32_t threshold(uint32_t k, uint32_t bias)
{
    if (k <= bias + T_MIN)
        return T_MIN;
    return k >= bias + T_MAX ? T_MAX : k - bias;
}

static uint32_t digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0') + 26;
    if (c >= 'a' && c <= 'z')
        return (uint32_t)(c - 'a');
    return c >= 'A' && c <= 'Z' ? (uint32_t)(c - 'A') : BASE;
}

/* Reads one variable-length integer and adds it to *index. */
static bool read_delta(const char **at, const char *end, uint32_t bias, uint32_t *index)
{
    uint32_t weight = 1;
    for (uint32_t k = BASE;; k += BASE) {
        if (*at == end)
            return false;
        uint32_t digit = digit_value(*(*at)++), step;
        if (digit >= BASE || __builtin_mul_overflow(digit, weight, &step) ||
            __builtin_add_overflow(*index, step, index))
            return false;
        uint32_t limit = threshold(k, bias);
        if (digit < limit)
            return true;
        if (__builtin_mul_overflow(weight, BASE - limit, &weight))
            return false;
    }
}

bool punycode_decode(const char *bytes, size_t size, uint32_t code_points[PUNYCODE_MAX_LABEL],
                     size_t *ret_count)
{
    const char *at = bytes, *end = bytes + size;
    uint32_t n = INITIAL_N, index = 0, bias = INITIAL_BIAS, count = 0;
    const char *delimiter = size ? memrchr(bytes, '-', size) : NULL;
    if (size > PUNYCODE_MAX_LABEL)
        return false;
    for (; delimiter && at < delimiter; at++)
        code_points[count++] = (unsigned char)*at;
    at += delimiter != NULL;
    while (at < end) {
        uint32_t old = index;
        bool first = n == INITIAL_N && old == 0;
        if (count == PUNYCODE_MAX_LABEL || !read_delta(&at, end, bias, &index))
            return false;
        bias = adapt_bias(index - old, count + 1, first);
        if (__builtin_add_overflow(n, index / (count + 1), &n) || n > 0x10FFFF || (n >= 0xD800 && n < 0xE000))
            return false;
        index %= count + 1;
        memmove(code_points + index + 1, code_points + index, (count - index) * sizeof *code_points);
        code_points[index++] = n;
        count++;
    }
    *ret_count = count;
    return true;
}

static size_t delta_size(uint32_t delta, uint32_t bias)
{
    size_t size = 1;
    for (uint32_t k = BASE;; k += BASE, size++) {
        uint32_t limit = threshold(k, bias);
        if (delta < limit)
            return size;
        delta = (delta - limit) / (BASE - limit);
    }
}

static uint32_t smallest_from(const uint32_t *code_points, size_t count, uint32_t n)
{
    uint32_t smallest = UINT32_MAX;
    for (size_t i = 0; i < count; i++)
        if (code_points[i] >= n && code_points[i] < smallest)
            smallest = code_points[i];
    return smallest;
}

size_t punycode_encoded_size(const uint32_t *code_points, size_t count)
{
    uint32_t basic = 0, n = INITIAL_N, delta = 0, bias = INITIAL_BIAS;
    for (size_t i = 0; i < count; i++)
        basic += code_points[i] < 0x80;
    size_t size = basic + (basic > 0);
    for (uint32_t handled = basic; handled < count;) {
        uint32_t next = smallest_from(code_points, count, n);
        delta += (next - n) * (handled + 1); /* at most 0x10FFFF x 64: no overflow */
        n = next;
        for (size_t i = 0; i < count; i++) {
            delta += code_points[i] < n;
            if (code_points[i] != n)
                continue;
            size += delta_size(delta, bias);
            bias = adapt_bias(delta, handled + 1, handled == basic);
            delta = 0;
            handled++;
        }
        delta++;
        n++;
    }
    return size;
}
