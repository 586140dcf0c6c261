#include "base/new_file.h"
#include "baseline/baseline.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is being read, for the error message. */
typedef struct reading {
    const char *path;
    char *message;
    size_t message_size;
} reading;

static bool complain(const reading *at, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool complain(const reading *at, const char *format, ...)
{
    va_list arguments;
    int used = snprintf(at->message, at->message_size, "%s: ", at->path);
    va_start(arguments, format);
    if (used >= 0 && (size_t)used < at->message_size)
        vsnprintf(at->message + used, at->message_size - (size_t)used, format, arguments);
    va_end(arguments);
    return false;
}

static bool read_stack(const reading *at, size_t number, const json_t *stack, hg_baseline_entry *entry)
{
    size_t depth = json_array_size(stack);
    if (!json_is_array(stack))
        return complain(at, "entry %zu: 'stack' is not a list", number);
    entry->stack = calloc(depth + 1, sizeof *entry->stack);
    for (size_t i = 0; entry->stack && i < depth; i++) {
        const char *text = json_string_value(json_array_get(stack, i));
        if (!text)
            return complain(at, "entry %zu: 'stack' is not a list of names", number);
        entry->stack[entry->depth] = strdup(text);
        if (!entry->stack[entry->depth])
            break;
        entry->depth++;
    }
    return entry->depth == depth || complain(at, "out of memory");
}

static bool read_waiver(const reading *at, size_t number, json_t *waiver, hg_baseline_entry *entry)
{
    const char *reason = "";
    const char *until = "";
    json_error_t error;
    if (json_unpack_ex(waiver, &error, JSON_STRICT, "{s:s, s:s}", "reason", &reason, "until", &until) != 0)
        return complain(at, "entry %zu: waiver: %s; it must have 'reason' and 'until'", number, error.text);
    if (reason[strspn(reason, " \t\n")] == '\0')
        return complain(at, "entry %zu: the waiver has no reason", number);
    if (!hg_baseline_is_date(until))
        return complain(at, "entry %zu: the waiver's 'until' is not a date such as 2027-01-31", number);
    entry->waiver_reason = strdup(reason);
    entry->waiver_until = strdup(until);
    return (entry->waiver_reason && entry->waiver_until) || complain(at, "out of memory");
}

/* Either rates or findings. */
static bool read_amount(const reading *at, size_t number, json_t *value, hg_baseline_entry *entry)
{
    const char *outcome;
    const char *function;
    json_int_t faults;
    json_error_t error;
    if (!json_object_get(value, "outcome")) {
        if (json_unpack_ex(value, &error, 0, "{s:F, s:F}", "bytes_per_op", &entry->bytes_per_op,
                           "blocks_per_op", &entry->blocks_per_op) != 0)
            return complain(at, "entry %zu: %s", number, error.text);
        return (entry->bytes_per_op >= 0 && entry->blocks_per_op >= 0) ||
               complain(at, "entry %zu: a rate is below 0", number);
    }
    if (json_unpack_ex(value, &error, 0, "{s:s, s:s, s:I}", "outcome", &outcome, "function", &function,
                       "faults", &faults) != 0)
        return complain(at, "entry %zu: %s", number, error.text);
    if (faults < 1)
        return complain(at, "entry %zu: 'faults' is below 1", number);
    entry->faults = faults;
    entry->outcome = strdup(outcome);
    entry->function = strdup(function);
    return (entry->outcome && entry->function) || complain(at, "out of memory");
}

static bool read_entry(const reading *at, size_t number, json_t *value, hg_baseline_entry *entry)
{
    const char *workload;
    const char *subject;
    const char *date;
    const char *version;
    const char *command;
    json_t *stack;
    json_t *waiver = NULL;
    json_t *amount[3] = {0};
    json_error_t error;
    bool leaks = !json_object_get(value, "outcome");
    const char *form = leaks ? "{s:s, s:s, s:o, s:{s:s, s:s, s:s}, s?:o, s:o, s:o}"
                             : "{s:s, s:s, s:o, s:{s:s, s:s, s:s}, s?:o, s:o, s:o, s:o}";
    if (json_unpack_ex(value, &error, JSON_STRICT, form, "workload", &workload, "subject", &subject, "stack",
                       &stack, "since", "date", &date, "version", &version, "command", &command, "waiver",
                       &waiver, leaks ? "bytes_per_op" : "outcome", &amount[0],
                       leaks ? "blocks_per_op" : "function", &amount[1], "faults", &amount[2]) != 0)
        return complain(at, "entry %zu: %s", number, error.text);
    if (!read_amount(at, number, value, entry))
        return false;
    entry->workload = strdup(workload);
    entry->subject = strdup(subject);
    entry->date = strdup(date);
    entry->version = strdup(version);
    entry->command = strdup(command);
    if (!entry->workload || !entry->subject || !entry->date || !entry->version || !entry->command)
        return complain(at, "out of memory");
    return read_stack(at, number, stack, entry) && (!waiver || read_waiver(at, number, waiver, entry));
}

static bool read_entries(const reading *at, const json_t *entries, hg_baseline *baseline)
{
    if (!json_is_array(entries))
        return complain(at, "'entries' is not a list");
    if (json_array_size(entries) > HG_BASELINE_MOST_ENTRIES)
        return complain(at, "more than %u entries", HG_BASELINE_MOST_ENTRIES);
    for (size_t i = 0; i < json_array_size(entries); i++) {
        hg_baseline_entry *entry = hg_baseline_add(baseline);
        if (!entry)
            return complain(at, "out of memory");
        if (!read_entry(at, i + 1, json_array_get(entries, i), entry))
            return false;
        for (size_t k = 0; k < i; k++)
            if (hg_baseline_entry_compare(&baseline->entries[k], entry) == 0)
                return complain(at, "entry %zu has the same call path as entry %zu", i + 1, k + 1);
    }
    return true;
}

static bool read_root(const reading *at, json_t *root, hg_baseline *baseline)
{
    static const char family[] = "heapgate-baseline/";
    const char *schema = json_string_value(json_object_get(root, "schema"));
    json_t *entries;
    json_error_t error;
    if (!schema || strncmp(schema, family, sizeof family - 1) != 0)
        return complain(at, "this is not a baseline: 'schema' is not \"" HG_BASELINE_SCHEMA "\"");
    if (strcmp(schema, HG_BASELINE_SCHEMA) != 0)
        return complain(at, "made by another version of heapgate (%.40s); this one reads " HG_BASELINE_SCHEMA,
                        schema);
    if (json_unpack_ex(root, &error, JSON_STRICT, "{s:s, s:o}", "schema", &schema, "entries", &entries) != 0)
        return complain(at, "%s", error.text);
    return read_entries(at, entries, baseline);
}

/* The whole file, at most HG_BASELINE_MOST_BYTES of it; the caller frees. */
static char *read_text(const reading *at, size_t *ret_size)
{
    FILE *file = fopen(at->path, "re");
    if (!file) {
        complain(at, "cannot read the baseline: %s", strerror(errno));
        return NULL;
    }
    char *text = malloc(HG_BASELINE_MOST_BYTES + 1);
    *ret_size = text ? fread(text, 1, HG_BASELINE_MOST_BYTES + 1, file) : 0;
    int error = ferror(file) ? errno : 0;
    fclose(file);
    if (text && !error && *ret_size <= HG_BASELINE_MOST_BYTES)
        return text;
    complain(at, "cannot read the baseline: %s",
             error  ? strerror(error)
             : text ? "larger than 64 MiB"
                    : "out of memory");
    free(text);
    return NULL;
}

hg_baseline *hg_baseline_read(const char *path, char *message, size_t message_size)
{
    const reading at = {path, message, message_size};
    size_t size;
    char *text = read_text(&at, &size);
    hg_baseline *baseline = text ? hg_baseline_parse(path, text, size, message, message_size) : NULL;
    free(text);
    return baseline;
}

hg_baseline *hg_baseline_parse(const char *name, const char *text, size_t size, char *message,
                               size_t message_size)
{
    const reading at = {name, message, message_size};
    json_error_t error;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    hg_baseline *baseline = hg_baseline_new();
    bool done = false;
    if (!root)
        complain(&at, "line %d: invalid JSON: %s", error.line, error.text);
    else
        done = baseline ? read_root(&at, root, baseline) : complain(&at, "out of memory");
    json_decref(root);
    if (done)
        return baseline;
    hg_baseline_free(baseline);
    return NULL;
}

static json_t *stack_json(const hg_baseline_entry *entry)
{
    json_t *stack = json_array();
    for (size_t i = 0; stack && i < entry->depth; i++) {
        if (json_array_append_new(stack, json_string(entry->stack[i])) == 0)
            continue;
        json_decref(stack);
        return NULL;
    }
    return stack;
}

static json_t *entry_json(const hg_baseline_entry *entry)
{
    json_t *value = json_pack("{s:s, s:s, s:o, s:{s:s, s:s, s:s}}", "workload", entry->workload, "subject",
                              entry->subject, "stack", stack_json(entry), "since", "date", entry->date,
                              "version", entry->version, "command", entry->command);
    json_t *amount = entry->outcome ? json_pack("{s:s, s:s, s:I}", "outcome", entry->outcome, "function",
                                                entry->function, "faults", (json_int_t)entry->faults)
                                    : json_pack("{s:f, s:f}", "bytes_per_op", entry->bytes_per_op,
                                                "blocks_per_op", entry->blocks_per_op);
    if (!value || !amount || json_object_update(value, amount) != 0) {
        json_decref(value);
        value = NULL;
    }
    json_decref(amount);
    if (!value || !entry->waiver_reason)
        return value;
    json_t *waiver = json_pack("{s:s, s:s}", "reason", entry->waiver_reason, "until", entry->waiver_until);
    if (json_object_set_new(value, "waiver", waiver) == 0)
        return value;
    json_decref(value);
    return NULL;
}

static json_t *baseline_json(const hg_baseline *baseline)
{
    json_t *entries = json_array();
    for (size_t i = 0; entries && i < baseline->count; i++) {
        if (json_array_append_new(entries, entry_json(&baseline->entries[i])) == 0)
            continue;
        json_decref(entries);
        return NULL;
    }
    return json_pack("{s:s, s:o}", "schema", HG_BASELINE_SCHEMA, "entries", entries);
}

static int compare_entries(const void *a, const void *b)
{
    return hg_baseline_entry_compare(a, b);
}

bool hg_baseline_write(hg_baseline *baseline, const char *path, char *message, size_t message_size)
{
    if (baseline->count > 0)
        qsort(baseline->entries, baseline->count, sizeof *baseline->entries, compare_entries);
    json_t *root = baseline_json(baseline);
    if (!root) {
        snprintf(message, message_size, "%s: out of memory", path);
        return false;
    }
    hg_new_file file;
    FILE *out = hg_new_file_begin(&file, path);
    bool whole = out &&
                 json_dumpf(root, out, JSON_SORT_KEYS | JSON_INDENT(2) | JSON_REAL_PRECISION(6)) == 0 &&
                 fputc('\n', out) != EOF;
    int error = hg_new_file_end(&file, whole, true);
    json_decref(root);
    if (error == 0)
        return true;
    snprintf(message, message_size, "%s: cannot write the baseline: %s", path, strerror(error));
    return false;
}
