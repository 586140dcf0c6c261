#include "base/escape.h"
#include "model/model_reader.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool read_struct(hg_reader *r, const hg_struct *type, char *object);

static const char *event_name(hg_json_event event)
{
    switch (event) {
    case HG_JSON_OBJECT:
        return "an object";
    case HG_JSON_ARRAY:
        return "a list";
    case HG_JSON_STRING:
        return "a string";
    case HG_JSON_INTEGER:
        return "an integer";
    case HG_JSON_REAL:
        return "a number with a fraction";
    case HG_JSON_NULL:
        return "null";
    default:
        return "true or false";
    }
}

/* The place of the value being read; valid until asked again. */
static const char *where(hg_reader *r)
{
    size_t used = 0;

    r->where[0] = '\0';
    for (size_t i = 0; i < r->depth && i < HG_READER_DEPTH && used < sizeof r->where; i++) {
        const hg_reader_step *step = &r->steps[i];
        size_t room = sizeof r->where - used;
        int length = step->name ? snprintf(r->where + used, room, "%s%s", i > 0 ? "." : "", step->name)
                                : snprintf(r->where + used, room, "[%zu]", step->index);
        used += length > 0 ? (size_t)length : 0;
    }
    return r->where;
}

/* A failure of the document gets a better message later. */
static bool complain_type(hg_reader *r, const char *expected)
{
    if (r->json.event == HG_JSON_FAILED)
        return false;
    return hg_reader_complain(r, "%s must be %s, not %s" HG_READER_DAMAGED, where(r), expected,
                              event_name(r->json.event));
}

static bool complain_form(hg_reader *r, const char *expected)
{
    return hg_reader_complain(r, "%s must be %s" HG_READER_DAMAGED, where(r), expected);
}

/* Only noted: it becomes words when there is a complaint. */
static void enter(hg_reader *r, const char *name, size_t index)
{
    if (r->depth < HG_READER_DEPTH)
        r->steps[r->depth] = (hg_reader_step){.name = name, .index = index};
    r->depth++;
}

static void leave(hg_reader *r)
{
    assert(r->depth > 0);
    r->depth--;
}

static bool read_string(hg_reader *r, char **at)
{
    if (r->json.event != HG_JSON_STRING)
        return complain_type(r, "a string");
    char *text = malloc(r->json.length + 1);
    if (!text)
        return hg_reader_complain_memory(r);
    memcpy(text, r->json.text, r->json.length);
    text[r->json.length] = '\0';
    *at = text;
    return true;
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

static bool read_integer(hg_reader *r, const hg_field *field, int64_t *ret_integer)
{
    int64_t integer = r->json.integer;

    if (r->json.event != HG_JSON_INTEGER)
        return complain_type(r, "an integer");
    if (integer < field->minimum || integer > largest(field))
        return hg_reader_complain(r, "%s is out of range: %" PRId64 HG_READER_DAMAGED, where(r), integer);
    *ret_integer = integer;
    return true;
}

static bool read_real(hg_reader *r, const hg_field *field, double *at)
{
    double real = r->json.real;

    if (r->json.event != HG_JSON_INTEGER && r->json.event != HG_JSON_REAL)
        return complain_type(r, "a number");
    if (field->minimum != INT64_MIN && real < (double)field->minimum)
        return hg_reader_complain(r, "%s is out of range: %g" HG_READER_DAMAGED, where(r), real);
    *at = real;
    return true;
}

void hg_reader_copy_text(const hg_reader *r, char *out, size_t size)
{
    size_t length = r->json.length < size ? r->json.length : 0;

    memcpy(out, r->json.text, length);
    out[length] = '\0';
}

/* A string of digits: decimal, or hexadecimal after 0x. */
static bool read_digits(hg_reader *r, const hg_field *field, uint64_t *at)
{
    bool hex = field->kind == HG_FIELD_ADDRESS;
    const char *expected = hex ? "a string like \"0x1f00\"" : "a string of digits";
    char text[128];

    if (r->json.event != HG_JSON_STRING)
        return complain_type(r, expected);
    hg_reader_copy_text(r, text, sizeof text);
    if (hex && strncmp(text, "0x", 2) != 0)
        return complain_form(r, expected);
    const char *digits = hex ? text + 2 : text;
    size_t length = strlen(digits);
    errno = 0;
    uint64_t number = strtoull(digits, NULL, hex ? 16 : 10);
    if (length == 0 || strspn(digits, hex ? "0123456789abcdef" : "0123456789") != length || errno == ERANGE)
        return complain_form(r, expected);
    *at = number;
    return true;
}

bool hg_reader_is_text(const hg_reader *r, const char *word)
{
    return strlen(word) == r->json.length && memcmp(word, r->json.text, r->json.length) == 0;
}

void hg_reader_show_text(const hg_reader *r, char *out, size_t size)
{
    char text[256];
    size_t length = r->json.length < sizeof text - 1 ? r->json.length : sizeof text - 1;

    memcpy(text, r->json.text, length);
    text[length] = '\0';
    hg_escape_fit(out, size, text, 40, true);
}

static bool read_name(hg_reader *r, const hg_field *field, unsigned *at)
{
    char shown[64];

    if (r->json.event != HG_JSON_STRING)
        return complain_type(r, "a name");
    for (unsigned i = 0; strcmp(field->name_of(i), "unknown") != 0; i++) {
        if (hg_reader_is_text(r, field->name_of(i))) {
            *at = i;
            return true;
        }
    }
    hg_reader_show_text(r, shown, sizeof shown);
    return hg_reader_complain(r, "%s has the unknown value \"%s\"; use the heapgate that wrote the file",
                              where(r), shown);
}

/* Room for one more item of a list that holds `count`; false when memory ran out. */
static bool make_room(void **items, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return true;
    size_t more = *room > 0 ? 2 * *room : 16;
    void *grown = more > SIZE_MAX / size ? NULL : realloc(*items, more * size);
    if (!grown)
        return false;
    *items = grown;
    *room = more;
    return true;
}

/* Goes to the next item of the list; false at its end or on a failure. */
static bool next_item(hg_reader *r)
{
    hg_json_event event = hg_json_next(&r->json);

    return event != HG_JSON_ARRAY_END && event != HG_JSON_FAILED;
}

static bool read_integers(hg_reader *r, const hg_field *field, char *object)
{
    int64_t **list = (int64_t **)(void *)(object + field->offset);
    size_t *count = (size_t *)(void *)(object + field->count_offset);
    size_t length = 0, room = 0;

    if (r->json.event != HG_JSON_ARRAY)
        return complain_type(r, "a list of integers");
    while (next_item(r)) {
        void *items = *list;
        enter(r, NULL, length);
        if (!make_room(&items, length, &room, sizeof **list))
            return hg_reader_complain_memory(r);
        *list = items;
        if (!read_integer(r, field, &(*list)[length]))
            return false;
        leave(r);
        length++;
    }
    if (r->json.event == HG_JSON_FAILED)
        return false;
    if (length > 0 && *count > 0 && *count != length)
        return hg_reader_complain(r, "%s has %zu numbers, but the lists beside it have %zu" HG_READER_DAMAGED,
                                  where(r), length, *count);
    if (length > 0)
        *count = length;
    return true;
}

static bool read_objects(hg_reader *r, const hg_field *field, char *object)
{
    void **items = (void **)(void *)(object + field->offset);
    size_t *count = (size_t *)(void *)(object + field->count_offset);
    size_t size = field->items->size, room = 0;

    if (r->json.event != HG_JSON_ARRAY)
        return complain_type(r, "a list");
    while (next_item(r)) {
        enter(r, NULL, *count);
        if (field->maximum > 0 && *count >= (size_t)field->maximum) {
            leave(r);
            return hg_reader_complain(
                r, "%s has more entries than heapgate reads (limit: %" PRId64 "); split the run", where(r),
                field->maximum);
        }
        if (!make_room(items, *count, &room, size))
            return hg_reader_complain_memory(r);
        char *item = (char *)*items + *count * size;
        memset(item, 0, size); /* safe to free at any point */
        r->before = *count > 0 ? item - size : NULL;
        ++*count;
        if (!read_struct(r, field->items, item))
            return false;
        leave(r);
    }
    return r->json.event != HG_JSON_FAILED;
}

static bool read_number(hg_reader *r, const hg_field *field, void *at)
{
    int64_t integer = 0;

    if (!read_integer(r, field, &integer))
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

static bool read_value(hg_reader *r, const hg_field *field, char *object)
{
    void *at = object + field->offset;

    switch (field->kind) {
    case HG_FIELD_STRING:
        return read_string(r, at);
    case HG_FIELD_BOOL:
        if (r->json.event != HG_JSON_TRUE && r->json.event != HG_JSON_FALSE)
            return complain_type(r, "true or false");
        *(bool *)at = r->json.event == HG_JSON_TRUE;
        return true;
    case HG_FIELD_DECIMAL:
    case HG_FIELD_ADDRESS:
        return read_digits(r, field, at);
    case HG_FIELD_REAL:
        return read_real(r, field, at);
    case HG_FIELD_NAME:
        return read_name(r, field, at);
    case HG_FIELD_INTEGERS:
    case HG_FIELD_CALLERS:
        return read_integers(r, field, object);
    case HG_FIELD_OBJECTS:
    case HG_FIELD_PATH:
        return read_objects(r, field, object);
    case HG_FIELD_GROUP:
        if (!read_struct(r, field->items, object))
            return false;
        if (field->derive)
            field->derive(object);
        return true;
    default:
        return read_number(r, field, at);
    }
}

static bool read_absent(hg_reader *r, const hg_field *field, char *object, const char *before)
{
    char **text = (char **)(void *)(object + field->offset);
    const void *repeated = field->repeats && before ? before + field->offset : NULL;

    if (field->required)
        return hg_reader_complain(r, "%s is missing" HG_READER_DAMAGED, where(r));
    if (field->kind == HG_FIELD_INT64)
        *(int64_t *)(void *)(object + field->offset) = field->absent;
    if (field->kind == HG_FIELD_INT && repeated)
        *(int *)(void *)(object + field->offset) = *(const int *)repeated;
    if (field->derive)
        field->derive(object);
    if (field->kind != HG_FIELD_STRING)
        return true;
    *text = strdup(repeated ? *(char *const *)repeated : "");
    return *text || hg_reader_complain_memory(r);
}

/* The field of the key just read, probably the one at `expected`; field_count if there is none. */
static size_t find_field(const hg_reader *r, const hg_struct *type, size_t expected)
{
    if (expected < type->field_count && hg_reader_is_text(r, type->fields[expected].name))
        return expected;
    for (size_t i = 0; i < type->field_count; i++)
        if (hg_reader_is_text(r, type->fields[i].name))
            return i;
    return type->field_count;
}

/* Reads the value of a key into the model, or skips it. */
static bool read_member(hg_reader *r, const hg_struct *type, size_t index, uint64_t *seen, char *object)
{
    if (index == type->field_count) {
        if (r->json.depth == 1)
            return r->other_key(r);
        hg_json_next(&r->json);
        return hg_json_skip(&r->json);
    }
    if (*seen >> index & 1) {
        hg_json_damage(&r->json, "duplicate object key");
        return false;
    }
    *seen |= UINT64_C(1) << index;
    hg_json_next(&r->json);
    enter(r, type->fields[index].name, 0);
    if (!read_value(r, &type->fields[index], object))
        return false;
    leave(r);
    return true;
}

static bool read_absents(hg_reader *r, const hg_struct *type, uint64_t seen, char *object, const char *before)
{
    for (size_t i = 0; i < type->field_count; i++) {
        if (seen >> i & 1)
            continue;
        enter(r, type->fields[i].name, 0);
        if (!read_absent(r, &type->fields[i], object, before))
            return false;
        leave(r);
    }
    return true;
}

static bool read_struct(hg_reader *r, const hg_struct *type, char *object)
{
    const char *before = r->before;
    uint64_t seen = 0;
    size_t expected = 0;

    assert(type->field_count <= HG_FIELDS_MAX);
    r->before = NULL;
    if (r->json.event != HG_JSON_OBJECT)
        return complain_type(r, "an object");
    while (hg_json_next(&r->json) == HG_JSON_KEY) {
        size_t index = find_field(r, type, expected);
        if (!read_member(r, type, index, &seen, object))
            return false;
        expected = index + 1;
    }
    return r->json.event != HG_JSON_FAILED && read_absents(r, type, seen, object, before);
}

bool hg_reader_read(hg_reader *r, const hg_struct *type, void *object)
{
    return read_struct(r, type, object);
}
