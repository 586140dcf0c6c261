#include "known/suppressions.h"

#include "symbols/demangle.h"
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LINE = 4096, MOST_SHOWN = 64, MOST_LEAKS = 10000 };

typedef struct reader {
    const hg_import *import;
    hg_suppressions *read;
    hg_demangler demangler;
    const char *path;
    char *message;
    size_t message_size;
    char *next, *end; /* of the text */
    char *line;       /* without the blanks around it */
    size_t number;    /* of the line, from 1 */
} reader;

static bool fail(const reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fail(const reader *r, const char *format, ...)
{
    char what[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    snprintf(r->message, r->message_size, "%s:%zu: %s", r->path, r->number, what);
    return false;
}

static void leave_out(reader *r, size_t line, const char *why)
{
    r->read->left_out++;
    r->import->leave_out(line, why, r->import->user_data);
}

/* The next line that has more than blanks or a comment; false after the last. */
static bool next_line(reader *r)
{
    while (r->next < r->end) {
        char *line = r->next;
        char *stop = memchr(line, '\n', (size_t)(r->end - line));
        stop = stop ? stop : r->end;
        r->next = stop + (stop < r->end);
        r->number++;
        while (stop > line && isspace((unsigned char)stop[-1]))
            stop--;
        *stop = '\0';
        while (isspace((unsigned char)*line))
            line++;
        r->line = line;
        if (*line != '\0' && *line != '#')
            return true;
    }
    return false;
}

/* The rest of the line after the word, or NULL. */
static const char *after(const reader *r, const char *word)
{
    size_t length = strlen(word);
    return strncmp(r->line, word, length) == 0 ? r->line + length : NULL;
}

static bool has_name(const char *pattern)
{
    return pattern[strspn(pattern, "*?. ")] != '\0';
}

/*
 * "_ZN5store5parse*" names a family of C++ functions: "store::parse*". False where the name in front of the
 * first wildcard has more to it than names in names.
 */
static bool demangle_beginning(const char *mangled, char *ret_name, size_t size)
{
    const char *at = mangled + strlen("_Z");
    size_t used = 0;
    at += *at == 'N';
    at += *at == 'K';
    while (isdigit((unsigned char)*at)) {
        char *name;
        unsigned long length = strtoul(at, &name, 10);
        size_t there = strcspn(name, "*?");
        size_t taken = length < there ? length : there;
        int added = snprintf(ret_name + used, size - used, "%s%.*s", used > 0 ? "::" : "", (int)taken, name);
        if (taken == 0 || added < 0 || (size_t)added + 1 >= size - used)
            return false;
        used += (size_t)added;
        at = name + taken;
    }
    if (used == 0)
        return false;
    ret_name[used] = '*';
    ret_name[used + 1] = '\0';
    return true;
}

/* A name as our call paths have it. ret_why: why there is none. NULL then, or when memory ran out. */
static const char *readable(reader *r, char *name, char room[MOST_LINE], const char **ret_why)
{
    name[strcspn(name, "@")] = '\0'; /* and a symbol's version */
    bool mangled = strncmp(name, "_Z", 2) == 0 || strncmp(name, "_R", 2) == 0;
    if (!mangled || !strpbrk(name, "*?"))
        return hg_demangle(&r->demangler, name);
    if (strncmp(name, "_Z", 2) == 0 && demangle_beginning(name, room, MOST_LINE))
        return room;
    *ret_why = "a mangled name with a wildcard cannot be compared with readable names";
    return NULL;
}

static bool set(char **field, const char *text)
{
    *field = strdup(text);
    return *field != NULL;
}

/* Whether an earlier one is the same, which two names of one suppression are. */
static bool is_repeated(const hg_leaks *leaks)
{
    const hg_leak *last = &leaks->leaks[leaks->count - 1];
    for (size_t i = 0; i + 1 < leaks->count; i++) {
        const hg_leak *other = &leaks->leaks[i];
        bool same = other->depth == last->depth && !other->anywhere == !last->anywhere &&
                    (!last->anywhere || strcmp(other->anywhere, last->anywhere) == 0);
        for (size_t k = 0; k < last->depth && same; k++)
            same = strcmp(other->stack[k], last->stack[k]) == 0;
        if (same)
            return true;
    }
    return false;
}

/* Says what a suppression file does not. */
static bool finish(const reader *r, hg_leak *leak, const char *why, size_t line)
{
    leak->line = line;
    if (set(&leak->why, why) && set(&leak->who, r->import->who) && set(&leak->until, r->import->until) &&
        set(&leak->since, r->import->since)) {
        if (is_repeated(&r->read->leaks))
            hg_leaks_drop(&r->read->leaks);
        return true;
    }
    return fail(r, "out of memory");
}

/* One frame of memcheck's. False after a failure; *ret_why is set where the entry is to be left out. */
static bool add_frame(reader *r, hg_leak *leak, const char **ret_why)
{
    char room[MOST_LINE], frame[MOST_LINE + 16];
    const char *text = after(r, "fun:");
    if (strcmp(r->line, HG_LEAK_ANY_FRAMES) == 0) {
        text = r->line;
    } else if (text) {
        text = readable(r, r->line + strlen("fun:"), room, ret_why);
    } else if ((text = after(r, "obj:")) != NULL) {
        const char *slash = strrchr(text, '/');
        snprintf(frame, sizeof frame, "* in %s", slash ? slash + 1 : text);
        text = has_name(frame + strlen("* in ")) ? frame : "*";
    } else if (after(r, "src:")) {
        *ret_why = "a frame by its source line says nothing after the next edit";
    } else {
        return fail(r, "expected fun:NAME, obj:PATH, ... or }, got '%.*s'", MOST_SHOWN, r->line);
    }
    if (*ret_why)
        return true;
    if (leak->depth > HG_LEAK_MOST_FRAMES) {
        *ret_why = "it has too many frames";
        return true;
    }
    return (text && hg_leak_add_frame(leak, text)) || fail(r, "out of memory");
}

/* Where a program or a thread begins; a call path of ours ends before that. */
static bool is_entry(const char *frame)
{
    static const char *const entries[] = {
        "main",     "(below main)",           "_start",       "__libc_start_main*", "clone", "clone3",
        "__clone3", "__libc_start_call_main", "start_thread", HG_LEAK_ANY_FRAMES};
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
        if (hg_leak_matches(entries[i], frame))
            return true;
    return false;
}

/* The allocator's own frame is in no call path of ours, nor are those that the program has around it. */
static void drop_ends(hg_leak *leak)
{
    while (leak->depth > 0 && is_entry(leak->stack[leak->depth - 1]))
        free(leak->stack[--leak->depth]);
    if (leak->depth == 0 || strcmp(leak->stack[0], HG_LEAK_ANY_FRAMES) == 0)
        return;
    free(leak->stack[0]);
    memmove(leak->stack, leak->stack + 1, --leak->depth * sizeof *leak->stack);
}

/* The frames, up to the brace. */
static bool read_frames(reader *r, const char *name, size_t line)
{
    const char *why = NULL;
    hg_leak *leak = hg_leaks_add(&r->read->leaks);
    if (!leak)
        return fail(r, "out of memory");
    while (next_line(r)) {
        if (strcmp(r->line, "}") == 0) {
            bool named = false;
            drop_ends(leak);
            for (size_t i = 0; i < leak->depth; i++)
                named |= has_name(leak->stack[i]);
            if (!why && named && leak->depth <= HG_LEAK_MOST_FRAMES)
                return finish(r, leak, name, line);
            leave_out(r, line, why ? why : named ? "it has too many frames" : "it is of every leak");
            hg_leaks_drop(&r->read->leaks);
            return true;
        }
        if (!why && !after(r, "match-leak-kinds:") && !add_frame(r, leak, &why))
            return false;
    }
    return fail(r, "the file ends within the suppression that begins in line %zu", line);
}

static bool is_of_leaks(const char *kind)
{
    const char *colon = strchr(kind, ':');
    const char *tool = strstr(kind, "Memcheck");
    return colon && tool && tool < colon && strcmp(colon + 1, "Leak") == 0;
}

/* From the brace on. */
static bool read_memcheck(reader *r)
{
    char name[256];
    size_t line = r->number;
    if (strcmp(r->line, "{") != 0)
        return fail(r, "expected {, got '%.*s'", MOST_SHOWN, r->line);
    if (next_line(r)) {
        snprintf(name, sizeof name, "valgrind: %.200s", r->line);
        if (next_line(r)) {
            if (!strchr(r->line, ':'))
                return fail(r, "expected TOOL:KIND such as Memcheck:Leak, got '%.*s'", MOST_SHOWN, r->line);
            if (is_of_leaks(r->line))
                return read_frames(r, name, line);
            while (next_line(r)) {
                if (strcmp(r->line, "}") != 0)
                    continue;
                r->read->foreign++;
                return true;
            }
        }
    }
    return fail(r, "the file ends within the suppression that begins in line %zu", line);
}

/* "leak:^NAME$": a pattern matches any part that has no anchor. */
static bool read_sanitizer(reader *r)
{
    char pattern[MOST_LINE + 4], why[256];
    const char *text = after(r, "leak:");
    if (!text) {
        size_t word = strspn(r->line, "abcdefghijklmnopqrstuvwxyz_-");
        if (word == 0 || r->line[word] != ':')
            return fail(r, "expected leak:PATTERN, got '%.*s'", MOST_SHOWN, r->line);
        r->read->foreign++;
        return true;
    }
    size_t length = strlen(text);
    bool begins = text[0] == '^';
    bool ends = length > 0 && text[length - 1] == '$';
    length = length > (size_t)begins + ends ? length - begins - ends : 0;
    snprintf(pattern, sizeof pattern, "%s%.*s%s", begins ? "" : "*", (int)length, text + begins,
             ends ? "" : "*");
    if (!has_name(pattern)) {
        leave_out(r, r->number, "it is of every leak");
        return true;
    }
    hg_leak *leak = hg_leaks_add(&r->read->leaks);
    snprintf(why, sizeof why, "LeakSanitizer: %.200s", r->line);
    return (leak && set(&leak->anywhere, pattern) && finish(r, leak, why, r->number)) ||
           fail(r, "out of memory");
}

static bool parse(reader *r)
{
    bool any = next_line(r);
    bool memcheck = any && r->line[0] == '{';
    for (; any; any = next_line(r)) {
        if (!(memcheck ? read_memcheck : read_sanitizer)(r))
            return false;
        if (r->read->leaks.count > MOST_LEAKS)
            return fail(r, "there are more than %d suppressions", MOST_LEAKS);
    }
    return true;
}

/* No byte is zero, and no line longer than it may be. */
static bool check_text(reader *r, const char *text, size_t size)
{
    size_t length = 0;
    r->number = 1;
    for (size_t i = 0; i < size; i++) {
        length = text[i] == '\n' ? 0 : length + 1;
        if (text[i] == '\0')
            return fail(r, "this is no text: a byte is zero");
        if (length >= MOST_LINE)
            return fail(r, "the line is longer than %d bytes", MOST_LINE);
        r->number += text[i] == '\n';
    }
    r->number = 0;
    return true;
}

bool hg_suppressions_read(const char *path, const hg_import *import, hg_suppressions *ret_read, char *message,
                          size_t message_size)
{
    *ret_read = (hg_suppressions){0};
    FILE *file = fopen(path, "re");
    if (!file) {
        snprintf(message, message_size, "cannot read %s: %s", path, strerror(errno));
        return false;
    }
    char *text = malloc(HG_SUPPRESSIONS_MOST_BYTES + 2);
    size_t size = text ? fread(text, 1, HG_SUPPRESSIONS_MOST_BYTES + 1, file) : 0;
    int error = ferror(file) ? errno : 0;
    fclose(file);
    reader r = {.import = import,
                .read = ret_read,
                .path = path,
                .message = message,
                .message_size = message_size,
                .next = text,
                .end = text ? text + size : NULL};
    bool done = false;
    if (!text)
        snprintf(message, message_size, "%s: out of memory", path);
    else if (error)
        snprintf(message, message_size, "cannot read %s: %s", path, strerror(error));
    else if (size > HG_SUPPRESSIONS_MOST_BYTES)
        snprintf(message, message_size, "%s: the file is larger than 1 MiB", path);
    else
        done = check_text(&r, text, size) && parse(&r);
    hg_demangler_clear(&r.demangler);
    free(text);
    return done;
}

void hg_suppressions_clear(hg_suppressions *read)
{
    hg_leaks_clear(&read->leaks);
}
