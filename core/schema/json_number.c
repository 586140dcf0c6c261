#include "json_number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

__extension__ typedef unsigned __int128 uint128;

static const double two_to_63 = 9223372036854775808.0;

struct number number_of(const json_t *value)
{
    if (json_is_integer(value))
        return (struct number){.is_real = false, .integer = json_integer_value(value)};
    return (struct number){.is_real = true, .real = json_real_value(value)};
}

bool number_is_integral(struct number number)
{
    return !number.is_real || (isfinite(number.real) && floor(number.real) == number.real);
}

static int compare_integer_to_real(int64_t integer, double real)
{
    if (real >= two_to_63)
        return -1;
    if (real < -two_to_63)
        return 1;
    double whole = trunc(real);
    int64_t truncated = (int64_t)whole;
    if (integer != truncated)
        return integer < truncated ? -1 : 1;
    return (real < whole) - (real > whole);
}

int number_compare(struct number a, struct number b)
{
    if (!a.is_real && !b.is_real)
        return (a.integer > b.integer) - (a.integer < b.integer);
    if (a.is_real && b.is_real)
        return (a.real > b.real) - (a.real < b.real);
    return a.is_real ? -compare_integer_to_real(b.integer, a.real)
                     : compare_integer_to_real(a.integer, b.real);
}

static struct decimal decimal_trim(struct decimal decimal)
{
    if (decimal.digits == 0)
        return (struct decimal){0, 0};
    while (decimal.digits % 10 == 0) {
        decimal.digits /= 10;
        decimal.exponent++;
    }
    return decimal;
}

/* Reads "d<point>ddde+xx"; the point depends on the locale, so whatever is not a digit before the e is
 * skipped. */
static struct decimal decimal_parse(const char *text)
{
    struct decimal decimal = {0, 0};
    int digits = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9')
            continue;
        decimal.digits = decimal.digits * 10 + (uint64_t)(*text - '0');
        digits++;
    }
    if (*text == 'e')
        decimal.exponent = (int)strtol(text + 1, NULL, 10) - (digits - 1);
    return decimal_trim(decimal);
}

struct decimal number_decimal(struct number number)
{
    if (!number.is_real) {
        uint64_t magnitude = (uint64_t)number.integer;
        return decimal_trim((struct decimal){number.integer < 0 ? 0 - magnitude : magnitude, 0});
    }
    if (!isfinite(number.real))
        return (struct decimal){0, 0};
    double magnitude = fabs(number.real);
    char text[48];
    for (int precision = 14; precision <= 16; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, magnitude);
        if (strtod(text, NULL) == magnitude)
            break;
    }
    return decimal_parse(text);
}

/* base^exponent mod modulus */
static uint64_t power_modulo(uint64_t base, unsigned exponent, uint64_t modulus)
{
    uint128 result = 1 % modulus;
    uint128 factor = base % modulus;
    for (; exponent; exponent >>= 1) {
        if (exponent & 1)
            result = result * factor % modulus;
        factor = factor * factor % modulus;
    }
    return (uint64_t)result;
}

bool number_is_multiple(struct number number, struct decimal divisor)
{
    struct decimal value = number_decimal(number);
    if (value.digits == 0)
        return true;
    int shift = value.exponent - divisor.exponent;
    if (shift >= 0) {
        uint128 product = value.digits % divisor.digits;
        return product * power_modulo(10, (unsigned)shift, divisor.digits) % divisor.digits == 0;
    }
    /* The value counts units finer than the divisor's: scale the divisor up until it is as fine, or larger
       than the value, which then cannot be its multiple. */
    uint128 scaled = divisor.digits;
    for (; shift < 0; shift++) {
        scaled *= 10;
        if (scaled > value.digits)
            return false;
    }
    return value.digits % (uint64_t)scaled == 0;
}
