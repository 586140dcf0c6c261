/* Host names: RFC 1123, section 2.1; internationalised ones: RFC 5890 to RFC 5892. */
#include "format.h"

#include <string.h>

#include "format_parts.h"
#include "json_utf8.h"
#include "pattern.h"
#include "punycode.h"

enum { HOST_MAX_BYTES = 253 };

/* Letters that PVALID leaves out although their category would let them in: they do not survive
   normalisation, or RFC 5892, section 2.6, says so. */
#define DISALLOWED                                                                                           \
    "[\\x{340}\\x{341}\\x{343}\\x{344}\\x{640}\\x{7fa}\\x{1100}-\\x{11ff}\\x{2070}-\\x{214f}\\x{302e}\\x{"   \
    "302f}"                                                                                                  \
    "\\x{3031}-\\x{3035}\\x{303b}\\x{a960}-\\x{a97f}\\x{d7b0}-\\x{d7ff}\\x{fb00}-\\x{fdff}\\x{fe70}-\\x{"    \
    "ffef}]"
#define VIRAMA                                                                                               \
    "[\\x{94d}\\x{9cd}\\x{a4d}\\x{acd}\\x{b4d}\\x{bcd}\\x{c4d}\\x{ccd}\\x{d4d}\\x{dca}\\x{e3a}\\x{f84}\\x{"  \
    "1039}"                                                                                                  \
    "\\x{103a}\\x{1714}\\x{1734}\\x{17d2}\\x{1a60}\\x{1b44}\\x{1baa}\\x{1bab}\\x{1bf2}\\x{1bf3}\\x{2d7f}"    \
    "\\x{a806}"                                                                                              \
    "\\x{a8c4}\\x{a953}\\x{a9c0}\\x{aaf6}\\x{abed}]"
#define JOINS_NEXT                                                                                           \
    "[\\x{620}\\x{626}\\x{628}\\x{62a}-\\x{62e}\\x{633}-\\x{647}\\x{649}\\x{64a}\\x{678}-\\x{687}\\x{69a}-"  \
    "\\x{6bf}"                                                                                               \
    "\\x{6cc}]"
#define JOINS_PREVIOUS "[\\x{620}\\x{622}-\\x{64a}\\x{671}-\\x{6d3}]"

const char *format_label_pattern(void)
{
    return "(?s)^(?!\\p{M})"
           "(?!(?=.*[\\x{660}-\\x{669}]).*[\\x{6f0}-\\x{6f9}])" /* the two rows of Arabic digits do not mix */
           "(?!(?=.*\\x{30fb})(?!.*[\\p{sc:Hiragana}\\p{sc:Katakana}\\p{sc:Han}]))"
           "(?:[a-zA-Z0-9-]"
           "|(?!" DISALLOWED ")[\\p{Ll}\\p{Lo}\\p{Lm}\\p{Mn}\\p{Mc}\\p{Nd}]"
           "|[\\x{6fd}\\x{6fe}\\x{f0b}\\x{3007}\\x{30fb}]"
           "|(?<=l)\\x{b7}(?=l)"                    /* middle dot, as in Catalan */
           "|\\x{375}(?=\\p{sc:Greek})"             /* keraia */
           "|(?<=\\p{sc:Hebrew})[\\x{5f3}\\x{5f4}]" /* geresh, gershayim */
           "|(?<=" VIRAMA ")[\\x{200c}\\x{200d}]"   /* joiners */
           "|(?<=" JOINS_NEXT ")\\x{200c}(?=" JOINS_PREVIOUS "))+$";
}

static bool is_ascii(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)bytes[i] >= 0x80)
            return false;
    return true;
}

/* What RFC 5892 says of a label with characters beyond ASCII. */
static bool is_unicode_label(const char *bytes, size_t size, const struct pattern *label)
{
    if (size == 0 || bytes[0] == '-' || bytes[size - 1] == '-')
        return false;
    uint32_t code_point, third = 0, fourth = 0;
    for (size_t at = 0, i = 0; at < size && i < 4; i++) {
        size_t length = utf8_decode(bytes + at, size - at, &code_point);
        if (length == 0)
            return false;
        third = i == 2 ? code_point : third;
        fourth = i == 3 ? code_point : fourth;
        at += length;
    }
    if (third == '-' && fourth == '-')
        return false;
    return !label || pattern_match(label, bytes, size) == TOKA_OK;
}

/* An A-label: what it encodes must be a label that needed encoding. */
static bool is_encoded_label(const char *bytes, size_t size, const struct pattern *label)
{
    uint32_t code_points[PUNYCODE_MAX_LABEL];
    char decoded[PUNYCODE_MAX_LABEL * UTF8_MAX_BYTES];
    size_t count, decoded_size = 0;
    if (!punycode_decode(bytes, size, code_points, &count))
        return false;
    for (size_t i = 0; i < count; i++)
        decoded_size += utf8_encode(code_points[i], decoded + decoded_size);
    return !is_ascii(decoded, decoded_size) && is_unicode_label(decoded, decoded_size, label);
}

static bool is_ascii_label(const char *bytes, size_t size, const struct pattern *label)
{
    if (size == 0 || size > PUNYCODE_MAX_LABEL || bytes[0] == '-' || bytes[size - 1] == '-')
        return false;
    for (size_t i = 0; i < size; i++)
        if (!format_is_alpha(bytes[i]) && !format_is_digit(bytes[i]) && bytes[i] != '-')
            return false;
    bool encoded = size >= 4 && (bytes[0] | 0x20) == 'x' && (bytes[1] | 0x20) == 'n' && bytes[2] == '-' &&
                   bytes[3] == '-';
    return !encoded || !label || is_encoded_label(bytes + 4, size - 4, label);
}

static bool fits_label(const char *bytes, size_t size)
{
    uint32_t code_points[PUNYCODE_MAX_LABEL];
    size_t count = 0;
    for (size_t at = 0; at < size; count++) {
        size_t length =
            count < PUNYCODE_MAX_LABEL ? utf8_decode(bytes + at, size - at, &code_points[count]) : 0;
        if (length == 0)
            return false;
        at += length;
    }
    return punycode_encoded_size(code_points, count) + 4 <= PUNYCODE_MAX_LABEL;
}

static bool is_idn_label(const char *bytes, size_t size, const struct pattern *label)
{
    if (is_ascii(bytes, size))
        return is_ascii_label(bytes, size, label);
    return fits_label(bytes, size) && is_unicode_label(bytes, size, label);
}

/* The length of the dot at this place: also the three that RFC 3490, section 3.1, counts as dots. */
static size_t dot_size(const char *at, const char *end, bool idn)
{
    if (*at == '.')
        return 1;
    bool wide = idn && end - at >= 3 &&
                (memcmp(at, "\xE3\x80\x82", 3) == 0 || memcmp(at, "\xEF\xBC\x8E", 3) == 0 ||
                 memcmp(at, "\xEF\xBD\xA1", 3) == 0);
    return wide ? 3 : 0;
}

static bool is_host(struct format_text text, bool idn)
{
    const char *start = text.bytes, *end = text.bytes + text.size;
    if (text.size == 0 || text.size > (idn ? HOST_MAX_BYTES * UTF8_MAX_BYTES : HOST_MAX_BYTES))
        return false;
    for (const char *at = start;; at++) {
        size_t dot = at < end ? dot_size(at, end, idn) : 0;
        if (at < end && !dot)
            continue;
        size_t size = (size_t)(at - start);
        if (!(idn ? is_idn_label(start, size, text.label) : is_ascii_label(start, size, text.label)))
            return false;
        if (at == end)
            return true;
        start = at + dot;
        at = start - 1;
    }
}

bool format_is_hostname(struct format_text text)
{
    return is_host(text, false);
}

bool format_is_idn_hostname(struct format_text text)
{
    return is_host(text, true);
}
