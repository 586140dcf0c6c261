#include "endpoint.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#define ENDPOINT_MAX_PORT 65535u

static const char *endpoint_after_scheme(const char *url)
{
    static const char *const schemes[] = {"http://", "https://"};

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t size = strlen(schemes[i]);

        if (strncasecmp(url, schemes[i], size) == 0)
            return url + size;
    }
    return NULL;
}

static bool endpoint_is_clean(const char *text)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte <= ' ' || byte == 0x7f || strchr("\"<>\\^`{|}", byte))
            return false;
        if (byte == '%' && !(isxdigit((unsigned char)text[1]) && isxdigit((unsigned char)text[2])))
            return false;
    }
    return true;
}

static bool endpoint_is_port(const char *digits, size_t size)
{
    unsigned port = 0;

    for (size_t i = 0; i < size; i++) {
        if (!isdigit((unsigned char)digits[i]))
            return false;
        port = 10 * port + (unsigned)(digits[i] - '0');
        if (port > ENDPOINT_MAX_PORT)
            return false;
    }
    return true;
}

/* Bytes of the host at the start, brackets of an IPv6 address included; 0 when there is none. */
static size_t endpoint_host_size(const char *host, size_t size)
{
    size_t length = 0;

    if (size > 0 && host[0] == '[') {
        length = 1;
        while (length < size && (isxdigit((unsigned char)host[length]) || strchr(":.", host[length])))
            length++;
        return length > 1 && length < size && host[length] == ']' ? length + 1 : 0;
    }
    while (length < size && !strchr(":[]@", host[length]))
        length++;
    return length;
}

bool toka_endpoint_is_absolute_http(const char *url)
{
    const char *authority = endpoint_after_scheme(url);
    const char *user_end = NULL;
    size_t size = 0, host_size = 0;

    if (!authority || !endpoint_is_clean(authority))
        return false;
    size = strcspn(authority, "/?#");
    user_end = memchr(authority, '@', size);
    if (user_end) {
        size -= (size_t)(user_end + 1 - authority);
        authority = user_end + 1;
    }
    host_size = endpoint_host_size(authority, size);
    if (host_size == 0)
        return false;
    if (host_size == size)
        return true;
    return authority[host_size] == ':' && endpoint_is_port(authority + host_size + 1, size - host_size - 1);
}
