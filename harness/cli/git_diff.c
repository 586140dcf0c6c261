#include "cli/git_diff.h"

#include "cli/command.h"
#include "cli/git.h"
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* While the output of git diff is read. */
typedef struct diff_reader {
    hg_git_diff *diff;
    size_t path, context;
    long line;           /* of the new file: the next one */
    long old_left, left; /* lines of the hunk, of both files */
} diff_reader;

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

static size_t add_text(hg_git_diff *diff, const char *text, size_t length)
{
    size_t place = diff->texts.size;
    hg_buffer_add(&diff->texts, text, length);
    hg_buffer_add(&diff->texts, "", 1);
    return place;
}

static size_t add_trimmed(hg_git_diff *diff, const char *text, size_t length)
{
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    while (length > 0 && isspace((unsigned char)*text)) {
        text++;
        length--;
    }
    return add_text(diff, text, length);
}

/* Adds a path; one in quotes has escapes as in C. Gives its place. */
static size_t add_path(hg_git_diff *diff, const char *name, size_t length)
{
    size_t place = diff->texts.size;
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
        hg_buffer_add(&diff->texts, &byte, 1);
    }
    hg_buffer_add(&diff->texts, "", 1);
    return place;
}

/* "+++ b/name", with the prefix within the quotes of the name, and perhaps with a tab behind it; "/dev/null"
 * for a file that went. */
static void read_path(diff_reader *reader, const char *line, size_t length)
{
    bool tab = line[length - 1] == '\t';
    size_t place = add_path(reader->diff, line + 4, length - 4 - tab);
    const char *path = hg_git_diff_text(reader->diff, place);
    bool named = !reader->diff->texts.failed && strncmp(path, "b/", 2) == 0;
    reader->path = named ? place + 2 : place + strlen(path);
}

/* "@@ -10,2 +12,3 @@ int function(void)": the lines 10 and 11 went, the lines 12 to 14 are new. With lines
 * around them, as submodules have, these count in both. */
static void read_hunk(diff_reader *reader, const char *line, size_t length)
{
    char *end;
    const char *plus = strchr(line, '+');
    const char *minus = line + 3;
    reader->old_left = reader->left = 0;
    if (!plus || *minus != '-' || (size_t)(plus - line) >= length)
        return;
    (void)strtol(minus + 1, &end, 10);
    reader->old_left = *end == ',' ? strtol(end + 1, NULL, 10) : 1;
    reader->line = strtol(plus + 1, &end, 10);
    reader->left = *end == ',' ? strtol(end + 1, &end, 10) : 1;
    const char *behind = strstr(end, "@@");
    if (!behind || (size_t)(behind + 2 - line) > length)
        behind = line + length - 2;
    reader->context = add_trimmed(reader->diff, behind + 2, length - (size_t)(behind + 2 - line));
}

/* What git takes for the begin of a function, but for labels. */
static bool is_beginning(const char *line, size_t length)
{
    return length > 0 && (isalpha((unsigned char)*line) || *line == '_' || *line == '$') &&
           line[length - 1] != ':';
}

static void add_line(diff_reader *reader)
{
    hg_buffer *ranges = &reader->diff->ranges;
    const hg_diff_range added = {reader->path, reader->line, reader->line};
    hg_diff_range *last = NULL;
    if (ranges->size > 0)
        last = (hg_diff_range *)(void *)(ranges->bytes + ranges->size) - 1;
    if (last && last->path == reader->path && last->last + 1 == reader->line)
        last->last++;
    else
        hg_buffer_add(ranges, &added, sizeof added);
}

static void read_line(diff_reader *reader, const char *line, size_t length)
{
    hg_git_diff *diff = reader->diff;
    hg_diff_gone gone = {.context = reader->context, .taken_path = SIZE_MAX};
    switch (line[0]) {
    case '+':
        add_line(reader);
        reader->line++;
        reader->left--;
        break;
    case '-':
        gone.text = add_trimmed(diff, line + 1, length - 1);
        hg_buffer_add(&diff->gone, &gone, sizeof gone);
        reader->old_left--;
        break;
    case '\\':
        return;
    default:
        reader->line++;
        reader->left--;
        reader->old_left--;
    }
    if (line[0] != '+' && is_beginning(line + 1, length - 1))
        reader->context = line[0] == '-' ? gone.text : add_trimmed(diff, line + 1, length - 1);
}

static void read_diff(hg_git_diff *diff, const char *text)
{
    diff_reader reader = {.diff = diff};
    while (*text && !diff->texts.failed) {
        size_t length = strcspn(text, "\n");
        if (reader.left > 0 || reader.old_left > 0)
            read_line(&reader, text, length);
        else if (strncmp(text, "+++ ", 4) == 0)
            read_path(&reader, text, length);
        else if (strncmp(text, "@@ ", 3) == 0)
            read_hunk(&reader, text, length);
        text += length + (text[length] == '\n');
    }
}

/* Files that git does not know: all of their lines. */
static void read_untracked(hg_git_diff *diff, const hg_buffer *list)
{
    for (size_t at = 0; at + 1 < list->size;) {
        size_t length = strlen(list->bytes + at);
        const hg_diff_range range = {add_text(diff, list->bytes + at, length), 1, LONG_MAX};
        hg_buffer_add(&diff->ranges, &range, sizeof range);
        at += length + 1;
    }
}

/* Where the branch of HEAD left the revision: what others did there since is none of its changes. Without
 * history in common, the revision itself. */
static bool find_base(const char *top, const char *since, hg_buffer *ret_base)
{
    const char *const words[] = {"merge-base", "--end-of-options", since, "HEAD", NULL};
    int code = hg_git_run(top, words, true, 4096, ret_base);
    if (code != 0)
        hg_buffer_empty(ret_base);
    size_t length = 0;
    while (length < ret_base->size && ret_base->bytes[length] != '\n')
        length++;
    ret_base->size = length;
    if (length == 0)
        hg_buffer_add(ret_base, since, strlen(since));
    hg_buffer_add(ret_base, "", 1);
    return code != HG_GIT_NOT_RUN && (!ret_base->failed || hg_refuse("out of memory"));
}

static bool read_changes(const char *base, hg_git_diff *diff)
{
    const char *const changes[] = {"diff",
                                   "--unified=0",
                                   "--no-color",
                                   "--no-ext-diff",
                                   "--no-textconv",
                                   "--find-renames",
                                   "--submodule=diff",
                                   "--src-prefix=a/",
                                   "--dst-prefix=b/",
                                   "--end-of-options",
                                   base,
                                   "--",
                                   NULL};
    const char *const untracked[] = {"ls-files", "--others", "--exclude-standard", "-z", NULL};
    hg_buffer output = {0};
    bool done = run_git(diff->top, changes, &output);
    if (done) {
        read_diff(diff, output.bytes);
        hg_buffer_empty(&output);
        done = run_git(diff->top, untracked, &output);
    }
    if (done) {
        read_untracked(diff, &output);
        done =
            (!diff->texts.failed && !diff->ranges.failed && !diff->gone.failed) || hg_refuse("out of memory");
    }
    hg_buffer_free(&output);
    return done;
}

bool hg_git_diff_read(const char *folder, const char *since, hg_git_diff *ret_diff)
{
    const char *const top[] = {"rev-parse", "--show-toplevel", NULL};
    hg_buffer output = {0}, base = {0};
    *ret_diff = (hg_git_diff){0};
    bool done = run_git(folder, top, &output);
    if (done) {
        snprintf(ret_diff->top, sizeof ret_diff->top, "%.*s", (int)strcspn(output.bytes, "\n"), output.bytes);
        done = find_base(ret_diff->top, since, &base) && read_changes(base.bytes, ret_diff);
    }
    hg_buffer_free(&output);
    hg_buffer_free(&base);
    return done;
}

void hg_git_diff_free(hg_git_diff *diff)
{
    hg_buffer_free(&diff->texts);
    hg_buffer_free(&diff->ranges);
    hg_buffer_free(&diff->gone);
}

size_t hg_git_diff_ranges(const hg_git_diff *diff, const hg_diff_range **ret_ranges)
{
    *ret_ranges = (const hg_diff_range *)(const void *)diff->ranges.bytes;
    return diff->ranges.size / sizeof **ret_ranges;
}

size_t hg_git_diff_gone(hg_git_diff *diff, hg_diff_gone **ret_gone)
{
    *ret_gone = (hg_diff_gone *)(void *)diff->gone.bytes;
    return diff->gone.size / sizeof **ret_gone;
}

const char *hg_git_diff_text(const hg_git_diff *diff, size_t place)
{
    return diff->texts.bytes + place;
}
