/*
 * Writes run.json straight to the stream; nothing is allocated. The bytes depend on the model alone: keys are
 * in the order of the field tables, and a number has the fewest digits that read back as the same number. A
 * cell has one line for each of its fields and one for each sample and site: without a space that no reader
 * needs, and still to be read with grep and compared by line.
 */
#include "base/escape.h"
#include "base/number.h"
#include "model/model_fields.h"
#include "model/run_file.h"

#include <inttypes.h>
#include <math.h>

#define ON_THIS_LINE (-1) /* a depth: the object and all in it */

static void write_struct(FILE *out, const hg_struct *type, const char *object, int depth);

static int64_t clamp_integer(int64_t value, const hg_field *field)
{
    return value < field->minimum ? field->minimum : value;
}

static double clamp_real(double value, const hg_field *field)
{
    return field->minimum != INT64_MIN && value < (double)field->minimum ? (double)field->minimum : value;
}

/* A list that is absent is written empty. */
static void write_integers(FILE *out, const hg_field *field, const char *object)
{
    const int64_t *values = *(int64_t *const *)(const void *)(object + field->offset);
    size_t count = values ? *(const size_t *)(const void *)(object + field->count_offset) : 0;

    fputc('[', out);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            fputc(',', out);
        hg_number_integer(out, clamp_integer(values[i], field));
    }
    fputc(']', out);
}

static void write_line_break(FILE *out, int depth)
{
    if (depth != ON_THIS_LINE)
        fprintf(out, "\n%*s", 2 * depth, "");
}

static int deeper(int depth)
{
    return depth == ON_THIS_LINE ? ON_THIS_LINE : depth + 1;
}

static void write_objects(FILE *out, const hg_field *field, const char *object, int depth)
{
    const char *items = *(char *const *)(const void *)(object + field->offset);
    size_t count = *(const size_t *)(const void *)(object + field->count_offset);

    fputc('[', out);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            fputc(',', out);
        write_line_break(out, deeper(depth));
        write_struct(out, field->items, items + i * field->items->size, deeper(depth));
    }
    if (count > 0)
        write_line_break(out, depth);
    fputc(']', out);
}

static void write_value(FILE *out, const hg_field *field, const char *object, int depth)
{
    const void *at = object + field->offset;

    switch (field->kind) {
    case HG_FIELD_STRING:
        hg_escape_json_exact(out, *(char *const *)at);
        break;
    case HG_FIELD_BOOL:
        fputs(*(const bool *)at ? "true" : "false", out);
        break;
    case HG_FIELD_INT:
        hg_number_integer(out, clamp_integer(*(const int *)at, field));
        break;
    case HG_FIELD_UINT32:
        fprintf(out, "%" PRIu32, *(const uint32_t *)at);
        break;
    case HG_FIELD_INT64:
        hg_number_integer(out, clamp_integer(*(const int64_t *)at, field));
        break;
    case HG_FIELD_UINT64:
        fprintf(out, "%" PRIu64, *(const uint64_t *)at < INT64_MAX ? *(const uint64_t *)at : INT64_MAX);
        break;
    case HG_FIELD_DECIMAL:
        fprintf(out, "\"%" PRIu64 "\"", *(const uint64_t *)at);
        break;
    case HG_FIELD_ADDRESS:
        fprintf(out, "\"0x%" PRIx64 "\"", *(const uint64_t *)at);
        break;
    case HG_FIELD_REAL:
        hg_number_real(out, clamp_real(*(const double *)at, field));
        break;
    case HG_FIELD_NAME:
        hg_escape_json_exact(out, field->name_of(*(const unsigned *)at));
        break;
    case HG_FIELD_INTEGERS:
        write_integers(out, field, object);
        break;
    case HG_FIELD_OBJECTS:
        write_objects(out, field, object, depth);
        break;
    case HG_FIELD_GROUP:
        write_struct(out, field->items, object, depth);
        break;
    }
}

static bool is_zero(const hg_field *field, const char *object)
{
    const void *at = object + field->offset;

    switch (field->kind) {
    case HG_FIELD_OBJECTS:
        return *(const size_t *)(const void *)(object + field->count_offset) == 0;
    case HG_FIELD_STRING:
        return !*(char *const *)at || !**(char *const *)at;
    case HG_FIELD_BOOL:
        return !*(const bool *)at;
    case HG_FIELD_REAL:
        return !(fabs(*(const double *)at) > 0);
    default:
        return *(const uint32_t *)at == 0;
    }
}

static bool is_left_out(const hg_field *field, const char *object)
{
    if (field->only_if > 0)
        return !(*(const double *)(const void *)(object + field->only_if) > 0);
    if (field->needless)
        return field->needless(object);
    return field->sparse && is_zero(field, object);
}

/* The fields without the braces around them; depth is that of the object. */
static void write_fields(FILE *out, const hg_struct *type, const char *object, int depth)
{
    int inside = type->one_line ? ON_THIS_LINE : deeper(depth);
    bool first = true;

    for (size_t i = 0; i < type->field_count; i++) {
        const hg_field *field = &type->fields[i];
        if (is_left_out(field, object))
            continue;
        if (!first)
            fputc(',', out);
        write_line_break(out, inside);
        first = false;
        fputc('"', out);
        fputs(field->name, out);
        fputs("\": ", out);
        write_value(out, field, object, inside);
    }
}

static void write_struct(FILE *out, const hg_struct *type, const char *object, int depth)
{
    fputc('{', out);
    write_fields(out, type, object, depth);
    if (!type->one_line)
        write_line_break(out, depth);
    fputc('}', out);
}

void hg_run_write(const hg_run *run, FILE *out)
{
    fprintf(out, "{\n  \"schema\": \"%s\",\n  \"outcome\": \"%s\",\n  \"exit_code\": %d,", HG_RUN_SCHEMA,
            hg_run_outcome(run), hg_run_exit_code(run));
    write_fields(out, &hg_run_struct, (const char *)run, 0);
    fputs("\n}\n", out);
}
