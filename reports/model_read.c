/*
 * Reading run.json back. The file may be damaged, hostile or from another version: every type and range is
 * checked against the field tables, and the first thing that is wrong becomes one line for a person.
 *
 * Bounds: the file has at most MAX_FILE_BYTES; jansson refuses nesting beyond 2,048 levels; the model is as
 * deep as the field tables.
 */
#include "escape.h"
#include "model_fields.h"
#include "reports.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_FILE_BYTES ((size_t)128 * 1024 * 1024)
#define TOKEN_BYTES    8 /* within which jansson may stop before the end of a cut file */

typedef struct reader {
    const char *path;
    char *message; /* "" until something is wrong */
    size_t message_size;
    char where[160]; /* the value being read: cells[3].samples[0].ops */
    size_t where_length;
} reader;

static bool read_struct(reader *r, const hg_struct *type, const json_t *value, char *object);

/* Says "run.json: " and what is wrong; only the first complaint counts. Always false. */
__attribute__((format(printf, 2, 3))) static bool complain(reader *r, const char *format, ...)
{
    char raw[512];
    char path[128];
    char line[512];
    va_list arguments;

    if (r->message_size == 0 || r->message[0])
        return false;
    va_start(arguments, format);
    vsnprintf(raw, sizeof raw, format, arguments);
    va_end(arguments);
    hg_escape_middle(path, sizeof path, r->path, 100, true);
    hg_escape_fit(line, sizeof line, raw, sizeof line, true);
    snprintf(r->message, r->message_size, "%s: %s", path, line);
    return false;
}

static bool complain_memory(reader *r)
{
    return complain(r, "out of memory while reading this run; free some, or read it on a larger machine");
}

static const char *type_name(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "an integer";
    case JSON_REAL:
        return "a number with a fraction";
    case JSON_NULL:
        return "null";
    default:
        return "true or false";
    }
}

static bool complain_type(reader *r, const char *expected, const json_t *value)
{
    return complain(r, "%s must be %s, not %s; the file was changed or damaged, make a new run", r->where,
                    expected, type_name(value));
}

__attribute__((format(printf, 2, 3))) static size_t enter(reader *r, const char *format, ...)
{
    size_t before = r->where_length;
    size_t room = sizeof r->where - before;
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(r->where + before, room, format, arguments);
    va_end(arguments);
    if (length > 0)
        r->where_length += (size_t)length < room ? (size_t)length : room - 1;
    return before;
}

static void leave(reader *r, size_t before)
{
    r->where_length = before;
    r->where[before] = '\0';
}

static bool read_string(reader *r, const json_t *value, char **at)
{
    if (!json_is_string(value))
        return complain_type(r, "a string", value);
    *at = strdup(json_string_value(value));
    return *at || complain_memory(r);
}

/* The largest value that the C type of the field holds. */
static int64_t largest(const hg_field *field)
{
    if (field->maximum > 0)
        return field->maximum;
    if (field->kind == HG_FIELD_INT)
        return INT32_MAX;
    return field->kind == HG_FIELD_UINT32 ? (int64_t)UINT32_MAX : INT64_MAX;
}

static bool read_integer(reader *r, const hg_field *field, const json_t *value, int64_t *ret_integer)
{
    if (!json_is_integer(value))
        return complain_type(r, "an integer", value);
    int64_t integer = json_integer_value(value);
    if (integer < field->minimum || integer > largest(field))
        return complain(
            r, "%s is %" PRId64 ", out of its range; the file was changed or damaged, make a new run",
            r->where, integer);
    *ret_integer = integer;
    return true;
}

static bool read_real(reader *r, const hg_field *field, const json_t *value, double *at)
{
    if (!json_is_number(value))
        return complain_type(r, "a number", value);
    double real = json_number_value(value);
    if (!isfinite(real) || (field->minimum != INT64_MIN && real < (double)field->minimum))
        return complain(r, "%s is %g, out of its range; the file was changed or damaged, make a new run",
                        r->where, real);
    *at = real;
    return true;
}

/* Digits in a string: decimal, or hexadecimal after 0x. */
static bool read_digits(reader *r, const hg_field *field, const json_t *value, uint64_t *at)
{
    bool hex = field->kind == HG_FIELD_ADDRESS;
    const char *expected = hex ? "a string like \"0x1f00\"" : "a string of digits";

    if (!json_is_string(value))
        return complain_type(r, expected, value);
    const char *text = json_string_value(value);
    if (hex && strncmp(text, "0x", 2) != 0)
        return complain(r, "%s must be %s; the file was changed or damaged, make a new run", r->where,
                        expected);
    const char *digits = hex ? text + 2 : text;
    size_t length = strlen(digits);
    errno = 0;
    uint64_t number = strtoull(digits, NULL, hex ? 16 : 10);
    if (length == 0 || strspn(digits, hex ? "0123456789abcdef" : "0123456789") != length || errno == ERANGE)
        return complain(r, "%s must be %s; the file was changed or damaged, make a new run", r->where,
                        expected);
    *at = number;
    return true;
}

static bool read_name(reader *r, const hg_field *field, const json_t *value, unsigned *at)
{
    char shown[64];

    if (!json_is_string(value))
        return complain_type(r, "a name", value);
    for (unsigned i = 0; strcmp(field->name_of(i), "unknown") != 0; i++) {
        if (strcmp(field->name_of(i), json_string_value(value)) == 0) {
            *at = i;
            return true;
        }
    }
    hg_escape_fit(shown, sizeof shown, json_string_value(value), 40, true);
    return complain(r, "%s is \"%s\", a word this heapgate does not know; a newer heapgate may read it",
                    r->where, shown);
}

static bool read_integers(reader *r, const hg_field *field, const json_t *value, char *object)
{
    int64_t **list = (int64_t **)(void *)(object + field->offset);
    size_t *count = (size_t *)(void *)(object + field->count_offset);
    size_t length = json_array_size(value);

    if (!json_is_array(value))
        return complain_type(r, "a list of integers", value);
    if (length == 0)
        return true;
    if (*count > 0 && *count != length)
        return complain(r, "%s has %zu numbers where the lists beside it have %zu; make a new run", r->where,
                        length, *count);
    *list = calloc(length, sizeof **list);
    if (!*list)
        return complain_memory(r);
    *count = length;
    for (size_t i = 0; i < length; i++) {
        size_t before = enter(r, "[%zu]", i);
        if (!read_integer(r, field, json_array_get(value, i), &(*list)[i]))
            return false;
        leave(r, before);
    }
    return true;
}

static bool read_objects(reader *r, const hg_field *field, const json_t *value, char *object)
{
    char **items = (char **)(void *)(object + field->offset);
    size_t *count = (size_t *)(void *)(object + field->count_offset);
    size_t length = json_array_size(value);

    if (!json_is_array(value))
        return complain_type(r, "a list", value);
    if (field->maximum > 0 && length > (size_t)field->maximum)
        return complain(r, "%s has %zu entries, and heapgate reads %" PRId64 " at most; split the run",
                        r->where, length, field->maximum);
    if (length == 0)
        return true;
    *items = calloc(length, field->items->size);
    if (!*items)
        return complain_memory(r);
    *count = length; /* all zero until read: safe to free at any point */
    for (size_t i = 0; i < length; i++) {
        size_t before = enter(r, "[%zu]", i);
        if (!read_struct(r, field->items, json_array_get(value, i), *items + i * field->items->size))
            return false;
        leave(r, before);
    }
    return true;
}

static bool read_number(reader *r, const hg_field *field, const json_t *value, void *at)
{
    int64_t integer = 0;

    if (!read_integer(r, field, value, &integer))
        return false;
    if (field->kind == HG_FIELD_INT)
        *(int *)at = (int)integer;
    else if (field->kind == HG_FIELD_UINT32)
        *(uint32_t *)at = (uint32_t)integer;
    else if (field->kind == HG_FIELD_UINT64)
        *(uint64_t *)at = (uint64_t)integer;
    else
        *(int64_t *)at = integer;
    return true;
}

static bool read_value(reader *r, const hg_field *field, const json_t *value, char *object)
{
    void *at = object + field->offset;

    switch (field->kind) {
    case HG_FIELD_STRING:
        return read_string(r, value, at);
    case HG_FIELD_BOOL:
        if (!json_is_boolean(value))
            return complain_type(r, "true or false", value);
        *(bool *)at = json_is_true(value);
        return true;
    case HG_FIELD_DECIMAL:
    case HG_FIELD_ADDRESS:
        return read_digits(r, field, value, at);
    case HG_FIELD_REAL:
        return read_real(r, field, value, at);
    case HG_FIELD_NAME:
        return read_name(r, field, value, at);
    case HG_FIELD_INTEGERS:
        return read_integers(r, field, value, object);
    case HG_FIELD_OBJECTS:
        return read_objects(r, field, value, object);
    case HG_FIELD_GROUP:
        return read_struct(r, field->items, value, object);
    default:
        return read_number(r, field, value, at);
    }
}

static bool read_absent(reader *r, const hg_field *field, char *object)
{
    char **text = (char **)(void *)(object + field->offset);

    if (field->required)
        return complain(r, "%s is missing; the file was changed or damaged, make a new run", r->where);
    if (field->kind == HG_FIELD_INT64)
        *(int64_t *)(void *)(object + field->offset) = field->absent;
    if (field->kind != HG_FIELD_STRING)
        return true;
    *text = strdup("");
    return *text || complain_memory(r);
}

static bool read_struct(reader *r, const hg_struct *type, const json_t *value, char *object)
{
    if (!json_is_object(value))
        return complain_type(r, "an object", value);
    for (size_t i = 0; i < type->field_count; i++) {
        const hg_field *field = &type->fields[i];
        const json_t *member = json_object_get(value, field->name);
        size_t before = enter(r, "%s%s", r->where_length > 0 ? "." : "", field->name);
        if (!(member ? read_value(r, field, member, object) : read_absent(r, field, object)))
            return false;
        leave(r, before);
    }
    return true;
}

/* A file with the stable fields alone leaves "met" to the verdict and the expectation. */
static void derive_met(hg_run *run, const json_t *cells)
{
    for (size_t i = 0; i < run->cell_count; i++) {
        hg_cell *cell = &run->cells[i];
        bool grows = cell->verdict == HG_VERDICT_LEAK;
        bool steady = cell->verdict == HG_VERDICT_CLEAN || cell->verdict == HG_VERDICT_FRAGMENTATION;
        if (!json_object_get(json_array_get(cells, i), "met"))
            cell->met = cell->expect == HG_EXPECT_LEAK ? grows : steady;
    }
}

/* The head of the file must say what its cells say, or somebody edited one of the two. */
static bool check_outcome(reader *r, hg_run *run, const json_t *root)
{
    const json_t *exit_code = json_object_get(root, "exit_code");
    const json_t *outcome = json_object_get(root, "outcome");

    run->exit_code = hg_run_exit_code(run);
    if (!json_is_integer(exit_code))
        return complain(r, "exit_code must be an integer; the file was changed or damaged, make a new run");
    if (!json_is_string(outcome))
        return complain(r, "outcome must be a string; the file was changed or damaged, make a new run");
    if (json_integer_value(exit_code) != run->exit_code ||
        strcmp(json_string_value(outcome), hg_run_outcome(run)) != 0)
        return complain(r,
                        "outcome and exit_code contradict the cells, which call for \"%s\" and %d; "
                        "the file was changed, make a new run",
                        hg_run_outcome(run), run->exit_code);
    return true;
}

static bool check_schema(reader *r, const json_t *root)
{
    static const char family[] = "heapgate-run/";
    const char *schema = json_string_value(json_object_get(root, "schema"));
    char shown[64];

    if (!schema || strncmp(schema, family, sizeof family - 1) != 0)
        return complain(r, "JSON, but not a heapgate run; give the run.json that heapgate run --out wrote");
    if (strcmp(schema, HG_RUN_SCHEMA) == 0)
        return true;
    hg_escape_fit(shown, sizeof shown, schema, 40, true);
    return complain(r, "written as %s by another heapgate, and this one reads %s; update heapgate", shown,
                    HG_RUN_SCHEMA);
}

typedef struct source {
    FILE *file;
    size_t bytes;
    int error; /* errno of a read that failed, or 0 */
    bool too_large;
    char first, last; /* bytes that are not white space; 0 before the first */
} source;

static void note_ends(source *from, const char *buffer, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strchr(" \t\r\n", buffer[i]) && buffer[i])
            continue;
        if (!from->first)
            from->first = buffer[i];
        from->last = buffer[i];
    }
}

static size_t read_source(void *buffer, size_t size, void *data)
{
    source *from = data;

    errno = 0;
    size_t count = fread(buffer, 1, size, from->file);
    if (ferror(from->file))
        from->error = errno;
    note_ends(from, buffer, count);
    from->bytes += count;
    from->too_large = from->bytes > MAX_FILE_BYTES; /* a pipe did not say so before */
    return from->error || from->too_large ? (size_t)-1 : count;
}

/* jansson leaves the text empty where an allocation of its own failed. */
static bool is_memory_error(const json_error_t *error)
{
    return json_error_code(error) == json_error_out_of_memory || !error->text[0];
}

/* A run that was cut short: its start is there, and the error is where the file ends. */
static bool is_truncated(const source *from, const json_error_t *error)
{
    bool at_end = error->position < 0 || (size_t)error->position + TOKEN_BYTES >= from->bytes;

    if (from->first != '{')
        return false;
    return json_error_code(error) == json_error_premature_end_of_input || (at_end && from->last != '}');
}

static void complain_json(reader *r, const source *from, const json_error_t *error)
{
    if (from->too_large)
        complain(
            r,
            "larger than %zu MiB, which no heapgate run is; give the run.json that heapgate run --out wrote",
            MAX_FILE_BYTES >> 20);
    else if (from->error)
        complain(r, "cannot be read: %s; give the run.json that heapgate run --out wrote",
                 strerror(from->error));
    else if (from->bytes == 0)
        complain(r, "empty; the run that should have written it was stopped, run it again");
    else if (is_memory_error(error))
        complain_memory(r);
    else if (is_truncated(from, error))
        complain(r, "ends in the middle, on line %d: it was cut short; copy it again, or make a new run",
                 error->line);
    else
        complain(r, "damaged on line %d, column %d: %s; copy it again, or make a new run", error->line,
                 error->column, error->text);
}

static json_t *load(reader *r)
{
    source from = {.file = fopen(r->path, "re")};
    json_error_t error = {0};
    struct stat status;
    json_t *root = NULL;

    if (!from.file) {
        complain(r, "cannot be opened: %s; check the path and its permissions", strerror(errno));
        return NULL;
    }
    if (fstat(fileno(from.file), &status) == 0 && S_ISREG(status.st_mode))
        from.too_large = (uint64_t)status.st_size > MAX_FILE_BYTES;
    if (!from.too_large)
        root = json_load_callback(read_source, &from, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        complain_json(r, &from, &error);
    fclose(from.file);
    return root;
}

hg_run *hg_run_read(const char *path, char *message, size_t message_size)
{
    reader r = {.path = path, .message = message, .message_size = message_size};
    hg_run *run = NULL;

    if (message_size > 0)
        message[0] = '\0';
    json_t *root = load(&r);
    if (!root || !check_schema(&r, root))
        goto done;
    run = calloc(1, sizeof *run);
    if (!run) {
        complain_memory(&r);
        goto done;
    }
    bool read = read_struct(&r, &hg_run_struct, root, (char *)run);
    if (read) {
        derive_met(run, json_object_get(root, "cells"));
        read = check_outcome(&r, run, root);
    }
    if (!read) {
        hg_run_free(run);
        run = NULL;
    }
done:
    json_decref(root);
    return run;
}
