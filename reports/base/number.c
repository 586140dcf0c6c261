#include "base/number.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

char *hg_number_digits(int64_t value, char *end)
{
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;

    do {
        *--end = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0)
        *--end = '-';
    return end;
}

void hg_number_integer(FILE *out, int64_t value)
{
    char digits[HG_NUMBER_DIGITS];
    char *end = digits + sizeof digits;
    char *start = hg_number_digits(value, end);

    fwrite(start, 1, (size_t)(end - start), out);
}

static double make_finite(double value)
{
    if (isnan(value) || value == 0.0)
        return 0.0; /* also -0.0 */
    if (isinf(value))
        return value > 0 ? DBL_MAX : -DBL_MAX;
    return value;
}

void hg_number_real(FILE *out, double value)
{
    char text[40];
    const char *point = localeconv()->decimal_point;

    value = make_finite(value);
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    char *at = strstr(text, point);
    if (at && strlen(point) == 1)
        *at = '.';
    fputs(text, out);
    if (!strpbrk(text, ".e"))
        fputs(".0", out);
}
