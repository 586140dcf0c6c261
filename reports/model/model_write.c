/*
 * Writes run.json straight to the stream. The bytes depend on the model alone: keys are
 * in the order of the field tables, and a number has the fewest digits that read back as the same number. A
 * cell has one line for each of its fields and one for each sample and site: without a space that no reader
 * needs, and still to be read with grep and compared by line.
 */
#include "base/escape.h"
#include "base/number.h"
#include "model/callers.h"
#include "model/model_fields.h"
#include "model/run_file.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define ON_THIS_LINE (-1) /* a depth: the object and all in it */

typedef struct writer {
    FILE *out;
    hg_callers callers;
    const char *before; /* the item before the one that comes next; NULL: none */
} writer;

static void write_struct(writer *w, const hg_struct *type, const char *object, int depth);

static int64_t clamp_integer(int64_t value, const hg_field *field)
{
    return value < field->minimum ? field->minimum : value;
}

static double clamp_real(double value, const hg_field *field)
{
    return field->minimum != INT64_MIN && value < (double)field->minimum ? (double)field->minimum : value;
}

/* A list that is absent is written empty. */
static void write_integers(writer *w, const hg_field *field, const char *object)
{
    const int64_t *values = *(int64_t *const *)(const void *)(object + field->offset);
    size_t count = values ? *(const size_t *)(const void *)(object + field->count_offset) : 0;

    fputc('[', w->out);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            fputc(',', w->out);
        hg_number_integer(w->out, clamp_integer(values[i], field));
    }
    fputc(']', w->out);
}

static void write_line_break(writer *w, int depth)
{
    if (depth != ON_THIS_LINE)
        fprintf(w->out, "\n%*s", 2 * depth, "");
}

static int deeper(int depth)
{
    return depth == ON_THIS_LINE ? ON_THIS_LINE : depth + 1;
}

static void write_objects(writer *w, const hg_field *field, const char *object, int depth)
{
    const char *items = *(char *const *)(const void *)(object + field->offset);
    size_t count = field->kind == HG_FIELD_PATH
                       ? hg_callers_in_place(&w->callers, (const hg_site *)(const void *)object)
                       : *(const size_t *)(const void *)(object + field->count_offset);

    fputc('[', w->out);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            fputc(',', w->out);
        write_line_break(w, deeper(depth));
        w->before = i > 0 ? items + (i - 1) * field->items->size : NULL;
        write_struct(w, field->items, items + i * field->items->size, deeper(depth));
    }
    if (count > 0)
        write_line_break(w, depth);
    fputc(']', w->out);
}

static void write_callers(writer *w, const hg_site *site)
{
    fputc('[', w->out);
    for (size_t i = hg_callers_in_place(&w->callers, site); i < site->frame_count; i++) {
        hg_number_integer(w->out, hg_callers_next(&w->callers));
        if (i + 1 < site->frame_count)
            fputc(',', w->out);
    }
    fputc(']', w->out);
}

static void write_value(writer *w, const hg_field *field, const char *object, int depth)
{
    const void *at = object + field->offset;

    switch (field->kind) {
    case HG_FIELD_STRING:
        hg_escape_json_exact(w->out, *(char *const *)at);
        break;
    case HG_FIELD_BOOL:
        fputs(*(const bool *)at ? "true" : "false", w->out);
        break;
    case HG_FIELD_INT:
        hg_number_integer(w->out, clamp_integer(*(const int *)at, field));
        break;
    case HG_FIELD_UINT32:
        fprintf(w->out, "%" PRIu32, *(const uint32_t *)at);
        break;
    case HG_FIELD_INT64:
        hg_number_integer(w->out, clamp_integer(*(const int64_t *)at, field));
        break;
    case HG_FIELD_UINT64:
        fprintf(w->out, "%" PRIu64, *(const uint64_t *)at < INT64_MAX ? *(const uint64_t *)at : INT64_MAX);
        break;
    case HG_FIELD_DECIMAL:
        fprintf(w->out, "\"%" PRIu64 "\"", *(const uint64_t *)at);
        break;
    case HG_FIELD_ADDRESS:
        fprintf(w->out, "\"0x%" PRIx64 "\"", *(const uint64_t *)at);
        break;
    case HG_FIELD_REAL:
        hg_number_real(w->out, clamp_real(*(const double *)at, field));
        break;
    case HG_FIELD_NAME:
        hg_escape_json_exact(w->out, field->name_of(*(const unsigned *)at));
        break;
    case HG_FIELD_INTEGERS:
        write_integers(w, field, object);
        break;
    case HG_FIELD_CALLERS:
        write_callers(w, (const hg_site *)(const void *)object);
        break;
    case HG_FIELD_OBJECTS:
    case HG_FIELD_PATH:
        write_objects(w, field, object, depth);
        break;
    case HG_FIELD_GROUP:
        write_struct(w, field->items, object, depth);
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

static bool is_left_out(const writer *w, const hg_field *field, const char *object)
{
    const hg_site *site = (const hg_site *)(const void *)object;

    if (field->kind == HG_FIELD_CALLERS)
        return hg_callers_in_place(&w->callers, site) == site->frame_count;
    if (field->only_if > 0)
        return !(*(const double *)(const void *)(object + field->only_if) > 0);
    if (field->needless)
        return field->needless(object);
    return field->sparse && is_zero(field, object);
}

static bool is_repeated(const hg_field *field, const char *object, const char *before)
{
    const void *here = object + field->offset, *there = before + field->offset;

    if (field->kind == HG_FIELD_INT)
        return *(const int *)here == *(const int *)there;
    const char *a = *(char *const *)here, *b = *(char *const *)there;
    return strcmp(a ? a : "", b ? b : "") == 0;
}

/* Whether the item has the same in all fields that it may take from the item before it. */
static bool repeats_all(const hg_struct *type, const char *object, const char *before)
{
    for (size_t i = 0; before && i < type->field_count; i++)
        if (type->fields[i].repeats && !is_repeated(&type->fields[i], object, before))
            return false;
    return before != NULL;
}

/* The fields without the braces around them; depth is that of the object. */
static void write_fields(writer *w, const hg_struct *type, const char *object, int depth)
{
    int inside = type->one_line ? ON_THIS_LINE : deeper(depth);
    bool repeated = repeats_all(type, object, w->before);
    bool first = true;

    w->before = NULL;
    for (size_t i = 0; i < type->field_count; i++) {
        const hg_field *field = &type->fields[i];
        if (is_left_out(w, field, object) || (repeated && field->repeats))
            continue;
        if (!first)
            fputc(',', w->out);
        write_line_break(w, inside);
        first = false;
        fputc('"', w->out);
        fputs(field->name, w->out);
        fputs("\": ", w->out);
        write_value(w, field, object, inside);
    }
}

static void write_struct(writer *w, const hg_struct *type, const char *object, int depth)
{
    fputc('{', w->out);
    write_fields(w, type, object, depth);
    if (!type->one_line)
        write_line_break(w, depth);
    fputc('}', w->out);
}

static void write_frame(FILE *out, const hg_frame *frame)
{
    writer w = {.out = out};

    write_struct(&w, &hg_frame_struct, (const char *)frame, 0);
}

static void write_shared_frames(writer *w)
{
    size_t length;

    if (w->callers.frames.count == 0)
        return;
    fputs(",\n  \"frames\": [", w->out);
    for (size_t i = 0; i < w->callers.frames.count; i++) {
        fputs(i > 0 ? ",\n    " : "\n    ", w->out);
        fputs(hg_intern_get(&w->callers.frames, i, &length), w->out);
    }
    fputs("\n  ]", w->out);
}

bool hg_run_write(const hg_run *run, FILE *out)
{
    writer w = {.out = out};

    bool whole = hg_callers_gather(&w.callers, run, write_frame);
    fprintf(out, "{\n  \"schema\": \"%s\",\n  \"outcome\": \"%s\",\n  \"exit_code\": %d,", HG_RUN_SCHEMA,
            hg_run_outcome(run), hg_run_exit_code(run));
    write_fields(&w, &hg_run_struct, (const char *)run, 0);
    write_shared_frames(&w);
    fputs("\n}\n", out);
    hg_callers_free(&w.callers);
    return whole;
}
