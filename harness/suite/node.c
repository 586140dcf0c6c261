#include "suite/node.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_message(const hg_yaml_reader *reader, size_t line, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

static void write_message(const hg_yaml_reader *reader, size_t line, const char *format, va_list arguments)
{
    int used = snprintf(reader->message, reader->message_size, "%s:%zu: ", reader->file, line);
    if (used >= 0 && (size_t)used < reader->message_size)
        vsnprintf(reader->message + used, reader->message_size - (size_t)used, format, arguments);
    /* Words quoted from the file must not start a new line or send commands to a terminal. */
    for (char *at = reader->message; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
}

bool hg_reader_fail(const hg_yaml_reader *reader, const yaml_node_t *at, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_message(reader, at ? at->start_mark.line + 1 : 1, format, arguments);
    va_end(arguments);
    return false;
}

bool hg_reader_fail_at(const hg_yaml_reader *reader, size_t line, const char *format, ...)
{
    va_list arguments;
    assert(line > 0);
    va_start(arguments, format);
    write_message(reader, line, format, arguments);
    va_end(arguments);
    return false;
}

static const yaml_node_t *node_at(const hg_yaml_reader *reader, int index)
{
    return yaml_document_get_node(reader->document, index);
}

const char *hg_scalar(const hg_yaml_reader *reader, const yaml_node_t *node, const char *what)
{
    if (!node || node->type != YAML_SCALAR_NODE) {
        hg_reader_fail(reader, node, "%s must be a single value", what);
        return NULL;
    }
    const char *text = (const char *)node->data.scalar.value;
    if (strlen(text) != node->data.scalar.length) {
        hg_reader_fail(reader, node, "%s contains a NUL character", what);
        return NULL;
    }
    return text;
}

static bool is_repeated(const hg_yaml_reader *reader, const yaml_node_t *node, const yaml_node_pair_t *pair,
                        const char *name)
{
    for (const yaml_node_pair_t *other = node->data.mapping.pairs.start; other < pair; other++) {
        const yaml_node_t *key = node_at(reader, other->key);
        if (key && key->type == YAML_SCALAR_NODE && strcmp((const char *)key->data.scalar.value, name) == 0)
            return true;
    }
    return false;
}

bool hg_read_entries(const hg_yaml_reader *reader, const yaml_node_t *node, const char *where,
                     bool (*read)(const hg_yaml_reader *, const char *name, const yaml_node_t *at,
                                  const yaml_node_t *value, void *target),
                     void *target)
{
    if (!node || node->type != YAML_MAPPING_NODE)
        return hg_reader_fail(reader, node, "%s must be a mapping (key: value)", where);
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top;
         pair++) {
        const yaml_node_t *key = node_at(reader, pair->key);
        const char *name = hg_scalar(reader, key, "a key");
        if (!name)
            return false;
        if (is_repeated(reader, node, pair, name))
            return hg_reader_fail(reader, key, "'%s' occurs twice in %s", name, where);
        if (!read(reader, name, key, node_at(reader, pair->value), target))
            return false;
    }
    return true;
}

typedef struct known_keys {
    const hg_key *keys;
    const char *where;
    char *target;
} known_keys;

static bool read_known(const hg_yaml_reader *reader, const char *name, const yaml_node_t *at,
                       const yaml_node_t *value, void *user_data)
{
    const known_keys *known = user_data;
    char list[256] = "";
    for (const hg_key *key = known->keys; key->name; key++) {
        if (strcmp(key->name, name) == 0)
            return key->read(reader, value, known->target + key->offset);
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", key->name);
    }
    return hg_reader_fail(reader, at, "unknown key '%.64s' in %s; known are %s", name, known->where, list);
}

bool hg_read_mapping(const hg_yaml_reader *reader, const yaml_node_t *node, const char *where,
                     const hg_key *keys, void *target)
{
    known_keys known = {.keys = keys, .where = where, .target = target};
    return hg_read_entries(reader, node, where, read_known, &known);
}

bool hg_read_string(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    const char *text = hg_scalar(reader, value, "this");
    if (!text)
        return false;
    char *copy = strdup(text);
    if (!copy)
        return hg_reader_fail(reader, value, "out of memory");
    char **field = target;
    free(*field);
    *field = copy;
    return true;
}

bool hg_read_count(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    const char *text = hg_scalar(reader, value, "a count");
    if (!text)
        return false;
    uint64_t number;
    if (!hg_parse_count(text, &number) || number == 0 || number > INT64_MAX / 1024)
        return hg_reader_fail(reader, value, "expected a whole number above 0, got '%.64s'", text);
    *(uint64_t *)target = number;
    return true;
}

/* A number of 0 or more, and the text after it. */
static bool read_number(const char *text, double *ret_number, const char **ret_rest)
{
    char *end;
    errno = 0;
    double number = strtod(text, &end);
    if (end == text || errno != 0 || !isfinite(number) || number < 0)
        return false;
    *ret_number = number;
    *ret_rest = end;
    return true;
}

bool hg_read_flag(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    const char *text = hg_scalar(reader, value, "a flag");
    if (!text)
        return false;
    bool yes = strcmp(text, "true") == 0;
    if (!yes && strcmp(text, "false") != 0)
        return hg_reader_fail(reader, value, "expected true or false, got '%.64s'", text);
    *(bool *)target = yes;
    return true;
}

bool hg_read_amount(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    const char *text = hg_scalar(reader, value, "an amount");
    if (!text)
        return false;
    const char *rest;
    if (!read_number(text, target, &rest) || *rest != '\0')
        return hg_reader_fail(reader, value, "expected a number of 0 or more, got '%.64s'", text);
    return true;
}

typedef struct unit_factor {
    const char *name;
    double factor;
} unit_factor;

static bool read_with_unit(const char *text, const unit_factor *units, double *ret_value)
{
    const char *rest;
    double number;
    if (!read_number(text, &number, &rest))
        return false;
    for (const unit_factor *known = units; known->name; known++) {
        if (strcmp(rest, known->name) == 0) {
            *ret_value = number * known->factor;
            return *ret_value > 0;
        }
    }
    return false;
}

bool hg_parse_count(const char *text, uint64_t *ret_count)
{
    static const unit_factor units[] = {{"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {NULL, 0}};
    const double exact = 9007199254740992.0; /* 2^53: doubles below it hold every whole number */
    char *end;
    double number;
    if (text[0] < '0' || text[0] > '9' || strpbrk(text, "xX"))
        return false;
    errno = 0;
    unsigned long long digits = strtoull(text, &end, 10);
    if (*end == '\0' && errno == 0) {
        *ret_count = digits;
        return true;
    }
    if (!read_with_unit(text, units, &number) || number >= exact || number != floor(number))
        return false;
    *ret_count = (uint64_t)number;
    return true;
}

bool hg_parse_bytes(const char *text, uint64_t *ret_bytes)
{
    static const unit_factor units[] = {
        {"", 1}, {"B", 1}, {"KiB", 1024}, {"MiB", 1048576}, {"GiB", 1073741824}, {NULL, 0}};
    double bytes;
    if (!read_with_unit(text, units, &bytes) || bytes > 1e18)
        return false;
    *ret_bytes = (uint64_t)bytes;
    return true;
}

bool hg_read_bytes(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    const char *text = hg_scalar(reader, value, "a size");
    if (!text)
        return false;
    if (!hg_parse_bytes(text, target))
        return hg_reader_fail(reader, value, "expected a size such as 512MiB or 2GiB, got '%.64s'", text);
    return true;
}

bool hg_parse_seconds(const char *text, double *ret_seconds)
{
    static const unit_factor units[] = {{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}, {NULL, 0}};
    double seconds;
    if (!read_with_unit(text, units, &seconds))
        return false;
    *ret_seconds = seconds;
    return true;
}

bool hg_read_seconds(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    const char *text = hg_scalar(reader, value, "a duration");
    if (!text)
        return false;
    if (!hg_parse_seconds(text, target))
        return hg_reader_fail(reader, value, "expected a duration such as 60s, 500ms or 2m, got '%.64s'",
                              text);
    return true;
}
