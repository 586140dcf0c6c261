/*
 * YAML is read as libyaml's events: each limit can stop the reader at the byte that exceeds it, and a value
 * may be a text or any mapping (the schemas).
 *
 * A container is put into its parent when it opens, so the root owns everything read so far and dropping one
 * reference cleans up.
 */
#include "manifest_text.h"

#include "report.h"

#include <errno.h>
#include <string.h>
#include <yaml.h>

typedef struct yaml_anchor {
    char name[64];
    json_t *value; /* the tree's */
    size_t size;   /* as counted against TOKA_MANIFEST_MAX_EXPANDED; 0 while the value is still open */
    size_t height; /* levels of collections */
} yaml_anchor;

typedef struct yaml_frame {
    json_t *value;       /* the tree's; an object or an array */
    json_t *key;         /* ours: waits for its value, or NULL */
    yaml_anchor *anchor; /* to complete when the container closes, or NULL */
    size_t start;        /* `expanded` when it opened */
    size_t height;
} yaml_frame;

typedef struct yaml_reader {
    yaml_parser_t parser;
    json_t *root;
    yaml_frame frames[TOKA_MANIFEST_MAX_DEPTH];
    size_t depth;
    yaml_anchor anchors[TOKA_MANIFEST_MAX_ANCHORS];
    size_t anchor_count;
    size_t expanded;
    size_t documents;
    toka_error *err;
} yaml_reader;

static toka_status yaml_fail(yaml_reader *reader, toka_status status, const char *what, yaml_mark_t mark)
{
    return toka_report(reader->err, status, "", "", "%s, line %zu column %zu", what, mark.line + 1,
                       mark.column + 1);
}

static toka_status no_memory(toka_error *err)
{
    return toka_report(err, TOKA_E_NO_MEMORY, "", "", "out of memory");
}

static toka_status yaml_no_memory(yaml_reader *reader)
{
    return no_memory(reader->err);
}

static yaml_frame *yaml_top(yaml_reader *reader)
{
    return reader->depth ? &reader->frames[reader->depth - 1] : NULL;
}

static bool yaml_awaits_key(yaml_reader *reader)
{
    const yaml_frame *top = yaml_top(reader);

    return top && json_is_object(top->value) && !top->key;
}

/* Counts what a node adds once every alias is followed: the measure against alias bombs. */
static toka_status yaml_expand(yaml_reader *reader, size_t size, yaml_mark_t mark)
{
    reader->expanded += size;
    if (reader->expanded > TOKA_MANIFEST_MAX_EXPANDED)
        return yaml_fail(reader, TOKA_E_TOO_LARGE, "aliases expand to too many bytes", mark);
    return TOKA_OK;
}

/* Remembers an anchor. *ret_anchor is NULL when the node has none. */
static toka_status yaml_remember(yaml_reader *reader, const yaml_char_t *name, json_t *value,
                                 yaml_anchor **ret_anchor, yaml_mark_t mark)
{
    size_t size = name ? strlen((const char *)name) : 0;
    yaml_anchor *anchor = NULL;

    *ret_anchor = NULL;
    if (!name)
        return TOKA_OK;
    if (reader->anchor_count == TOKA_MANIFEST_MAX_ANCHORS || size >= sizeof anchor->name)
        return yaml_fail(reader, TOKA_E_TOO_LARGE, "too many anchors, or an anchor name that is too long",
                         mark);
    anchor = &reader->anchors[reader->anchor_count++];
    *anchor = (yaml_anchor){.value = value};
    memcpy(anchor->name, name, size + 1);
    *ret_anchor = anchor;
    return TOKA_OK;
}

/* Puts a value, whose reference this takes also on failure, where the document is at. */
static toka_status yaml_place(yaml_reader *reader, json_t *value, yaml_mark_t mark)
{
    yaml_frame *top = yaml_top(reader);
    json_t *key = NULL;
    int failed = 0;

    if (!value)
        return yaml_no_memory(reader);
    if (!top) {
        reader->root = value;
        return TOKA_OK;
    }
    if (json_is_array(top->value))
        return json_array_append_new(top->value, value) == 0 ? TOKA_OK : yaml_no_memory(reader);
    if (!top->key) {
        json_decref(value);
        return yaml_fail(reader, TOKA_E_SYNTAX, "a key must be text", mark);
    }
    key = top->key;
    top->key = NULL;
    failed = json_object_setn_new_nocheck(top->value, json_string_value(key), json_string_length(key), value);
    json_decref(key);
    return failed ? yaml_no_memory(reader) : TOKA_OK;
}

static json_t *yaml_plain_word(const char *text)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    static const char *const truths[] = {"true", "True", "TRUE"};
    static const char *const lies[] = {"false", "False", "FALSE"};

    for (size_t i = 0; i < sizeof nulls / sizeof *nulls; i++) {
        if (strcmp(text, nulls[i]) == 0)
            return json_null();
    }
    for (size_t i = 0; i < sizeof truths / sizeof *truths; i++) {
        if (strcmp(text, truths[i]) == 0)
            return json_true();
        if (strcmp(text, lies[i]) == 0)
            return json_false();
    }
    return NULL;
}

/* A plain scalar: null, a boolean or a number where it spells one, else text. NULL when memory ran out. */
static json_t *yaml_plain(const char *text, size_t size)
{
    json_error_t error;
    json_t *value = strlen(text) == size ? yaml_plain_word(text) : NULL;

    if (value)
        return value;
    if (strchr("-0123456789", text[0])) {
        errno = 0;
        value = json_loadb(text, size, toka_json_flags((toka_text){text, size}), &error);
        if (value || errno == ENOMEM)
            return value;
    }
    return json_stringn_nocheck(text, size); /* libyaml has checked the encoding */
}

static toka_status yaml_key(yaml_reader *reader, const yaml_event_t *event)
{
    yaml_frame *top = yaml_top(reader);
    const char *text = (const char *)event->data.scalar.value;
    size_t size = event->data.scalar.length;

    if (event->data.scalar.anchor)
        return yaml_fail(reader, TOKA_E_SYNTAX, "a key cannot have an anchor", event->start_mark);
    if (memchr(text, '\0', size))
        return yaml_fail(reader, TOKA_E_SYNTAX, "a key holds a NUL byte", event->start_mark);
    if (json_object_getn(top->value, text, size))
        return yaml_fail(reader, TOKA_E_SYNTAX, "a key is given twice", event->start_mark);
    top->key = json_stringn_nocheck(text, size);
    return top->key ? TOKA_OK : yaml_no_memory(reader);
}

static toka_status yaml_scalar(yaml_reader *reader, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    const char *tag = (const char *)event->data.scalar.tag;
    size_t size = event->data.scalar.length;
    yaml_anchor *anchor = NULL;
    json_t *value = NULL;
    toka_status status = yaml_expand(reader, 1 + size, event->start_mark);

    if (status)
        return status;
    if (tag && strcmp(tag, YAML_STR_TAG) != 0 && strcmp(tag, "!") != 0)
        return yaml_fail(reader, TOKA_E_SYNTAX, "unsupported tag: only !!str is allowed", event->start_mark);
    if (yaml_awaits_key(reader))
        return yaml_key(reader, event);
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !tag)
        value = yaml_plain(text, size);
    else
        value = json_stringn_nocheck(text, size);
    status = yaml_place(reader, value, event->start_mark);
    if (status)
        return status;
    status = yaml_remember(reader, event->data.scalar.anchor, value, &anchor, event->start_mark);
    if (anchor)
        anchor->size = 1 + size;
    return status;
}

static toka_status yaml_open(yaml_reader *reader, json_t *container, const yaml_char_t *anchor_name,
                             const yaml_char_t *tag, yaml_mark_t mark)
{
    size_t start = reader->expanded;
    yaml_anchor *anchor = NULL;
    toka_status status = yaml_place(reader, container, mark);

    if (!status)
        status = yaml_expand(reader, 1, mark);
    if (!status && tag)
        status = yaml_fail(reader, TOKA_E_SYNTAX, "unsupported tag: only !!str is allowed", mark);
    if (!status && reader->depth == TOKA_MANIFEST_MAX_DEPTH)
        status = yaml_fail(reader, TOKA_E_TOO_DEEP, "nested too deeply", mark);
    if (!status)
        status = yaml_remember(reader, anchor_name, container, &anchor, mark);
    if (status)
        return status;
    reader->frames[reader->depth++] =
        (yaml_frame){.value = container, .anchor = anchor, .start = start, .height = 1};
    return TOKA_OK;
}

static void yaml_grow_height(yaml_reader *reader, size_t child_height)
{
    yaml_frame *top = yaml_top(reader);

    if (top && top->height < child_height + 1)
        top->height = child_height + 1;
}

static toka_status yaml_close(yaml_reader *reader)
{
    yaml_frame closed = reader->frames[--reader->depth];

    if (closed.anchor) {
        closed.anchor->size = reader->expanded - closed.start;
        closed.anchor->height = closed.height;
    }
    yaml_grow_height(reader, closed.height);
    return TOKA_OK;
}

static toka_status yaml_alias(yaml_reader *reader, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    const yaml_anchor *anchor = NULL;
    toka_status status = TOKA_OK;

    for (size_t i = reader->anchor_count; i > 0 && !anchor; i--) {
        if (strcmp(reader->anchors[i - 1].name, name) == 0)
            anchor = &reader->anchors[i - 1];
    }
    if (!anchor)
        return yaml_fail(reader, TOKA_E_SYNTAX, "alias refers to an anchor that does not exist",
                         event->start_mark);
    if (!anchor->size)
        return yaml_fail(reader, TOKA_E_SYNTAX, "alias refers to an anchor that contains it",
                         event->start_mark);
    if (reader->depth + anchor->height > TOKA_MANIFEST_MAX_DEPTH)
        return yaml_fail(reader, TOKA_E_TOO_DEEP, "nested too deeply", event->start_mark);
    status = yaml_expand(reader, anchor->size, event->start_mark);
    if (status)
        return status;
    yaml_grow_height(reader, anchor->height);
    return yaml_place(reader, json_incref(anchor->value), event->start_mark);
}

static toka_status yaml_event(yaml_reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return yaml_scalar(reader, event);
    case YAML_ALIAS_EVENT:
        return yaml_alias(reader, event);
    case YAML_MAPPING_START_EVENT:
        return yaml_open(reader, json_object(), event->data.mapping_start.anchor,
                         event->data.mapping_start.tag, event->start_mark);
    case YAML_SEQUENCE_START_EVENT:
        return yaml_open(reader, json_array(), event->data.sequence_start.anchor,
                         event->data.sequence_start.tag, event->start_mark);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        return yaml_close(reader);
    case YAML_DOCUMENT_START_EVENT:
        return reader->documents++ == 0
                   ? TOKA_OK
                   : yaml_fail(reader, TOKA_E_SYNTAX, "a manifest must be a single document",
                               event->start_mark);
    default:
        return TOKA_OK;
    }
}

static toka_status yaml_broken(yaml_reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    const char *problem = parser->problem ? parser->problem : "not YAML";

    if (parser->error == YAML_MEMORY_ERROR)
        return yaml_no_memory(reader);
    if (parser->error == YAML_READER_ERROR)
        return toka_report(reader->err, TOKA_E_SYNTAX, "", "", "%s, byte %zu", problem,
                           parser->problem_offset);
    return yaml_fail(reader, TOKA_E_SYNTAX, problem, parser->problem_mark);
}

static toka_status yaml_run(yaml_reader *reader)
{
    for (bool ended = false; !ended;) {
        yaml_event_t event;
        toka_status status = TOKA_OK;

        if (!yaml_parser_parse(&reader->parser, &event))
            return yaml_broken(reader);
        ended = event.type == YAML_STREAM_END_EVENT;
        status = yaml_event(reader, &event);
        yaml_event_delete(&event);
        if (status)
            return status;
    }
    if (!reader->root)
        return toka_report(reader->err, TOKA_E_SYNTAX, "", "", "the text is empty");
    return TOKA_OK;
}

static toka_status yaml_read(toka_text text, json_t **ret_document, toka_error *err)
{
    yaml_reader *reader = calloc(1, sizeof *reader);
    toka_status status = TOKA_OK;

    if (!reader)
        return no_memory(err);
    reader->err = err;
    if (!yaml_parser_initialize(&reader->parser)) {
        status = yaml_no_memory(reader);
        goto cleanup;
    }
    yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader->parser, (const unsigned char *)text.data, text.size);
    status = yaml_run(reader);
    yaml_parser_delete(&reader->parser);
cleanup:
    for (size_t i = 0; i < reader->depth; i++)
        json_decref(reader->frames[i].key);
    if (status)
        json_decref(reader->root);
    else
        *ret_document = reader->root;
    free(reader);
    return status;
}

static bool starts_as_json(toka_text text)
{
    size_t i = 0;

    while (i < text.size && strchr(" \t\r\n", text.data[i]) && text.data[i])
        i++;
    return i < text.size && text.data[i] == '{';
}

/*
 * JSON has escapes that YAML 1.1 does not know (surrogate pairs), so what starts as JSON is tried as JSON
 * first; and a YAML flow mapping starts alike, so what is not JSON may still be that.
 */
toka_status toka_manifest_read(toka_text text, json_t **ret_document, toka_error *err)
{
    json_error_t json_error;
    json_t *document = NULL;
    toka_status status = TOKA_OK;

    if (!starts_as_json(text))
        return yaml_read(text, ret_document, err);
    errno = 0; /* jansson calls some failed allocations a syntax error; malloc does not */
    document = json_loadb(text.data, text.size, toka_json_flags(text) | JSON_REJECT_DUPLICATES, &json_error);
    if (document) {
        *ret_document = document;
        return TOKA_OK;
    }
    if (errno == ENOMEM)
        return no_memory(err);
    status = yaml_read(text, ret_document, err);
    return status == TOKA_E_SYNTAX ? toka_error_from_json(err, &json_error) : status;
}
