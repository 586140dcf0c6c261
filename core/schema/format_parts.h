/*
 * Formats that other formats are built of.
 */
#ifndef TOKA_FORMAT_PARTS_H
#define TOKA_FORMAT_PARTS_H

#include "format.h"

static inline bool format_is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool format_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool format_is_hex(char c)
{
    return format_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

#endif
