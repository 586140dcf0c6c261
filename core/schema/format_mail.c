#define _GNU_SOURCE /* memrchr */
/* Mailboxes: RFC 5321, section 4.1.2; internationalised ones: RFC 6531, section 3.3. Addresses of hosts: RFC
 * 4291. */
#include "format.h"

#include <string.h>

#include "format_parts.h"

enum { LOCAL_MAX_BYTES = 64 };

static bool is_atom_character(char c, bool idn)
{
    if ((unsigned char)c >= 0x80)
        return idn;
    return format_is_alpha(c) || format_is_digit(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* Atoms with single dots between them. */
static bool is_dot_string(const char *bytes, size_t size, bool idn)
{
    bool expects_atom = true;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '.' ? expects_atom : !is_atom_character(bytes[i], idn))
            return false;
        expects_atom = bytes[i] == '.';
    }
    return !expects_atom;
}

static bool is_quoted_string(const char *bytes, size_t size, bool idn)
{
    if (size < 2 || bytes[0] != '"' || bytes[size - 1] != '"')
        return false;
    for (size_t i = 1; i < size - 1; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c == '"' || c < 0x20 || c == 0x7F || (c >= 0x80 && !idn))
            return false;
        if (c == '\\' && ++i == size - 1)
            return false;
    }
    return true;
}

static bool is_address_literal(struct format_text text)
{
    static const char prefix[] = "IPv6:";
    struct format_text inner = {.bytes = text.bytes + 1, .size = text.size - 2};
    if (inner.size > sizeof prefix && strncmp(inner.bytes, prefix, sizeof prefix - 1) == 0) {
        inner.bytes += sizeof prefix - 1;
        inner.size -= sizeof prefix - 1;
        return format_is_ipv6(inner);
    }
    return format_is_ipv4(inner);
}

static bool is_mailbox(struct format_text text, bool idn)
{
    const char *at = text.size ? memrchr(text.bytes, '@', text.size) : NULL;
    if (!at)
        return false;
    size_t local = (size_t)(at - text.bytes);
    struct format_text domain = {.bytes = at + 1, .size = text.size - local - 1, .label = text.label};
    if (local > LOCAL_MAX_BYTES ||
        (!is_dot_string(text.bytes, local, idn) && !is_quoted_string(text.bytes, local, idn)))
        return false;
    if (domain.size > 2 && domain.bytes[0] == '[' && domain.bytes[domain.size - 1] == ']')
        return is_address_literal(domain);
    return idn ? format_is_idn_hostname(domain) : format_is_hostname(domain);
}

bool format_is_email(struct format_text text)
{
    return is_mailbox(text, false);
}

bool format_is_idn_email(struct format_text text)
{
    return is_mailbox(text, true);
}

bool format_is_ipv4(struct format_text text)
{
    const char *at = text.bytes, *end = text.bytes + text.size;
    for (int part = 0; part < 4; part++) {
        int value = 0;
        if (part > 0 && (at == end || *at++ != '.'))
            return false;
        const char *start = at;
        while (at < end && at - start < 3 && format_is_digit(*at))
            value = value * 10 + (*at++ - '0');
        if (at == start || value > 255 || (at - start > 1 && *start == '0'))
            return false;
    }
    return at == end;
}

/* Groups of hex digits, "::" at most once for those left out, an IPv4 address in place of the last two. */
bool format_is_ipv6(struct format_text text)
{
    const char *at = text.bytes, *end = text.bytes + text.size;
    int groups = 0;
    bool gap = false;
    if (text.size >= 2 && at[0] == ':' && at[1] == ':') {
        gap = true;
        at += 2;
    }
    while (at < end) {
        const char *start = at;
        while (at < end && at - start < 4 && format_is_hex(*at))
            at++;
        if (at == start)
            return false;
        if (at < end && *at == '.') {
            groups += 2;
            struct format_text tail = {.bytes = start, .size = (size_t)(end - start)};
            return format_is_ipv4(tail) && (gap ? groups < 8 : groups == 8);
        }
        groups++;
        if (at == end)
            break;
        if (*at++ != ':' || at == end)
            return false;
        if (*at == ':') {
            if (gap)
                return false;
            gap = true;
            at++;
        }
    }
    return gap ? groups < 8 : groups == 8;
}
