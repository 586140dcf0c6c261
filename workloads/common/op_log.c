#include "op_log.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Groups of keys that a line may have. */
enum {
    HAS_STORE = 1,
    HAS_OPTIONS = 2,
    HAS_SCHEMA = 4,
    HAS_WHICH = 8,
    HAS_HASH = 16,
    HAS_INSTANCE = 32,
    HAS_TAG = 64,
    HAS_IDLE = 128,
    HAS_HANDLERS = 256,
    HAS_TEXT = 512,
    HAS_MS = 1024,
};

static const struct {
    const char *name;
    enum logged_kind kind;
    unsigned keys;
} ops[] = {
    {"text", LOGGED_TEXT, HAS_HASH | HAS_TEXT},
    {"traffic", LOGGED_TRAFFIC, 0},
    {"compile", LOGGED_COMPILE, HAS_MS | HAS_STORE | HAS_OPTIONS | HAS_SCHEMA | HAS_WHICH},
    {"get", LOGGED_GET, HAS_MS | HAS_STORE | HAS_OPTIONS | HAS_SCHEMA | HAS_WHICH},
    {"validate", LOGGED_VALIDATE, HAS_MS | HAS_HASH | HAS_INSTANCE},
    {"manifest", LOGGED_MANIFEST, HAS_MS | HAS_STORE | HAS_OPTIONS | HAS_SCHEMA},
    {"free-store", LOGGED_FREE_STORE, HAS_MS | HAS_STORE},
    {"register", LOGGED_REGISTER, HAS_MS | HAS_TAG},
    {"unregister", LOGGED_UNREGISTER, HAS_MS | HAS_TAG},
    {"dispatch", LOGGED_DISPATCH, HAS_MS | HAS_TAG},
    {"sweep", LOGGED_SWEEP, HAS_MS | HAS_IDLE},
    {"clear", LOGGED_CLEAR, HAS_MS},
    {"limit", LOGGED_LIMIT, HAS_MS | HAS_HANDLERS},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Room for all texts of a line, with a NUL behind each. */
#define SCRATCH_BYTES (LOG_LINES_MAX_BYTES + TEXT_WINDOW_MAX_TEXT + 16)

/* The value of a key that this op may have, or NULL. All values are read by this function. */
static json_t *read_value(struct op_log *log, const char *key)
{
    assert(log->key_count < COUNT(log->keys));
    log->keys[log->key_count++] = key;
    return json_object_get(log->line, key);
}

/* After all values are read: any other key of the line is a mistake. */
static int check_keys(struct op_log *log, const char *name)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach(log->line, key, value)
    {
        size_t i = 0;

        while (i < log->key_count && strcmp(log->keys[i], key) != 0)
            i++;
        if (i == log->key_count)
            return log_lines_complain(&log->lines, "unknown key \"%.64s\" in op \"%s\"", key, name);
    }
    return 0;
}

static int read_number(struct op_log *log, const char *key, bool needed, uint64_t *number)
{
    const json_t *value = read_value(log, key);

    if (!value && !needed)
        return 0;
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return log_lines_complain(
            &log->lines, value ? "\"%s\" must be a whole number of at least 0" : "\"%s\" is missing", key);
    *number = (uint64_t)json_integer_value(value);
    return 0;
}

static int read_flag(struct op_log *log, const char *key, bool *flag)
{
    const json_t *value = read_value(log, key);

    if (value && !json_is_boolean(value))
        return log_lines_complain(&log->lines, "\"%s\" must be true or false", key);
    *flag = json_is_true(value);
    return 0;
}

/* Room in the scratch; all that a line has in it fits. */
static char *take_scratch(struct op_log *log, size_t size)
{
    char *taken = log->scratch + log->scratched;

    assert(size <= SCRATCH_BYTES - log->scratched);
    log->scratched += size;
    return taken;
}

/* Turns code points U+0000 to U+00FF into bytes, with a NUL behind them. */
static int read_bytes(struct op_log *log, const char *key, toka_text text, toka_text *ret_bytes)
{
    char *bytes = take_scratch(log, text.size + 1);
    size_t size = 0;

    for (size_t i = 0; i < text.size; i++) {
        unsigned char lead = (unsigned char)text.data[i];

        if (lead >= 0x80 && (lead > 0xc3 || i + 1 == text.size))
            return log_lines_complain(&log->lines, "\"%s\" has a character above U+00FF", key);
        if (lead >= 0x80)
            lead = (unsigned char)(((lead & 3u) << 6) | ((unsigned char)text.data[++i] & 0x3fu));
        bytes[size++] = (char)lead;
    }
    bytes[size] = '\0';
    *ret_bytes = (toka_text){bytes, size};
    return 0;
}

/* A text under its key or under key_bytes; untouched where there is neither. */
static int read_text(struct op_log *log, const char *key, const char *key_bytes, toka_text *text)
{
    const json_t *plain = read_value(log, key);
    const json_t *bytes = read_value(log, key_bytes);
    const json_t *value = plain ? plain : bytes;

    if (!value)
        return 0;
    if (plain && bytes)
        return log_lines_complain(&log->lines, "only one of \"%s\" and \"%s\" is allowed", key, key_bytes);
    if (!json_is_string(value))
        return log_lines_complain(&log->lines, "\"%s\" must be a string", plain ? key : key_bytes);
    *text = (toka_text){json_string_value(value), json_string_length(value)};
    return bytes ? read_bytes(log, key_bytes, *text, text) : 0;
}

/* The same for what becomes a string of C. */
static int read_string(struct op_log *log, const char *key, const char *key_bytes, bool needed,
                       const char **string)
{
    toka_text text = {NULL, 0};

    if (read_text(log, key, key_bytes, &text))
        return -1;
    if (!text.data && needed)
        return log_lines_complain(&log->lines, "\"%s\" is missing", key);
    if (text.data && strlen(text.data) != text.size)
        return log_lines_complain(&log->lines, "\"%s\" contains a NUL character", key);
    *string = text.data;
    return 0;
}

static int read_hash(struct op_log *log, uint64_t *hash)
{
    const json_t *value = read_value(log, "hash");
    const char *digits = json_string_value(value);

    if (!value)
        return log_lines_complain(&log->lines, "\"hash\" is missing");
    if (!digits || strlen(digits) != 16 || strspn(digits, "0123456789abcdef") != 16)
        return log_lines_complain(&log->lines, "\"hash\" must be 16 hexadecimal digits");
    *hash = strtoull(digits, NULL, 16);
    return 0;
}

static int read_size(struct op_log *log, toka_text *ret_text)
{
    uint64_t size = 0;
    char *blanks = NULL;

    if (read_number(log, "size", true, &size))
        return -1;
    /* Longer than any limit is long enough. */
    size = size > TEXT_WINDOW_MAX_TEXT + 1 ? TEXT_WINDOW_MAX_TEXT + 1 : size;
    blanks = take_scratch(log, (size_t)size + 1);
    memset(blanks, ' ', (size_t)size);
    *ret_text = (toka_text){blanks, (size_t)size};
    return 0;
}

static int read_schema(struct op_log *log, struct logged_op *op)
{
    toka_text text = {NULL, 0};

    if (read_text(log, "schema", "schema_bytes", &text))
        return -1;
    if (!text.data && read_value(log, "size") && read_size(log, &text))
        return -1;
    if (!text.data) {
        if (read_hash(log, &op->hash))
            return -1;
        text = text_window_find(&log->window, op->hash);
        if (!text.data)
            return log_lines_complain(&log->lines, "no recent text has the hash %016" PRIx64, op->hash);
    } else if (read_value(log, "hash")) {
        return log_lines_complain(&log->lines, "\"hash\" together with a text or a size");
    }
    op->text = text;
    return 0;
}

static int read_store(struct op_log *log, unsigned keys, struct logged_op *op)
{
    uint64_t max_entries = 0, max_bytes = 0;

    if (read_number(log, "store", true, &op->store))
        return -1;
    if (!(keys & HAS_OPTIONS))
        return 0;
    if (read_number(log, "max_entries", false, &max_entries) ||
        read_number(log, "max_bytes", false, &max_bytes) || read_flag(log, "cached", &op->options.cached) ||
        read_flag(log, "assert_format", &op->options.schema.assert_format))
        return -1;
    op->options.max_entries = (size_t)max_entries;
    op->options.max_bytes = (size_t)max_bytes;
    return 0;
}

static int read_told_text(struct op_log *log, struct logged_op *op)
{
    if (read_text(log, "text", "text_bytes", &op->text))
        return -1;
    if (!op->text.data)
        return log_lines_complain(&log->lines, "\"text\" is missing");
    if (op->text.size > TEXT_WINDOW_MAX_TEXT)
        return log_lines_complain(&log->lines, "the text is longer than %zu bytes", TEXT_WINDOW_MAX_TEXT);
    text_window_add(&log->window, op->hash, op->text);
    return 0;
}

static int read_keys(struct op_log *log, unsigned keys, struct logged_op *op)
{
    uint64_t handlers = 0;

    if ((keys & HAS_MS) && read_number(log, "ms", false, &log->ms))
        return -1;
    op->ms = log->ms;
    if ((keys & HAS_STORE) && read_store(log, keys, op))
        return -1;
    if ((keys & HAS_SCHEMA) && read_schema(log, op))
        return -1;
    if ((keys & HAS_WHICH) && read_string(log, "which", "which_bytes", false, &op->which))
        return -1;
    if ((keys & HAS_HASH) && read_hash(log, &op->hash))
        return -1;
    if ((keys & HAS_TAG) && read_string(log, "tag", "tag_bytes", true, &op->tag))
        return -1;
    if ((keys & HAS_IDLE) && read_number(log, "idle_ms", true, &op->idle_ms))
        return -1;
    if ((keys & HAS_HANDLERS) && read_number(log, "handlers", true, &handlers))
        return -1;
    op->handlers = (size_t)handlers;
    if (keys & HAS_INSTANCE)
        op->instance = read_value(log, "instance");
    return keys & HAS_TEXT ? read_told_text(log, op) : 0;
}

static int read_op(struct op_log *log, struct logged_op *ret_op)
{
    const char *name = json_string_value(read_value(log, "op"));
    struct logged_op op = {0};

    if (!name)
        return log_lines_complain(&log->lines, "expected an object with the key \"op\"");
    for (size_t i = 0; i < COUNT(ops); i++) {
        if (strcmp(ops[i].name, name) != 0)
            continue;
        op.kind = ops[i].kind;
        if (read_keys(log, ops[i].keys, &op) || check_keys(log, name))
            return -1;
        *ret_op = op;
        return 1;
    }
    return log_lines_complain(&log->lines, "unknown op \"%.64s\"", name);
}

/* Parses the next line; as op_log_next. */
static int next_line(struct op_log *log)
{
    toka_text text = {NULL, 0};
    json_error_t error;
    int whole = 0, got = 0;

    json_decref(log->line);
    log->line = NULL;
    log->scratched = log->key_count = 0;
    got = log_lines_next(&log->lines, &text, &whole);
    if (got != 1)
        return got;
    log->line = json_loadb(text.data, text.size, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
    if (!log->line && !whole)
        return 0;
    if (!log->line)
        return log_lines_complain(&log->lines, "not valid JSON: %s", error.text);
    return 1;
}

int op_log_next(struct op_log *log, struct logged_op *ret_op)
{
    int got = next_line(log);

    return got == 1 ? read_op(log, ret_op) : got;
}

static int check_first_line(struct op_log *log)
{
    int got = next_line(log);
    const json_t *version = json_object_get(log->line, "toka-log");

    if (got < 0)
        return -1;
    if (!version)
        return log_lines_complain(&log->lines, "this is not a log: its first line must be {\"toka-log\":1}");
    if (!json_is_integer(version) || json_integer_value(version) != 1 || json_object_size(log->line) != 1)
        return log_lines_complain(&log->lines, "unsupported log format: expected {\"toka-log\":1}");
    return 0;
}

static bool is_traffic(toka_text line)
{
    json_t *op = NULL;
    const char *name = NULL;
    bool is = false;

    if (line.size > 64 || !strstr(line.data, "traffic"))
        return false;
    op = json_loadb(line.data, line.size, 0, NULL);
    name = json_string_value(json_object_get(op, "op"));
    is = name && strcmp(name, "traffic") == 0;
    json_decref(op);
    return is;
}

int op_log_has_traffic(struct op_log *log, size_t file)
{
    toka_text line = {NULL, 0};
    int whole = 0, got = op_log_go(log, file, (struct log_place){0, 1});

    while (got >= 0) {
        got = log_lines_next(&log->lines, &line, &whole);
        if (got <= 0 || is_traffic(line))
            break;
    }
    return got;
}

int op_log_go(struct op_log *log, size_t file, struct log_place place)
{
    if (log_lines_go(&log->lines, file, place))
        return -1;
    text_window_clear(&log->window);
    if (place.line > 1)
        return 0;
    log->ms = 0;
    return check_first_line(log);
}

int op_log_open(struct op_log *log, const char *path)
{
    if (log_lines_open(&log->lines, path))
        return 1;
    log->scratch = malloc(SCRATCH_BYTES);
    if (log->scratch && text_window_open(&log->window) == 0)
        return 0;
    fprintf(stderr, "replay: %s: out of memory\n", path);
    op_log_close(log);
    return 1;
}

void op_log_close(struct op_log *log)
{
    json_decref(log->line);
    log->line = NULL;
    text_window_close(&log->window);
    free(log->scratch);
    log->scratch = NULL;
    log_lines_close(&log->lines);
}
