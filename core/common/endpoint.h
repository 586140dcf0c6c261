/* Absolute http and https URLs. */
#ifndef TOKA_ENDPOINT_H
#define TOKA_ENDPOINT_H

#include <stdbool.h>

/*
 * Whether the text is an absolute URL (RFC 3986) of scheme http or https, with a host, a port within range
 * where there is one, and none of the characters that a URL must escape. Non-ASCII characters are let through
 * (RFC 3987).
 */
bool toka_endpoint_is_absolute_http(const char *url);

#endif
