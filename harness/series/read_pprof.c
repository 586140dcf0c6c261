/*
 * profile.proto of github.com/google/pprof. Of its sample types the one of memory in use is taken; its values
 * count all blocks, also where only some were sampled, one in `period` bytes.
 */
#include "series/readers.h"

#include <stdlib.h>
#include <string.h>

enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

typedef struct cursor {
    const unsigned char *at, *end;
} cursor;

typedef struct field {
    uint32_t number, wire;
    uint64_t value;
    cursor part; /* of BYTES */
} field;

static bool read_varint(cursor *from, uint64_t *ret_value)
{
    *ret_value = 0;
    for (unsigned shift = 0; from->at < from->end && shift < 64; shift += 7) {
        unsigned char byte = *from->at++;
        *ret_value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

/* False at the end, and where the data is damaged: then it is not at its end. */
static bool next_field(cursor *from, field *ret_field)
{
    uint64_t key, size = 0;
    if (from->at == from->end)
        return false;
    const unsigned char *begin = from->at;
    bool sound = read_varint(from, &key);
    *ret_field = (field){.number = (uint32_t)(key >> 3), .wire = (uint32_t)(key & 7)};
    switch (ret_field->wire) {
    case VARINT:
        sound = sound && read_varint(from, &ret_field->value);
        break;
    case BYTES:
        sound = sound && read_varint(from, &size);
        break;
    case FIXED64:
        size = 8;
        break;
    case FIXED32:
        size = 4;
        break;
    default:
        sound = false;
    }
    if (!sound || size > (uint64_t)(from->end - from->at)) {
        from->at = begin;
        return false;
    }
    ret_field->part = (cursor){from->at, from->at + size};
    from->at += size;
    return true;
}

typedef struct function {
    uint64_t name, file;
} function;

typedef struct mapping {
    uint64_t begin, offset, file;
} mapping;

/* Its lines are looked up once. */
typedef struct location {
    cursor part;
    uint32_t begin, count; /* of its frames, innermost first */
    bool known;
} location;

/* An array by the ids of a profile, which are any numbers. */
typedef struct table {
    hg_intern ids;
    hg_buffer rows;
} table;

typedef struct profile {
    hg_series *series;
    hg_buffer strings; /* of uint32_t: numbers in the series */
    table functions, mappings, locations;
    hg_buffer frames; /* of locations; hg_series_frame */
    hg_buffer types;  /* of uint32_t: of each sample type, its name */
    uint64_t period, period_type;
    int64_t time_ns;
    size_t bytes_at, blocks_at; /* which values; SIZE_MAX: none */
    bool failed;                /* damaged */
} profile;

static void add_row(profile *from, table *to, uint64_t id, const void *row, size_t size)
{
    size_t known = to->ids.count;
    hg_intern_add(&to->ids, &id, sizeof id);
    if (to->ids.count > known)
        hg_buffer_add(&to->rows, row, size);
    from->failed |= to->ids.failed || to->rows.failed;
}

/* NULL where there is none of this id. */
static void *row_of(table *from, uint64_t id, size_t size)
{
    size_t known = from->ids.count;
    size_t number = hg_intern_add(&from->ids, &id, sizeof id);
    if (from->ids.count == known)
        return from->rows.bytes && !from->rows.failed && !from->ids.failed ? from->rows.bytes + number * size
                                                                           : NULL;
    static const char nothing[sizeof(location)];
    hg_buffer_add(&from->rows, nothing, size); /* it is there from now on, and empty */
    return NULL;
}

static uint32_t string_at(const profile *from, uint64_t number)
{
    uint32_t found;
    if (number >= from->strings.size / sizeof found)
        return hg_series_string(from->series, "");
    memcpy(&found, from->strings.bytes + number * sizeof found, sizeof found);
    return found;
}

static const char *text_at(const profile *from, uint64_t number)
{
    size_t length;
    return hg_intern_get(&from->series->strings, string_at(from, number), &length);
}

/* Up to four numbers of a message, by their field numbers. */
static void read_numbers(profile *from, cursor part, const uint32_t *numbers, uint64_t *ret_values,
                         size_t count)
{
    field found;
    while (next_field(&part, &found))
        for (size_t i = 0; i < count; i++)
            if (found.number == numbers[i] && found.wire == VARINT)
                ret_values[i] = found.value;
    from->failed |= part.at != part.end;
}

static void read_definition(profile *from, const field *found)
{
    static const uint32_t function_fields[] = {1, 2, 4}, mapping_fields[] = {1, 2, 4, 5}, id_field[] = {1},
                          type_field[] = {1};
    uint64_t values[4] = {0};
    switch (found->number) {
    case 1: /* sample_type */
        read_numbers(from, found->part, type_field, values, 1);
        hg_buffer_add(&from->types, &values[0], sizeof values[0]);
        break;
    case 3:
        read_numbers(from, found->part, mapping_fields, values, 4);
        add_row(from, &from->mappings, values[0], &(mapping){values[1], values[2], values[3]},
                sizeof(mapping));
        break;
    case 4:
        read_numbers(from, found->part, id_field, values, 1);
        add_row(from, &from->locations, values[0], &(location){.part = found->part}, sizeof(location));
        break;
    case 5:
        read_numbers(from, found->part, function_fields, values, 3);
        add_row(from, &from->functions, values[0], &(function){values[1], values[2]}, sizeof(function));
        break;
    case 6: {
        const char *text = (const char *)found->part.at;
        uint32_t number = hg_series_text(from->series, text, (size_t)(found->part.end - found->part.at));
        hg_buffer_add(&from->strings, &number, sizeof number);
        break;
    }
    case 11: /* period_type */
        read_numbers(from, found->part, type_field, values, 1);
        from->period_type = values[0];
        break;
    default:
        break;
    }
}

static void read_definitions(profile *from, cursor all)
{
    field found;
    while (next_field(&all, &found)) {
        if (found.wire == BYTES)
            read_definition(from, &found);
        else if (found.wire == VARINT && found.number == 9)
            from->time_ns = found.value < INT64_MAX ? (int64_t)found.value : 0;
        else if (found.wire == VARINT && found.number == 12)
            from->period = found.value;
    }
    from->failed |= all.at != all.end;
}

static void choose_types(profile *from)
{
    from->bytes_at = from->blocks_at = SIZE_MAX;
    for (size_t i = 0; i < from->types.size / sizeof(uint64_t); i++) {
        uint64_t type;
        memcpy(&type, from->types.bytes + i * sizeof type, sizeof type);
        const char *name = text_at(from, type);
        if (strcmp(name, "inuse_space") == 0 || (strcmp(name, "space") == 0 && from->bytes_at == SIZE_MAX))
            from->bytes_at = i;
        if (strcmp(name, "inuse_objects") == 0 ||
            (strcmp(name, "objects") == 0 && from->blocks_at == SIZE_MAX))
            from->blocks_at = i;
    }
}

/* Lines of a location, innermost first; without any, its address. The new count. */
static size_t read_location(profile *from, cursor part, hg_series_frame *frames, size_t count)
{
    static const uint32_t line_fields[] = {1, 2};
    uint64_t mapped = 0, address = 0;
    size_t before = count;
    field found;
    for (cursor at = part; next_field(&at, &found);)
        if (found.wire == VARINT && found.number == 2)
            mapped = found.value;
        else if (found.wire == VARINT && found.number == 3)
            address = found.value;
    const mapping *module = row_of(&from->mappings, mapped, sizeof(mapping));
    const mapping at_module = module ? *module : (mapping){0};
    uint32_t module_name = string_at(from, at_module.file);
    while (next_field(&part, &found)) {
        uint64_t values[2] = {0};
        if (found.number != 4 || found.wire != BYTES || count == HG_SERIES_FRAMES)
            continue;
        read_numbers(from, found.part, line_fields, values, 2);
        const function *named = row_of(&from->functions, values[0], sizeof(function));
        const function known = named ? *named : (function){0};
        frames[count++] = (hg_series_frame){.function = string_at(from, known.name),
                                            .file = string_at(from, known.file),
                                            .module = module_name,
                                            .line = values[1] < INT32_MAX ? (int32_t)values[1] : 0,
                                            .offset = address - at_module.begin + at_module.offset};
    }
    if (count > before || !at_module.file || count == HG_SERIES_FRAMES)
        return count;
    /* The text of the string may move while it is asked for. */
    char *path = strdup(text_at(from, at_module.file));
    if (path)
        count = hg_series_resolve(from->series, path, address - at_module.begin + at_module.offset, frames,
                                  count);
    free(path);
    return count;
}

static void resolve(profile *from, location *place)
{
    hg_series_frame frames[HG_SERIES_FRAMES];
    place->begin = (uint32_t)(from->frames.size / sizeof *frames);
    place->count = (uint32_t)read_location(from, place->part, frames, 0);
    place->known = true;
    hg_buffer_add(&from->frames, frames, place->count * sizeof *frames);
    from->failed |= from->frames.failed;
}

/* Appends the frames of a location; the new count. */
static size_t add_location(profile *from, uint64_t id, hg_series_frame frames[HG_SERIES_FRAMES], size_t count)
{
    location *place = count < HG_SERIES_FRAMES ? row_of(&from->locations, id, sizeof *place) : NULL;
    if (!place)
        return count;
    if (!place->known)
        resolve(from, place);
    size_t more = place->count < HG_SERIES_FRAMES - count ? place->count : HG_SERIES_FRAMES - count;
    if (more > 0 && !from->failed)
        memcpy(frames + count, from->frames.bytes + place->begin * sizeof *frames, more * sizeof *frames);
    return count + (from->failed ? 0 : more);
}

/* The next of a repeated number: packed, or one a field. */
static bool next_number(cursor *packed, uint64_t *ret_value)
{
    return packed->at < packed->end && read_varint(packed, ret_value);
}

static void read_sample(profile *from, cursor part)
{
    hg_series_frame frames[HG_SERIES_FRAMES];
    double values[2] = {0};
    size_t count = 0, value_count = 0;
    field found;
    while (next_field(&part, &found)) {
        bool packed = found.wire == BYTES;
        cursor numbers = found.part;
        uint64_t value = found.value;
        if ((found.number != 1 && found.number != 2) || (!packed && found.wire != VARINT))
            continue;
        for (bool more = packed ? next_number(&numbers, &value) : true; more;
             more = packed && next_number(&numbers, &value)) {
            if (found.number == 2) {
                if (value_count == from->bytes_at)
                    values[0] = (double)(int64_t)value;
                if (value_count == from->blocks_at)
                    values[1] = (double)(int64_t)value;
                value_count++;
                continue;
            }
            count = add_location(from, value, frames, count);
        }
    }
    from->failed |= part.at != part.end;
    double variance = 0;
    bool by_bytes = strcmp(text_at(from, from->period_type), "space") == 0 ||
                    strcmp(text_at(from, from->period_type), "inuse_space") == 0;
    hg_series_scale(by_bytes ? (double)from->period : 0, true, &values[0], &values[1], &variance);
    from->series->sampled |= variance > 0;
    if (values[0] > 0 && count > 0)
        hg_series_add(from->series, frames, count, values[0], values[1], variance);
}

static void read_samples(profile *from, cursor all)
{
    field found;
    while (next_field(&all, &found) && !from->failed)
        if (found.number == 2 && found.wire == BYTES)
            read_sample(from, found.part);
}

static void free_profile(profile *from)
{
    enum { TABLES = 3 };
    table *const tables[TABLES] = {&from->functions, &from->mappings, &from->locations};
    for (size_t i = 0; i < TABLES; i++) {
        hg_intern_free(&tables[i]->ids);
        hg_buffer_free(&tables[i]->rows);
    }
    hg_buffer_free(&from->strings);
    hg_buffer_free(&from->frames);
    hg_buffer_free(&from->types);
}

bool hg_series_read_pprof(hg_series *series, const char *bytes, size_t size)
{
    const cursor all = {(const unsigned char *)bytes, (const unsigned char *)bytes + size};
    profile from = {.series = series};
    bool done = hg_series_is(series, "pprof", false);
    read_definitions(&from, all);
    choose_types(&from);
    if (done && (from.failed || from.types.size == 0))
        done = hg_series_fail(series, "it is no profile of pprof, or is damaged or cut short");
    if (done && from.bytes_at == SIZE_MAX)
        done = hg_series_fail(series, "it has no inuse_space: it is a profile of something else than memory");
    done = done && hg_series_add_point(series, from.time_ns > 0 ? from.time_ns : -1);
    if (done)
        read_samples(&from, all);
    if (done && from.failed)
        done = hg_series_fail(series, "it is damaged or cut short");
    free_profile(&from);
    return done;
}
