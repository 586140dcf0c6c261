#include "log_lines.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int fail(const char *path, const char *problem)
{
    fprintf(stderr, "replay: %s: %s\n", path, problem);
    return 1;
}

int log_lines_complain(const struct log_lines *lines, const char *format, ...)
{
    char problem[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(problem, sizeof problem, format, arguments);
    va_end(arguments);
    fprintf(stderr, "replay: %s:%" PRIu64 ": %s\n", lines->paths[lines->file], lines->line, problem);
    return -1;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Keeps a path if it is a regular file. */
static int add_file(struct log_lines *lines, const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    struct stat info;

    if (!path)
        return fail(folder, "out of memory");
    snprintf(path, size, "%s/%s", folder, name);
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        free(path);
    else
        lines->paths[lines->count++] = path;
    return 0;
}

static int add_folder(struct log_lines *lines, const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_visible, alphasort);
    int failed = 0;

    if (count < 0)
        return fail(folder, strerror(errno));
    lines->paths = calloc((size_t)count + 1, sizeof *lines->paths);
    if (!lines->paths)
        failed = fail(folder, "out of memory");
    for (int i = 0; i < count; i++) {
        failed = failed || add_file(lines, folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return failed || (lines->count ? 0 : fail(folder, "this folder has no log in it"));
}

static int add_path(struct log_lines *lines, const char *path)
{
    struct stat info;

    if (stat(path, &info) != 0)
        return fail(path, strerror(errno));
    if (S_ISDIR(info.st_mode))
        return add_folder(lines, path);
    if (!S_ISREG(info.st_mode))
        return fail(path, "not a file or folder");
    lines->paths = calloc(1, sizeof *lines->paths);
    if (lines->paths)
        lines->paths[0] = strdup(path);
    lines->count = lines->paths && lines->paths[0];
    return lines->count ? 0 : fail(path, "out of memory");
}

int log_lines_open(struct log_lines *lines, const char *path)
{
    int failed = add_path(lines, path);

    lines->buffer = failed ? NULL : malloc(LOG_LINES_MAX_BYTES + 2);
    if (!failed && !lines->buffer)
        failed = fail(path, "out of memory");
    if (failed)
        log_lines_close(lines);
    return failed;
}

int log_lines_go(struct log_lines *lines, size_t file, struct log_place place)
{
    if (!lines->stream || lines->file != file) {
        if (lines->stream)
            fclose(lines->stream);
        lines->stream = fopen(lines->paths[file], "rbe");
        lines->file = file;
    }
    if (!lines->stream || fseek(lines->stream, place.offset, SEEK_SET) != 0)
        return fail(lines->paths[file], strerror(errno));
    lines->line = place.line - 1;
    return 0;
}

struct log_place log_lines_place(const struct log_lines *lines)
{
    return (struct log_place){ftell(lines->stream), lines->line + 1};
}

int log_lines_next(struct log_lines *lines, toka_text *ret_line, int *ret_whole)
{
    size_t size = 0;

    if (!fgets(lines->buffer, (int)LOG_LINES_MAX_BYTES + 2, lines->stream)) {
        if (ferror(lines->stream))
            return log_lines_complain(lines, "cannot read the log: %s", strerror(errno));
        return 0;
    }
    lines->line++;
    size = strlen(lines->buffer);
    if (size > LOG_LINES_MAX_BYTES)
        return log_lines_complain(lines, "the line is longer than %zu bytes", LOG_LINES_MAX_BYTES);
    *ret_whole = size > 0 && lines->buffer[size - 1] == '\n';
    if (!*ret_whole && !feof(lines->stream))
        return log_lines_complain(lines, "the line contains a NUL byte");
    *ret_line = (toka_text){lines->buffer, size - (size_t)*ret_whole};
    return 1;
}

void log_lines_close(struct log_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->paths[i]);
    free(lines->paths);
    free(lines->buffer);
    if (lines->stream)
        fclose(lines->stream);
    *lines = (struct log_lines){0};
}
