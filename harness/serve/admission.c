#include "serve/admission.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

bool hg_admission_is_meant(struct MHD_Connection *connection)
{
    static const char *const names[] = {"localhost", "[::1]"};
    struct in_addr address;
    char number[INET_ADDRSTRLEN] = "";
    const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
    size_t digits = host ? strcspn(host, ":") : 0;
    if (host && digits < sizeof number && inet_pton(AF_INET, memcpy(number, host, digits), &address) == 1 &&
        ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET)
        return true;
    for (size_t i = 0; host && i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i]);
        if (strncasecmp(host, names[i], length) == 0 && (host[length] == '\0' || host[length] == ':'))
            return true;
    }
    return false;
}

static int value_of(char letter)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = letter ? strchr(letters, letter) : NULL;
    return at ? (int)(at - letters) : -1;
}

/* Base64, up to its padding or its end; what does not fit is left out. */
static void decode(const char *text, char *ret_text, size_t size)
{
    uint32_t bits = 0, count = 0;
    size_t used = 0;
    for (; value_of(*text) >= 0 && used + 1 < size; text++) {
        bits = bits << 6 | (uint32_t)value_of(*text);
        count += 6;
        if (count >= 8) {
            count -= 8;
            ret_text[used++] = (char)(bits >> count & 0xff);
        }
    }
    ret_text[used] = '\0';
}

static bool is_same(const char *given, const char *token)
{
    size_t length = strlen(token), given_length = strlen(given);
    unsigned different = length != given_length;
    for (size_t i = 0; i < length; i++)
        different |= (unsigned char)(token[i] ^ given[i < given_length ? i : given_length]);
    return different == 0;
}

bool hg_admission_knows(struct MHD_Connection *connection, const char *token)
{
    char login[1024];
    const char *given =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
    if (!given)
        return false;
    if (strncasecmp(given, "Bearer ", 7) == 0)
        return is_same(given + 7, token);
    if (strncasecmp(given, "Basic ", 6) != 0)
        return false;
    decode(given + 6, login, sizeof login);
    const char *colon = strchr(login, ':');
    return colon && is_same(colon + 1, token);
}
