#include "tools/pprof_builder.h"

#include "base/escape.h"
#include "base/gzip.h"
#include "base/proto.h"
#include "view/stack.h"

#include <string.h>

/* Field numbers of the format. */
enum {
    PROFILE_SAMPLE_TYPE = 1,
    PROFILE_SAMPLE = 2,
    PROFILE_MAPPING = 3,
    PROFILE_LOCATION = 4,
    PROFILE_FUNCTION = 5,
    PROFILE_STRING_TABLE = 6,
    PROFILE_TIME_NANOS = 9,
    PROFILE_DURATION_NANOS = 10,
    PROFILE_PERIOD_TYPE = 11,
    PROFILE_PERIOD = 12,
    PROFILE_COMMENT = 13,
    PROFILE_DEFAULT_SAMPLE_TYPE = 14,
};
enum { VALUE_TYPE = 1, VALUE_UNIT = 2 };
enum { SAMPLE_LOCATION = 1, SAMPLE_VALUE = 2, SAMPLE_LABEL = 3 };
enum { LABEL_KEY = 1, LABEL_TEXT = 2 };
enum { MAPPING_ID = 1, MAPPING_FILE = 5, MAPPING_FUNCTIONS = 7, MAPPING_INLINES = 10 };
enum { LOCATION_ID = 1, LOCATION_MAPPING = 2, LOCATION_LINE = 4 };
enum { LINE_FUNCTION = 1, LINE_NUMBER = 2 };
enum { FUNCTION_ID = 1, FUNCTION_NAME = 2, FUNCTION_SYSTEM_NAME = 3, FUNCTION_FILE = 4 };

/* Numbers of the format start at 1 where the tables' start at 0, but for strings, whose first is "". */

typedef struct function_key {
    uint32_t name, file;
} function_key;

typedef struct line_key {
    uint32_t function;
    int32_t line;
} line_key;

static uint64_t string_of(hg_pprof *to, const char *text)
{
    return hg_intern_text(&to->strings, text);
}

void hg_pprof_begin(hg_pprof *to)
{
    string_of(to, "");
}

static void add_line(hg_pprof *to, const hg_frame *frame)
{
    char name[HG_STACK_NAME_SIZE];
    function_key function = {.name = (uint32_t)string_of(to, hg_stack_name(frame, name)),
                             .file = (uint32_t)string_of(to, frame->file)};
    line_key line = {.function = (uint32_t)hg_intern_add(&to->functions, &function, sizeof function),
                     .line = frame->line};

    hg_buffer_add(&to->key, &line, sizeof line);
}

uint64_t hg_pprof_location(hg_pprof *to, const hg_frame *const *frames, size_t count)
{
    uint32_t mapping = 0;

    if (frames[0]->module[0]) {
        uint32_t file = (uint32_t)string_of(to, frames[0]->module);
        mapping = (uint32_t)hg_intern_add(&to->mappings, &file, sizeof file) + 1;
    }
    hg_buffer_empty(&to->key);
    hg_buffer_add(&to->key, &mapping, sizeof mapping);
    for (size_t i = 0; i < count; i++)
        add_line(to, frames[i]);
    return to->key.failed ? 0 : hg_intern_add(&to->locations, to->key.bytes, to->key.size) + 1;
}

void hg_pprof_sample_at(hg_pprof *to, uint64_t location)
{
    hg_proto_varint(&to->inner, location);
}

void hg_pprof_sample_values(hg_pprof *to, const int64_t *values, size_t count)
{
    hg_proto_part(&to->part, SAMPLE_LOCATION, &to->inner);
    for (size_t i = 0; i < count; i++)
        hg_proto_varint(&to->inner, (uint64_t)values[i]);
    hg_proto_part(&to->part, SAMPLE_VALUE, &to->inner);
}

void hg_pprof_sample_label(hg_pprof *to, const char *key, const char *text)
{
    hg_proto_number(&to->inner, LABEL_KEY, string_of(to, key));
    hg_proto_number(&to->inner, LABEL_TEXT, string_of(to, text));
    hg_proto_part(&to->part, SAMPLE_LABEL, &to->inner);
}

void hg_pprof_sample_end(hg_pprof *to)
{
    hg_proto_part(&to->out, PROFILE_SAMPLE, &to->part);
}

static void add_value_type(hg_pprof *to, uint32_t field, const char *type, const char *unit)
{
    hg_proto_number(&to->part, VALUE_TYPE, string_of(to, type));
    hg_proto_number(&to->part, VALUE_UNIT, string_of(to, unit));
    hg_proto_part(&to->out, field, &to->part);
}

void hg_pprof_add_type(hg_pprof *to, const char *type, const char *unit)
{
    add_value_type(to, PROFILE_SAMPLE_TYPE, type, unit);
}

void hg_pprof_set_period(hg_pprof *to, const char *type, const char *unit)
{
    add_value_type(to, PROFILE_PERIOD_TYPE, type, unit);
    hg_proto_number(&to->out, PROFILE_PERIOD, 1);
}

void hg_pprof_set_time(hg_pprof *to, int64_t time_ns, int64_t duration_ns)
{
    hg_proto_number(&to->out, PROFILE_TIME_NANOS, (uint64_t)time_ns);
    hg_proto_number(&to->out, PROFILE_DURATION_NANOS, (uint64_t)duration_ns);
}

void hg_pprof_add_comment(hg_pprof *to, const char *text)
{
    hg_proto_varint(&to->inner, string_of(to, text));
    hg_proto_part(&to->out, PROFILE_COMMENT, &to->inner);
}

/* The first mapping names the whole profile; no location lies in this one. */
void hg_pprof_set_name(hg_pprof *to, const char *name)
{
    uint32_t text = (uint32_t)string_of(to, name);

    hg_intern_add(&to->mappings, &text, sizeof text);
}

static void add_mappings(hg_pprof *to)
{
    size_t length;

    for (size_t i = 0; i < to->mappings.count; i++) {
        uint32_t file;
        memcpy(&file, hg_intern_get(&to->mappings, i, &length), sizeof file);
        hg_proto_number(&to->part, MAPPING_ID, i + 1);
        hg_proto_number(&to->part, MAPPING_FILE, file);
        for (uint32_t has = MAPPING_FUNCTIONS; has <= MAPPING_INLINES; has++)
            hg_proto_number(&to->part, has, 1);
        hg_proto_part(&to->out, PROFILE_MAPPING, &to->part);
    }
}

static void add_functions(hg_pprof *to)
{
    size_t length;

    for (size_t i = 0; i < to->functions.count; i++) {
        function_key function;
        memcpy(&function, hg_intern_get(&to->functions, i, &length), sizeof function);
        hg_proto_number(&to->part, FUNCTION_ID, i + 1);
        hg_proto_number(&to->part, FUNCTION_NAME, function.name);
        hg_proto_number(&to->part, FUNCTION_SYSTEM_NAME, function.name);
        hg_proto_number(&to->part, FUNCTION_FILE, function.file);
        hg_proto_part(&to->out, PROFILE_FUNCTION, &to->part);
    }
}

static void add_locations(hg_pprof *to)
{
    for (size_t i = 0; i < to->locations.count; i++) {
        uint32_t mapping;
        size_t length;
        const char *key = hg_intern_get(&to->locations, i, &length);
        memcpy(&mapping, key, sizeof mapping);
        hg_proto_number(&to->part, LOCATION_ID, i + 1);
        hg_proto_number(&to->part, LOCATION_MAPPING, mapping);
        for (size_t at = sizeof mapping; at < length; at += sizeof(line_key)) {
            line_key line;
            memcpy(&line, key + at, sizeof line);
            hg_proto_number(&to->inner, LINE_FUNCTION, (uint64_t)line.function + 1);
            hg_proto_number(&to->inner, LINE_NUMBER, (uint64_t)line.line);
            hg_proto_part(&to->part, LOCATION_LINE, &to->inner);
        }
        hg_proto_part(&to->out, PROFILE_LOCATION, &to->part);
    }
}

/* Proto3 strings are UTF-8; names are shown as everywhere else. */
static void add_strings(hg_pprof *to)
{
    for (size_t i = 0; i < to->strings.count; i++) {
        size_t length;
        const char *text = hg_intern_get(&to->strings, i, &length);
        size_t room = 4 * length + 16; /* an escaped byte becomes \xNN */
        char *shown = hg_buffer_reserve(&to->part, room);
        if (!shown)
            return;
        hg_escape_fit(shown, room, text, SIZE_MAX, true);
        to->part.size += strlen(shown);
        hg_proto_part(&to->out, PROFILE_STRING_TABLE, &to->part);
    }
}

static bool made(const hg_pprof *to)
{
    return !to->strings.failed && !to->mappings.failed && !to->functions.failed && !to->locations.failed &&
           !to->out.failed && !to->part.failed && !to->inner.failed && !to->key.failed;
}

bool hg_pprof_write(hg_pprof *to, const char *default_type, FILE *out)
{
    hg_proto_number(&to->out, PROFILE_DEFAULT_SAMPLE_TYPE, string_of(to, default_type));
    add_mappings(to);
    add_locations(to);
    add_functions(to);
    add_strings(to);
    return made(to) && hg_gzip_write(out, to->out.bytes, to->out.size);
}

void hg_pprof_free(hg_pprof *to)
{
    hg_intern_free(&to->strings);
    hg_intern_free(&to->mappings);
    hg_intern_free(&to->functions);
    hg_intern_free(&to->locations);
    hg_buffer_free(&to->out);
    hg_buffer_free(&to->part);
    hg_buffer_free(&to->inner);
    hg_buffer_free(&to->key);
}
