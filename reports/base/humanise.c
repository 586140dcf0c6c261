#include "base/humanise.h"

#include <assert.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Replaces the decimal point of the locale, as a report must have the same bytes everywhere. */
static void set_point(hg_quantity *quantity)
{
    const char *point = localeconv()->decimal_point;
    char *at = strlen(point) == 1 ? strstr(quantity->text, point) : NULL;

    if (at)
        *at = '.';
}

/* Three digits for the common sizes, fewer zeros for the rest: 0.0005, 0.026, 0.64, 7.9, 41.2, 113. */
static void print_number(hg_quantity *quantity, double value)
{
    double size = fabs(value);

    if (size == 0.0)
        snprintf(quantity->text, sizeof quantity->text, "0");
    else if (size < 0.0001)
        snprintf(quantity->text, sizeof quantity->text, "%.0e", value);
    else if (size < 0.0095)
        snprintf(quantity->text, sizeof quantity->text, "%.1g", value);
    else if (size < 0.0995)
        snprintf(quantity->text, sizeof quantity->text, "%.3f", value);
    else if (size < 9.995)
        snprintf(quantity->text, sizeof quantity->text, "%.2f", value);
    else if (size < 99.95)
        snprintf(quantity->text, sizeof quantity->text, "%.1f", value);
    else
        snprintf(quantity->text, sizeof quantity->text, "%.0f", value);
    set_point(quantity);
}

/* 113 rather than 113.0, and 2 rather than 2.00. */
static void trim_zeros(hg_quantity *quantity)
{
    char *text = quantity->text;

    if (!strchr(text, '.') || strchr(text, 'e'))
        return;
    char *end = text + strlen(text);
    while (end[-1] == '0')
        end--;
    if (end[-1] == '.')
        end--;
    *end = '\0';
}

static hg_quantity scale(double value, double step, const char *const *units, int last, bool trim)
{
    hg_quantity quantity = {.text = "?"};
    int unit = 0;

    if (!isfinite(value))
        return quantity;
    while (unit < last && fabs(value) >= step - 0.5) {
        value /= step;
        unit++;
    }
    print_number(&quantity, value);
    if (unit == 0 || trim)
        trim_zeros(&quantity);
    strncat(quantity.text, units[unit], sizeof quantity.text - strlen(quantity.text) - 1);
    return quantity;
}

static hg_quantity human_bytes(double bytes, bool trim)
{
    static const char *const units[] = {" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};

    return fabs(bytes) < 1e21 ? scale(bytes, 1024.0, units, 6, trim) : scale(NAN, 1.0, units, 0, trim);
}

static hg_quantity human_count(double count, bool trim)
{
    static const char *const units[] = {"", "k", "M", "G", "T", "P", "E"};

    return fabs(count) < 1e21 ? scale(count, 1000.0, units, 6, trim) : scale(NAN, 1.0, units, 0, trim);
}

hg_quantity hg_human_bytes(double bytes)
{
    return human_bytes(bytes, false);
}

hg_quantity hg_human_error(double error_bytes, double bytes)
{
    return hg_human_bytes(error_bytes < fabs(bytes) / 10000 ? 0 : error_bytes);
}

hg_quantity hg_human_count(double count)
{
    return human_count(count, false);
}

hg_quantity hg_human_bytes_tick(double bytes)
{
    return human_bytes(bytes, true);
}

hg_quantity hg_human_count_tick(double count)
{
    return human_count(count, true);
}

hg_quantity hg_human_tally(int64_t blocks)
{
    hg_quantity quantity;

    if (blocks <= -100000 || blocks >= 100000)
        return hg_human_count((double)blocks);
    snprintf(quantity.text, sizeof quantity.text, "%" PRId64, blocks);
    return quantity;
}

hg_quantity hg_human_seconds(double seconds)
{
    hg_quantity quantity = {.text = "?"};

    if (!isfinite(seconds) || fabs(seconds) > 1e12)
        return quantity;
    if (seconds < 99.95) {
        print_number(&quantity, seconds);
        trim_zeros(&quantity);
        strncat(quantity.text, " s", sizeof quantity.text - strlen(quantity.text) - 1);
        return quantity;
    }
    int64_t whole = (int64_t)(seconds + 0.5);
    if (whole < 3600)
        snprintf(quantity.text, sizeof quantity.text, "%" PRId64 " min %" PRId64 " s", whole / 60,
                 whole % 60);
    else
        snprintf(quantity.text, sizeof quantity.text, "%" PRId64 " h %" PRId64 " min", whole / 3600,
                 whole % 3600 / 60);
    return quantity;
}

hg_quantity hg_human_brief(double seconds)
{
    static const char *const units[] = {" ns", " \u00b5s", " ms", " s"};

    return fabs(seconds) < 1e12 ? scale(seconds * 1e9, 1000.0, units, 3, true)
                                : scale(NAN, 1.0, units, 0, true);
}

hg_quantity hg_human_span(double seconds)
{
    static const struct {
        double from, unit;
        const char *name;
    } units[] = {
        {2 * 365.25 * 86400, 365.25 * 86400, " years"},
        {48 * 3600.0, 86400, " days"},
        {7200, 3600, " h"},
        {120, 60, " min"},
        {0, 1, " s"},
    };
    hg_quantity quantity = {.text = "?"};
    size_t i = 0;

    if (!(seconds >= 0))
        return quantity;
    if (seconds > 1000 * 365.25 * 86400) {
        snprintf(quantity.text, sizeof quantity.text, "over 1000 years");
        return quantity;
    }
    while (seconds < units[i].from)
        i++;
    double value = seconds / units[i].unit;
    snprintf(quantity.text, sizeof quantity.text, value < 9.95 ? "%.1f" : "%.0f", value);
    set_point(&quantity);
    trim_zeros(&quantity);
    strncat(quantity.text, units[i].name, sizeof quantity.text - strlen(quantity.text) - 1);
    return quantity;
}

hg_quantity hg_human_megabytes(double bytes)
{
    static const char *const units[] = {" B", " kB", " MB", " GB", " TB", " PB", " EB"};

    return fabs(bytes) < 1e21 ? scale(bytes, 1000.0, units, 6, false) : scale(NAN, 1.0, units, 0, false);
}

hg_quantity hg_human_integer(int64_t value)
{
    hg_quantity quantity = {.text = ""};
    char digits[24];
    size_t out = 0;

    snprintf(digits, sizeof digits, "%" PRId64, value);
    size_t length = strlen(digits);
    for (size_t i = 0; i < length; i++) {
        size_t left = length - i;
        if (i > 0 && left % 3 == 0 && digits[i - 1] != '-')
            quantity.text[out++] = ' ';
        quantity.text[out++] = digits[i];
    }
    quantity.text[out] = '\0';
    return quantity;
}

hg_quantity hg_human_things(uint64_t count, const char *noun)
{
    hg_quantity quantity;

    snprintf(quantity.text, sizeof quantity.text, "%" PRIu64 " %s%s", count, noun, count == 1 ? "" : "s");
    return quantity;
}

hg_quantity hg_human_amount(double count, const char *noun)
{
    hg_quantity number = hg_human_count(count);
    hg_quantity quantity;
    bool one = strcmp(number.text, "1") == 0;

    snprintf(quantity.text, sizeof quantity.text, "%.14s %.14s%s", number.text, noun, one ? "" : "s");
    return quantity;
}

/* 100 * (to - from) / from is often not exactly -100. */
double hg_percent_change(double from, double to)
{
    assert(!(from <= 0));
    return 100 * ((to - from) / from);
}

hg_quantity hg_human_rate(double ops_per_hour)
{
    bool whole = ops_per_hour == floor(ops_per_hour);

    if (whole && fabs(ops_per_hour) < 1e7)
        return hg_human_integer((int64_t)ops_per_hour);
    return hg_human_count(ops_per_hour);
}

double hg_parse_thousands(const char *text)
{
    static const char prefixes[] = "KMGT";
    char *end;
    double bytes = strtod(text, &end);
    const char *prefix = *end ? strchr(prefixes, *end) : NULL;
    for (const char *at = prefixes; prefix && at <= prefix; at++)
        bytes *= 1000;
    return bytes;
}
