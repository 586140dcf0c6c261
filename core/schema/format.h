/*
 * The formats of draft-07 (validation, section 7.3): what a string must look like to be a date, a URI, ...
 *
 * Each check reads the string once, allocates nothing and accepts exactly what the named specification's
 * grammar does.
 */
#ifndef TOKA_FORMAT_H
#define TOKA_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

struct pattern;

/* X(SYMBOL, "name", check) */
#define FORMAT_LIST(X)                                                                                       \
    X(DATE_TIME, "date-time", format_is_date_time)                                                           \
    X(DATE, "date", format_is_date)                                                                          \
    X(TIME, "time", format_is_time)                                                                          \
    X(EMAIL, "email", format_is_email)                                                                       \
    X(IDN_EMAIL, "idn-email", format_is_idn_email)                                                           \
    X(HOSTNAME, "hostname", format_is_hostname)                                                              \
    X(IDN_HOSTNAME, "idn-hostname", format_is_idn_hostname)                                                  \
    X(IPV4, "ipv4", format_is_ipv4)                                                                          \
    X(IPV6, "ipv6", format_is_ipv6)                                                                          \
    X(URI, "uri", format_is_uri)                                                                             \
    X(URI_REFERENCE, "uri-reference", format_is_uri_reference)                                               \
    X(IRI, "iri", format_is_iri)                                                                             \
    X(IRI_REFERENCE, "iri-reference", format_is_iri_reference)                                               \
    X(URI_TEMPLATE, "uri-template", format_is_uri_template)                                                  \
    X(JSON_POINTER, "json-pointer", format_is_json_pointer)                                                  \
    X(RELATIVE_JSON_POINTER, "relative-json-pointer", format_is_relative_json_pointer)                       \
    X(REGEX, "regex", format_is_regex)

enum format {
    FORMAT_NONE, /* unknown names are annotations */
#define FORMAT_SYMBOL(symbol, name, check) FORMAT_##symbol,
    FORMAT_LIST(FORMAT_SYMBOL)
#undef FORMAT_SYMBOL
};

/* A string under test. label is the compiled format_label_pattern() where format_needs_label(), otherwise
 * NULL. */
struct format_text {
    const char *bytes;
    size_t size;
    const struct pattern *label;
};

#define FORMAT_CHECK(symbol, name, check) bool check(struct format_text text);
FORMAT_LIST(FORMAT_CHECK)
#undef FORMAT_CHECK

enum format format_find(const char *name, size_t size);
const char *format_name(enum format format);
bool format_check(enum format format, struct format_text text);

/* Whether the format judges internationalised labels, for which it wants a compiled pattern. */
bool format_needs_label(enum format format);

/* RFC 5892 as one PCRE2 pattern: the labels that internationalised domain names may have. */
const char *format_label_pattern(void);

#endif
