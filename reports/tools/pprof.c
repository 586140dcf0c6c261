/*
 * A profile for pprof and other readers of gzipped profile.proto. The proto directory of
 * github.com/google/pprof describes the format; the enumerations below are its field numbers.
 *
 * Each site of a cell is one sample with the labels workload, subject, allocator and class, for -tagfocus and
 * -base. In a sample of what a fault lost, the allocator is that fault. Functions have names, so the
 * addresses, which change with every build, are left out.
 */
#include "base/escape.h"
#include "base/gzip.h"
#include "base/intern.h"
#include "base/proto.h"
#include "base/timestamp.h"
#include "view/stack.h"
#include "view/torture_losses.h"
#include "view/writers.h"

#include <string.h>

#define NANOSECONDS INT64_C(1000000000)

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
typedef struct profile {
    hg_intern strings;
    hg_intern mappings;  /* of uint32_t string */
    hg_intern functions; /* of function_key */
    hg_intern locations; /* of uint32_t mapping + 1 or 0, then one line_key a line, innermost first */
    hg_buffer out, part, inner, key;
    bool leaks;
} profile;

typedef struct function_key {
    uint32_t name, file;
} function_key;

typedef struct line_key {
    uint32_t function;
    int32_t line;
} line_key;

static uint64_t string_of(profile *to, const char *text)
{
    return hg_intern_text(&to->strings, text);
}

static void add_line(profile *to, const hg_frame *frame)
{
    char name[HG_STACK_NAME_SIZE];
    function_key function = {.name = (uint32_t)string_of(to, hg_stack_name(frame, name)),
                             .file = (uint32_t)string_of(to, frame->file)};
    line_key line = {.function = (uint32_t)hg_intern_add(&to->functions, &function, sizeof function),
                     .line = frame->line};

    hg_buffer_add(&to->key, &line, sizeof line);
}

/* Frames inlined into one another share one location. Returns the index after the last of them. */
static size_t add_location(profile *to, const hg_site *site, size_t index)
{
    const hg_frame *frame = hg_stack_frame(site, index);
    uint32_t mapping = 0;

    if (frame->module[0]) {
        uint32_t file = (uint32_t)string_of(to, frame->module);
        mapping = (uint32_t)hg_intern_add(&to->mappings, &file, sizeof file) + 1;
    }
    hg_buffer_empty(&to->key);
    hg_buffer_add(&to->key, &mapping, sizeof mapping);
    add_line(to, frame);
    while (frame->inlined && index + 1 < hg_stack_depth(site)) {
        frame = hg_stack_frame(site, ++index);
        add_line(to, frame);
    }
    if (!to->key.failed)
        hg_proto_varint(&to->inner, hg_intern_add(&to->locations, to->key.bytes, to->key.size) + 1);
    return index + 1;
}

static void add_label(profile *to, const char *key, const char *text)
{
    hg_proto_number(&to->inner, LABEL_KEY, string_of(to, key));
    hg_proto_number(&to->inner, LABEL_TEXT, string_of(to, text));
    hg_proto_part(&to->part, SAMPLE_LABEL, &to->inner);
}

static void add_sample(profile *to, const hg_cell *cell, const hg_site *site)
{
    static const hg_frame cut = {.function = HG_STACK_CUT, .file = "", .module = ""};
    const hg_site outermost = {.frames = (hg_frame *)&cut, .frame_count = 1};
    hg_weight weight = hg_stack_weight(cell, site);
    const int64_t values[] = {weight.live_bytes, weight.live_blocks, weight.leaked_bytes,
                              weight.leaked_blocks};

    for (size_t i = 0; i < hg_stack_depth(site);)
        i = add_location(to, site, i);
    if (site->cut)
        add_location(to, &outermost, 0);
    hg_proto_part(&to->part, SAMPLE_LOCATION, &to->inner);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        hg_proto_varint(&to->inner, (uint64_t)values[i]);
    hg_proto_part(&to->part, SAMPLE_VALUE, &to->inner);
    add_label(to, "workload", cell->workload);
    add_label(to, "subject", cell->subject);
    add_label(to, "allocator", cell->allocator);
    add_label(to, "class", hg_class_name(site->growth_class));
    hg_proto_part(&to->out, PROFILE_SAMPLE, &to->part);
    to->leaks |= weight.leaked_bytes > 0;
}

static void add_value_type(profile *to, uint32_t field, const char *type, const char *unit)
{
    hg_proto_number(&to->part, VALUE_TYPE, string_of(to, type));
    hg_proto_number(&to->part, VALUE_UNIT, string_of(to, unit));
    hg_proto_part(&to->out, field, &to->part);
}

static void add_mappings(profile *to)
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

static void add_functions(profile *to)
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

static void add_locations(profile *to)
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
static void add_strings(profile *to)
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

/* The first mapping names the whole profile; no location lies in this one. */
static void add_name(profile *to, const hg_run *run)
{
    uint32_t suite = (uint32_t)string_of(to, run->suite);

    hg_intern_add(&to->mappings, &suite, sizeof suite);
}

static void add_head(profile *to, const hg_run *run)
{
    int64_t seconds;

    add_value_type(to, PROFILE_SAMPLE_TYPE, "inuse_space", "bytes");
    add_value_type(to, PROFILE_SAMPLE_TYPE, "inuse_objects", "count");
    add_value_type(to, PROFILE_SAMPLE_TYPE, "leaked_space", "bytes");
    add_value_type(to, PROFILE_SAMPLE_TYPE, "leaked_objects", "count");
    add_value_type(to, PROFILE_PERIOD_TYPE, "inuse_space", "bytes");
    hg_proto_number(&to->out, PROFILE_PERIOD, 1);
    if (hg_timestamp_read(run->started, &seconds) && seconds > 0 && seconds < INT64_MAX / NANOSECONDS)
        hg_proto_number(&to->out, PROFILE_TIME_NANOS, (uint64_t)(seconds * NANOSECONDS));
    hg_proto_number(&to->out, PROFILE_DURATION_NANOS, (uint64_t)hg_stack_round(run->duration_seconds * 1e9));
    hg_proto_varint(&to->inner, string_of(to, run->command));
    hg_proto_part(&to->out, PROFILE_COMMENT, &to->inner);
}

static bool made(const profile *to)
{
    return !to->strings.failed && !to->mappings.failed && !to->functions.failed && !to->locations.failed &&
           !to->out.failed && !to->part.failed && !to->inner.failed && !to->key.failed;
}

static bool write_run(const hg_run *run, FILE *out)
{
    profile to = {.leaks = false};

    string_of(&to, "");
    add_head(&to, run);
    add_name(&to, run);
    for (size_t i = 0; i < run->cell_count; i++)
        for (size_t k = 0; k < run->cells[i].site_count; k++)
            add_sample(&to, &run->cells[i], &run->cells[i].sites[k]);
    hg_proto_number(&to.out, PROFILE_DEFAULT_SAMPLE_TYPE,
                    string_of(&to, to.leaks ? "leaked_space" : "inuse_space"));
    add_mappings(&to);
    add_locations(&to);
    add_functions(&to);
    add_strings(&to);
    bool done = made(&to) && hg_gzip_write(out, to.out.bytes, to.out.size);
    hg_intern_free(&to.strings);
    hg_intern_free(&to.mappings);
    hg_intern_free(&to.functions);
    hg_intern_free(&to.locations);
    hg_buffer_free(&to.out);
    hg_buffer_free(&to.part);
    hg_buffer_free(&to.inner);
    hg_buffer_free(&to.key);
    return done;
}

bool hg_report_pprof(const hg_run *run, const hg_report_options *options, FILE *out)
{
    (void)options;
    return hg_torture_losses_write(run, write_run, out);
}
