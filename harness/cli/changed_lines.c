#include "cli/changed_lines.h"

#include "base/buffer.h"
#include "cli/command.h"
#include "cli/git.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lines of one file, its path from the top of the work tree. */
typedef struct changed_range {
    size_t path; /* its place in the text of all paths */
    long first, last;
} changed_range;

typedef struct changed_lines {
    char top[PATH_MAX];
    hg_buffer paths, ranges;
} changed_lines;

/* Runs git with these words, and ends what it prints with a NUL. False after complaining. */
static bool run_git(const char *folder, const char *const *words, hg_buffer *ret_output)
{
    int code = hg_git_run(folder, words, false, SIZE_MAX, ret_output);
    if (code == HG_GIT_NOT_RUN)
        return false;
    if (code != 0)
        return hg_refuse("git %s failed in '%s'; --since needs a revision of the sources, and --source their "
                         "folder",
                         words[0], folder);
    hg_buffer_add(ret_output, "", 1);
    return !ret_output->failed || hg_refuse("out of memory");
}

static void add_range(changed_lines *changed, size_t path, long first, long last)
{
    const changed_range range = {path, first, last};
    hg_buffer_add(&changed->ranges, &range, sizeof range);
}

/* Adds a path; one in quotes has escapes as in C. Gives its place. */
static size_t add_path(changed_lines *changed, const char *name, size_t length)
{
    size_t place = changed->paths.size;
    bool quoted = length >= 2 && name[0] == '"' && name[length - 1] == '"';
    const char *end = quoted ? name + length - 1 : name + length;
    for (const char *at = quoted ? name + 1 : name; at < end; at++) {
        static const char letters[] = "abtnvfr", meant[] = "\a\b\t\n\v\f\r";
        char byte = *at;
        if (quoted && byte == '\\' && at + 1 < end) {
            const char *letter = strchr(letters, *++at);
            byte = *at;
            if (letter)
                byte = meant[letter - letters];
            if (*at >= '0' && *at <= '3' && at + 2 < end) {
                byte = (char)((at[0] - '0') << 6 | (at[1] - '0') << 3 | (at[2] - '0'));
                at += 2;
            }
        }
        hg_buffer_add(&changed->paths, &byte, 1);
    }
    hg_buffer_add(&changed->paths, "", 1);
    return place;
}

/* "@@ -10,2 +12,3 @@": the lines 12 to 14. */
static void read_hunk(changed_lines *changed, size_t path, const char *line)
{
    const char *plus = strchr(line, '+');
    char *end;
    if (!plus)
        return;
    long first = strtol(plus + 1, &end, 10);
    long count = *end == ',' ? strtol(end + 1, NULL, 10) : 1;
    if (count > 0)
        add_range(changed, path, first, first + count - 1);
}

/* Without lines around them: what begins with "+++ b/" in front of a hunk is a name. */
static void read_diff(changed_lines *changed, const char *diff)
{
    size_t path = SIZE_MAX;
    bool head = true;
    while (*diff) {
        size_t length = strcspn(diff, "\n");
        if (strncmp(diff, "diff ", 5) == 0) {
            head = true;
        } else if (head && strncmp(diff, "+++ ", 4) == 0) {
            /* "b/" is in front of the name, within its quotes; a tab may be behind it. */
            bool tab = diff[length - 1] == '\t';
            path = add_path(changed, diff + 4, length - 4 - tab);
        } else if (strncmp(diff, "@@ ", 3) == 0 && path != SIZE_MAX) {
            head = false;
            read_hunk(changed, path, diff);
        }
        diff += length + (diff[length] == '\n');
    }
}

/* Files that git does not know: all of their lines. */
static void read_untracked(changed_lines *changed, const hg_buffer *list)
{
    for (size_t at = 0; at + 1 < list->size;) {
        size_t length = strlen(list->bytes + at);
        size_t path = changed->paths.size;
        hg_buffer_add(&changed->paths, "b/", 2);
        hg_buffer_add(&changed->paths, list->bytes + at, length + 1);
        add_range(changed, path, 1, LONG_MAX);
        at += length + 1;
    }
}

static bool read_changes(const char *folder, const char *since, changed_lines *changed)
{
    const char *const top[] = {"rev-parse", "--show-toplevel", NULL};
    const char *const diff[] = {"diff",
                                "--unified=0",
                                "--no-color",
                                "--no-ext-diff",
                                "--no-textconv",
                                "--src-prefix=a/",
                                "--dst-prefix=b/",
                                "--end-of-options",
                                since,
                                "--",
                                NULL};
    const char *const untracked[] = {"ls-files", "--others", "--exclude-standard", "-z", NULL};
    hg_buffer output = {0};
    bool done = run_git(folder, top, &output);
    if (done && output.bytes) {
        output.bytes[strcspn(output.bytes, "\n")] = '\0';
        snprintf(changed->top, sizeof changed->top, "%s", output.bytes);
        hg_buffer_empty(&output);
        done = run_git(changed->top, diff, &output);
    }
    if (done) {
        read_diff(changed, output.bytes ? output.bytes : "");
        hg_buffer_empty(&output);
        done = run_git(changed->top, untracked, &output);
    }
    if (done) {
        read_untracked(changed, &output);
        done = (!changed->paths.failed && !changed->ranges.failed) || hg_refuse("out of memory");
    }
    hg_buffer_free(&output);
    return done;
}

/* Whether one path is the end of the other, from the name of a folder or file on. */
static bool ends_alike(const char *a, const char *b)
{
    size_t one = strlen(a), other = strlen(b);
    if (one < other)
        return ends_alike(b, a);
    return strcmp(a + one - other, b) == 0 && (one == other || a[one - other - 1] == '/');
}

/* Whether the source file is this one of the work tree. A file that is not here was compiled elsewhere. */
static bool is_file(const changed_lines *changed, const char *file, const char *path)
{
    char real[PATH_MAX];
    size_t top = strlen(changed->top);
    if (strncmp(path, "b/", 2) != 0)
        return false;
    if (!realpath(file, real)) {
        while (strncmp(file, "./", 2) == 0)
            file += 2;
        return ends_alike(file, path + 2);
    }
    return strncmp(real, changed->top, top) == 0 && real[top] == '/' && strcmp(real + top + 1, path + 2) == 0;
}

static bool is_changed(const changed_lines *changed, const hg_tried_site *place)
{
    for (size_t at = 0; at + sizeof(changed_range) <= changed->ranges.size; at += sizeof(changed_range)) {
        changed_range range;
        memcpy(&range, changed->ranges.bytes + at, sizeof range);
        if (place->line >= range.first && place->line <= range.last &&
            is_file(changed, place->file, changed->paths.bytes + range.path))
            return true;
    }
    return false;
}

bool hg_changed_lines_mark(const char *folder, const char *since, hg_tried *tried)
{
    changed_lines changed = {0};
    bool done = read_changes(folder, since, &changed);
    for (size_t i = 0; done && i < tried->site_count; i++)
        tried->sites[i].changed = tried->sites[i].line > 0 && is_changed(&changed, &tried->sites[i]);
    hg_buffer_free(&changed.paths);
    hg_buffer_free(&changed.ranges);
    return done;
}
