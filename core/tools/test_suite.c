#define _GNU_SOURCE /* realpath, scandir */

#include "test_suite.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <toka/schema.h>

enum { MAX_FILE_BYTES = 64 * 1024 * 1024, MAX_FOLDER_DEPTH = 32 };

static const char served[] = "http://localhost:1234/";

/* One test file while it runs. */
struct suite_file {
    struct suite *suite;
    const char *path;
    char remotes[PATH_MAX]; /* "" where there are none */
    bool assert_format;
};

static json_t *read_json(const char *path, toka_error *err)
{
    FILE *file = fopen(path, "rb");
    struct stat info;
    json_t *value = NULL;
    char *text = NULL;
    *err = (toka_error){.status = TOKA_E_NOT_FOUND, .message = "cannot be read"};
    if (!file)
        return NULL;
    if (fstat(fileno(file), &info) == 0 && S_ISREG(info.st_mode) && info.st_size <= MAX_FILE_BYTES)
        text = malloc((size_t)info.st_size + 1);
    if (text) {
        size_t size = fread(text, 1, (size_t)info.st_size, file);
        json_error_t json_error;
        value = json_loadb(text, size, toka_json_flags((toka_text){text, size}), &json_error);
        if (!value)
            toka_error_from_json(err, &json_error);
    }
    free(text);
    fclose(file);
    return value;
}

/* http://localhost:1234/X is remotes/X; X may not climb out of that folder. */
static json_t *resolve(const char *uri, void *user_data)
{
    const struct suite_file *file = user_data;
    char path[PATH_MAX];
    toka_error err;
    if (strncmp(uri, served, sizeof served - 1) != 0 || file->remotes[0] == '\0' || strstr(uri, ".."))
        return NULL;
    int size = snprintf(path, sizeof path, "%s/%s", file->remotes, uri + sizeof served - 1);
    return size > 0 && (size_t)size < sizeof path ? read_json(path, &err) : NULL;
}

static const char *text_of(const json_t *object, const char *key, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : otherwise;
}

static const char *verdict_text(bool valid)
{
    return valid ? "valid" : "invalid";
}

static void report(struct suite_file *file, const char *group, const char *test, const char *expected,
                   const char *got, const toka_error *err)
{
    FILE *out = file->suite->out;
    file->suite->failed++;
    fprintf(out, "FAIL %s: %s: %s: expected %s, got %s", file->path, group, test, expected, got);
    if (err)
        fprintf(out, " (%s: %s at \"%s\": %s)", toka_status_name(err->status), err->keyword, err->pointer,
                err->message);
    fputc('\n', out);
}

static void run_test(struct suite_file *file, const char *group, const json_t *test,
                     const toka_schema *schema, const toka_error *schema_error)
{
    const char *name = text_of(test, "description", "(no description)");
    const json_t *data = json_object_get(test, "data");
    const json_t *valid = json_object_get(test, "valid");
    if (!data || !json_is_boolean(valid)) {
        report(file, group, name, "a test with \"data\" and \"valid\"", "none", NULL);
        return;
    }
    const char *expected = verdict_text(json_is_true(valid));
    if (!schema) {
        report(file, group, name, expected, "a schema that does not compile", schema_error);
        return;
    }
    toka_error err;
    toka_status status = toka_schema_validate(schema, data, &err);
    if (status != TOKA_OK && status != TOKA_E_INVALID)
        report(file, group, name, expected, "an error", &err);
    else if ((status == TOKA_OK) != json_is_true(valid))
        report(file, group, name, expected, verdict_text(status == TOKA_OK), status == TOKA_OK ? NULL : &err);
    else
        file->suite->passed++;
}

static void run_group(struct suite_file *file, const json_t *group)
{
    const char *name = text_of(group, "description", "(no description)");
    json_t *document = json_object_get(group, "schema");
    const json_t *tests = json_object_get(group, "tests");
    if (!document || !json_is_array(tests)) {
        report(file, name, "(all)", "a group with \"schema\" and \"tests\"", "none", NULL);
        return;
    }
    toka_schema_options options = {
        .resolver = resolve, .resolver_data = file, .assert_format = file->assert_format};
    toka_schema *schema = NULL;
    toka_error err = {.status = TOKA_OK};
    toka_status status = toka_schema_from_document(document, &options, &schema, &err);
    for (size_t i = 0; i < json_array_size(tests); i++)
        run_test(file, name, json_array_get(tests, i), status == TOKA_OK ? schema : NULL, &err);
    toka_schema_unref(schema);
}

/* Takes the last component off an absolute path and returns it; "" at the root. */
static const char *cut_component(char *path)
{
    char *slash = strrchr(path, '/');
    if (!slash)
        return "";
    *slash = '\0';
    return slash + 1;
}

/* Formats are asserted by the files of .../optional/, .../optional/format/ and .../format/. */
static bool wants_formats(const char *path)
{
    char absolute[PATH_MAX];
    if (!realpath(path, absolute))
        return false;
    cut_component(absolute);
    const char *parent = cut_component(absolute);
    return strcmp(parent, "format") == 0 || strcmp(parent, "optional") == 0 ||
           strcmp(cut_component(absolute), "optional") == 0;
}

/* Looks for a folder "remotes" beside each folder on the way up from the file. */
static void find_remotes(struct suite_file *file)
{
    struct stat info;
    const char *given = file->suite->remotes;
    if (given) {
        snprintf(file->remotes, sizeof file->remotes, "%s", given);
        return;
    }
    char folder[PATH_MAX];
    if (!realpath(file->path, folder))
        return;
    for (char *slash; (slash = strrchr(folder, '/'));) {
        *slash = '\0';
        int size = snprintf(file->remotes, sizeof file->remotes, "%s/remotes", folder);
        if ((size_t)size < sizeof file->remotes && stat(file->remotes, &info) == 0 && S_ISDIR(info.st_mode))
            return;
    }
    file->remotes[0] = '\0';
}

static void run_file(struct suite *suite, const char *path)
{
    struct suite_file file = {.suite = suite, .path = path};
    toka_error err;
    json_t *groups = read_json(path, &err);
    if (!groups && err.status == TOKA_E_NOT_FOUND) {
        fprintf(suite->out, "cannot read %s\n", path);
        suite->unreadable = true;
        return;
    }
    if (!json_is_array(groups)) {
        report(&file, "(file)", "(all)", "an array of groups", "none", groups ? NULL : &err);
        json_decref(groups);
        return;
    }
    file.assert_format =
        suite->formats == SUITE_FORMATS_AUTO ? wants_formats(path) : suite->formats == SUITE_FORMATS_ON;
    find_remotes(&file);
    for (size_t i = 0; i < json_array_size(groups); i++)
        run_group(&file, json_array_get(groups, i));
    json_decref(groups);
}

static bool is_json_file(const char *name)
{
    size_t size = strlen(name);
    return size > 5 && strcmp(name + size - 5, ".json") == 0;
}

static void run_folder(struct suite *suite, const char *path, unsigned depth);

static void run_entry(struct suite *suite, const char *folder, const char *name, unsigned depth)
{
    char path[PATH_MAX];
    struct stat info;
    int size = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (name[0] == '.' || size < 0 || (size_t)size >= sizeof path || stat(path, &info) != 0)
        return;
    if (S_ISDIR(info.st_mode))
        run_folder(suite, path, depth + 1);
    else if (is_json_file(name))
        run_file(suite, path);
}

static void run_folder(struct suite *suite, const char *path, unsigned depth)
{
    struct dirent **entries;
    int count = depth < MAX_FOLDER_DEPTH ? scandir(path, &entries, NULL, alphasort) : -1;
    if (count < 0) {
        fprintf(suite->out, "cannot read %s\n", path);
        suite->unreadable = true;
        return;
    }
    for (int i = 0; i < count; i++) {
        run_entry(suite, path, entries[i]->d_name, depth);
        free(entries[i]);
    }
    free(entries);
}

void suite_run(struct suite *suite, const char *path)
{
    char trimmed[PATH_MAX];
    struct stat info;
    size_t size = strlen(path);
    while (size > 1 && path[size - 1] == '/')
        size--;
    snprintf(trimmed, sizeof trimmed, "%.*s", (int)size, path);
    if (stat(trimmed, &info) == 0 && S_ISDIR(info.st_mode))
        run_folder(suite, trimmed, 0);
    else
        run_file(suite, trimmed);
}
