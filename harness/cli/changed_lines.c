#include "cli/changed_lines.h"

#include "cli/command.h"
#include "cli/git_diff.h"
#include "cli/source_text.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* While places are marked: the changes, and the source that was read last. */
typedef struct change_marker {
    hg_git_diff diff;
    hg_buffer macros; /* names of those whose definition changed, each with its NUL */
    hg_source_text source;
    char *file; /* the path that a place has of it, and its real one or ""; NULL: none was read */
    char real[PATH_MAX];
} change_marker;

/* Whether one path is the end of the other, from the name of a folder or file on. */
static bool ends_alike(const char *a, const char *b)
{
    size_t one = strlen(a), other = strlen(b);
    if (one < other)
        return ends_alike(b, a);
    return strcmp(a + one - other, b) == 0 && (one == other || a[one - other - 1] == '/');
}

/* Whether the source that was read is this one of the work tree. A file that is not here was compiled
 * elsewhere. */
static bool is_file(const change_marker *marker, const char *path)
{
    const char *file = marker->file;
    size_t top = strlen(marker->diff.top);
    if (!path[0])
        return false;
    if (!marker->real[0]) {
        while (strncmp(file, "./", 2) == 0)
            file += 2;
        return ends_alike(file, path);
    }
    return strncmp(marker->real, marker->diff.top, top) == 0 && marker->real[top] == '/' &&
           strcmp(marker->real + top + 1, path) == 0;
}

static bool read_source(change_marker *marker, const char *file)
{
    if (marker->file && strcmp(marker->file, file) == 0)
        return true;
    char *copy = strdup(file);
    if (!copy)
        return false;
    free(marker->file);
    hg_source_text_free(&marker->source);
    marker->file = copy;
    if (!realpath(file, marker->real))
        marker->real[0] = '\0';
    hg_source_text_read(file, &marker->source);
    return true;
}

/* "int* toka::Box<int>::make<int>(toka::Size)" is make. */
static hg_source_word plain_name(const char *function)
{
    static const char unnamed[] = "(anonymous namespace)";
    size_t begin = 0, end = SIZE_MAX, depth = 0, i = 0;
    for (; function[i]; i++) {
        char byte = function[i];
        if (strncmp(function + i, unnamed, sizeof unnamed - 1) == 0) {
            i += sizeof unnamed - 2;
        } else if (byte == '<') {
            end = depth++ == 0 && end == SIZE_MAX ? i : end;
        } else if (byte == '>') {
            depth -= depth > 0;
        } else if (depth == 0 && byte == '(') {
            break;
        } else if (depth == 0 && (byte == ':' || byte == ' ')) {
            begin = i + 1;
            end = SIZE_MAX;
        }
    }
    return (hg_source_word){function + begin, (end < i ? end : i) - begin};
}

/* Whether the line went elsewhere, from the function of the same name: it moved. Each line that went is found
 * again once. */
static bool is_moved(change_marker *marker, size_t path, long line, hg_source_word function)
{
    hg_diff_gone *gone;
    size_t count = hg_git_diff_gone(&marker->diff, &gone);
    const hg_source_word text = hg_source_text_line(&marker->source, line);
    for (size_t i = 0; i < count && text.length > 0; i++) {
        const char *context = hg_git_diff_text(&marker->diff, gone[i].context);
        bool taken = gone[i].taken_path != SIZE_MAX;
        bool mine = gone[i].taken_path == path && gone[i].taken_line == line;
        if ((taken && !mine) || !hg_source_word_is(text, hg_git_diff_text(&marker->diff, gone[i].text)) ||
            (function.text && !hg_source_word_in(function, (hg_source_word){context, strlen(context)})))
            continue;
        gone[i].taken_path = path;
        gone[i].taken_line = line;
        return true;
    }
    return false;
}

/* Whether a line of the call at the place is new, and did not only move. */
static bool is_new(change_marker *marker, const hg_tried_site *place)
{
    const hg_diff_range *ranges;
    size_t count = hg_git_diff_ranges(&marker->diff, &ranges);
    long end = hg_source_text_end_of_call(&marker->source, place->line);
    const hg_source_word function = plain_name(place->function);
    for (size_t i = 0; i < count; i++) {
        long first = ranges[i].first > place->line ? ranges[i].first : place->line;
        long last = ranges[i].last < end ? ranges[i].last : end;
        if (first > last || !is_file(marker, hg_git_diff_text(&marker->diff, ranges[i].path)))
            continue;
        for (long line = first; line <= last; line++)
            if (!is_moved(marker, ranges[i].path, line, function))
                return true;
    }
    return false;
}

/* Whether the line calls a macro whose definition is new: what it stands for may allocate only now. */
static bool calls_new_macro(const change_marker *marker, const hg_tried_site *place)
{
    const hg_source_word line = hg_source_text_line(&marker->source, place->line);
    for (size_t at = 0; at < marker->macros.size;) {
        const char *name = marker->macros.bytes + at;
        size_t length = strlen(name);
        if (hg_source_word_called((hg_source_word){name, length}, line))
            return true;
        at += length + 1;
    }
    return false;
}

/* Those of one file, from its new lines. */
static void find_macros(change_marker *marker, const hg_diff_range *range, const hg_source_text *text)
{
    const hg_source_word any = {NULL, 0};
    long last = range->last < hg_source_text_count(text) ? range->last : hg_source_text_count(text);
    for (long line = range->first; line <= last; line++) {
        const hg_source_word name = hg_source_text_macro(text, line);
        if (name.length == 0 || is_moved(marker, range->path, line, any))
            continue;
        hg_buffer_add(&marker->macros, name.text, name.length);
        hg_buffer_add(&marker->macros, "", 1);
    }
}

static bool find_all_macros(change_marker *marker)
{
    const hg_diff_range *ranges;
    size_t count = hg_git_diff_ranges(&marker->diff, &ranges);
    for (size_t i = 0; i < count; i++) {
        char path[2 * PATH_MAX];
        const char *name = hg_git_diff_text(&marker->diff, ranges[i].path);
        snprintf(path, sizeof path, "%s/%s", marker->diff.top, name);
        if (!read_source(marker, path))
            return false;
        find_macros(marker, &ranges[i], &marker->source);
    }
    return !marker->macros.failed;
}

bool hg_changed_lines_mark(const char *folder, const char *since, hg_tried *tried)
{
    change_marker *marker = calloc(1, sizeof *marker);
    if (!marker)
        return hg_refuse("out of memory");
    bool done = hg_git_diff_read(folder, since, &marker->diff);
    bool enough = !done || find_all_macros(marker);
    for (size_t i = 0; done && enough && i < tried->site_count; i++) {
        hg_tried_site *place = &tried->sites[i];
        if (place->line > 0)
            enough = read_source(marker, place->file);
        place->changed =
            place->line > 0 && enough && (is_new(marker, place) || calls_new_macro(marker, place));
    }
    hg_git_diff_free(&marker->diff);
    hg_source_text_free(&marker->source);
    hg_buffer_free(&marker->macros);
    free(marker->file);
    free(marker);
    return done && (enough || hg_refuse("out of memory"));
}
