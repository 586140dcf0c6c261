/*
 * Reads run.json. The file may be damaged, hostile or from another version, so every type and range is
 * checked against the field tables. The first error becomes a one-line message.
 *
 * The file is read as a stream straight into the model, so a run with a million samples needs no more memory
 * than its model. After a wrong value, the rest is still read as JSON, because damage further on, or another
 * version of the format, is a better explanation.
 *
 * Bounds: the file has at most MAX_FILE_BYTES; json_in.h bounds the nesting; the model is as deep as the
 * field tables.
 */
#include "base/escape.h"
#include "model/callers.h"
#include "model/model_reader.h"
#include "model/run_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_FILE_BYTES ((uint64_t)512 * 1024 * 1024)

bool hg_reader_complain(hg_reader *r, const char *format, ...)
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

bool hg_reader_complain_memory(hg_reader *r)
{
    r->out_of_memory = true;
    return hg_reader_complain(r, "out of memory while reading this run; use a machine with more memory");
}

static bool note_schema(hg_reader *r)
{
    static const char family[] = "heapgate-run/";
    size_t length = sizeof family - 1;

    hg_json_next(&r->json);
    r->version = HG_VERSION_FOREIGN;
    if (r->json.event != HG_JSON_STRING)
        return hg_json_skip(&r->json);
    if (hg_reader_is_text(r, HG_RUN_SCHEMA))
        r->version = HG_VERSION_OURS;
    else if (r->json.length >= length && memcmp(r->json.text, family, length) == 0)
        r->version = HG_VERSION_OTHER;
    hg_reader_show_text(r, r->schema, sizeof r->schema);
    return true;
}

/* A key of the root that is not in its table. */
static bool read_head(hg_reader *r)
{
    if (hg_reader_is_text(r, "schema")) {
        if (r->version == HG_VERSION_MISSING)
            return note_schema(r);
        hg_json_damage(&r->json, "duplicate object key");
        return false;
    }
    if (hg_reader_is_text(r, "exit_code")) {
        r->has_exit_code = hg_json_next(&r->json) == HG_JSON_INTEGER;
        r->exit_code = r->json.integer;
    } else if (hg_reader_is_text(r, "outcome")) {
        r->has_outcome = hg_json_next(&r->json) == HG_JSON_STRING;
        if (r->has_outcome)
            hg_reader_copy_text(r, r->outcome, sizeof r->outcome);
    } else {
        hg_json_next(&r->json);
    }
    return hg_json_skip(&r->json);
}

/* If the head of the file contradicts the cells, somebody edited one of the two. */
static bool check_outcome(hg_reader *r, hg_run *run)
{
    run->exit_code = hg_run_exit_code(run);
    if (!r->has_exit_code)
        return hg_reader_complain(r, "exit_code must be an integer" HG_READER_DAMAGED);
    if (!r->has_outcome)
        return hg_reader_complain(r, "outcome must be a string" HG_READER_DAMAGED);
    if (r->exit_code != run->exit_code || strcmp(r->outcome, hg_run_outcome(run)) != 0)
        return hg_reader_complain(
            r, "outcome and exit_code must be \"%s\" and %d for these cells" HG_READER_DAMAGED,
            hg_run_outcome(run), run->exit_code);
    return true;
}

/* The frames of a site follow its cell in the file, or stand before it in one that was sorted. */
static bool join_callers(hg_reader *r, hg_run *run)
{
    size_t cell, site;

    switch (hg_callers_join(run, &cell, &site)) {
    case HG_CALLERS_UNKNOWN:
        return hg_reader_complain(
            r, "cells[%zu].sites[%zu].callers names a frame that is not in frames" HG_READER_DAMAGED, cell,
            site);
    case HG_CALLERS_TOO_MANY:
        return hg_reader_complain(r, "call paths are larger than %zu MiB; split the run",
                                  (size_t)(HG_CALLERS_MAX_BYTES >> 20));
    case HG_CALLERS_NO_MEMORY:
        return hg_reader_complain_memory(r);
    default:
        return true;
    }
}

/* Reads the rest of the file, and finds its version if that is not known yet. */
static void read_rest(hg_reader *r)
{
    while (hg_json_next(&r->json) != HG_JSON_FAILED && r->json.event != HG_JSON_END)
        if (r->json.event == HG_JSON_KEY && r->json.depth == 1 && r->version == HG_VERSION_MISSING &&
            hg_reader_is_text(r, "schema"))
            note_schema(r);
}

static void complain_json(hg_reader *r)
{
    const hg_json *json = &r->json;

    r->message[0] = '\0'; /* replaces a complaint about a value */
    switch (json->failure) {
    case HG_JSON_TOO_LARGE:
        hg_reader_complain(r, "file is larger than %zu MiB; give the run.json that heapgate run --out wrote",
                           (size_t)(MAX_FILE_BYTES >> 20));
        break;
    case HG_JSON_UNREADABLE:
        hg_reader_complain(r, "cannot read the file: %s; give the run.json that heapgate run --out wrote",
                           strerror(json->error));
        break;
    case HG_JSON_EMPTY:
        hg_reader_complain(r, "file is empty: the run was stopped before it wrote it; run it again");
        break;
    case HG_JSON_TRUNCATED:
        hg_reader_complain(r, "file is cut short: it ends on line %zu; copy it again, or make a new run",
                           json->line);
        break;
    case HG_JSON_NO_MEMORY:
        hg_reader_complain_memory(r);
        break;
    default:
        hg_reader_complain(r, "file is damaged on line %zu, column %zu: %s; copy it again, or make a new run",
                           json->line, json->column, json->problem);
    }
}

/* A complaint about the whole file replaces one about a value. */
static bool check_file(hg_reader *r)
{
    if (r->json.failure != HG_JSON_OK) {
        if (r->message_size > 0)
            complain_json(r);
        return false;
    }
    if (r->version == HG_VERSION_OURS)
        return true;
    if (r->message_size > 0)
        r->message[0] = '\0';
    if (r->version == HG_VERSION_OTHER)
        return hg_reader_complain(
            r, "format of the file is %s, but this heapgate reads %s; use the heapgate that wrote it",
            r->schema, HG_RUN_SCHEMA);
    return hg_reader_complain(r,
                              "file is not a heapgate run; give the run.json that heapgate run --out wrote");
}

static hg_run *read_file(hg_reader *r, FILE *file, uint64_t most)
{
    hg_run *run = calloc(1, sizeof *run);
    bool read = false;

    if (!run) {
        hg_reader_complain_memory(r);
        return NULL;
    }
    hg_json_init(&r->json, file, most);
    if (hg_json_next(&r->json) == HG_JSON_OBJECT)
        read = hg_reader_read(r, &hg_run_struct, run) && join_callers(r, run) && check_outcome(r, run);
    if (!r->out_of_memory) {
        read_rest(r);
        read = check_file(r) && read;
    }
    hg_json_clear(&r->json);
    if (read)
        return run;
    hg_run_free(run);
    return NULL;
}

hg_run *hg_run_read(const char *path, char *message, size_t message_size)
{
    hg_reader r = {.path = path, .message = message, .message_size = message_size, .other_key = read_head};
    uint64_t most = MAX_FILE_BYTES;
    struct stat status;

    if (message_size > 0)
        message[0] = '\0';
    FILE *file = fopen(path, "re");
    if (!file) {
        hg_reader_complain(&r, "cannot open the file: %s; check the path and its permissions",
                           strerror(errno));
        return NULL;
    }
    if (fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode) &&
        (uint64_t)status.st_size > MAX_FILE_BYTES)
        most = 0; /* fails at the first byte; a pipe fails later */
    hg_run *run = read_file(&r, file, most);
    fclose(file);
    return run;
}
