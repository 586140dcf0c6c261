#include "known/leaks.h"

#include "analysis/function_name.h"
#include "model/path.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IN " in "

hg_leak *hg_leaks_add(hg_leaks *leaks)
{
    hg_leak *grown = realloc(leaks->leaks, (leaks->count + 1) * sizeof *grown);
    if (!grown)
        return NULL;
    leaks->leaks = grown;
    grown[leaks->count] = (hg_leak){0};
    return &grown[leaks->count++];
}

void hg_leaks_drop(hg_leaks *leaks)
{
    hg_leak *last = &leaks->leaks[--leaks->count];
    for (size_t i = 0; i < last->depth; i++)
        free(last->stack[i]);
    free(last->stack);
    free(last->function);
    free(last->holder);
    free(last->anywhere);
    free(last->why);
    free(last->who);
    free(last->until);
    free(last->since);
}

void hg_leaks_clear(hg_leaks *leaks)
{
    while (leaks->count > 0)
        hg_leaks_drop(leaks);
    free(leaks->leaks);
    *leaks = (hg_leaks){0};
}

bool hg_leak_add_frame(hg_leak *leak, const char *frame)
{
    char **grown = realloc(leak->stack, (leak->depth + 1) * sizeof *grown);
    if (!grown)
        return false;
    leak->stack = grown;
    grown[leak->depth] = strdup(frame);
    return grown[leak->depth] && ++leak->depth > 0;
}

/* The text has a length, and may lie within a longer one. Only the last * can have to give more. */
static bool matches(const char *pattern, const char *text, size_t length)
{
    const char *end = text + length;
    const char *star = NULL, *retry = NULL;
    while (text < end) {
        if (*pattern == '*') {
            star = ++pattern;
            retry = text;
        } else if (*pattern == '?' || (*pattern != '\0' && *pattern == *text)) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

bool hg_leak_matches(const char *pattern, const char *text)
{
    return matches(pattern, text, strlen(text));
}

/* A function is known by its name, with or without what a compiler adds to that; one of the C library also by
 * its public name: "strdup" for "__GI___strdup". */
static bool is_function(const char *pattern, const hg_frame *frame)
{
    const char *name = frame->function[0] ? frame->function : "?";
    const char *known_as = name + (strncmp(name, "__GI_", strlen("__GI_")) == 0 ? strlen("__GI_") : 0);
    hg_slice own = hg_path_function(name);
    known_as += strncmp(name, "__", 2) == 0 ? strspn(known_as, "_") : 0;
    return hg_leak_matches(pattern, name) || matches(pattern, own.text, own.length) ||
           hg_leak_matches(pattern, known_as);
}

/* In a stack, a function may also have the name that another tool gives it. */
static bool is_function_of_stack(const char *pattern, const hg_frame *frame)
{
    return is_function(pattern, frame) ||
           (!strpbrk(pattern, "*?") && hg_same_function(pattern, frame->function));
}

/* "FUNCTION" or "FUNCTION in MODULE". */
static bool is_frame(const char *pattern, const hg_frame *frame)
{
    char function[512];
    const char *in = NULL;
    for (const char *at = pattern; (at = strstr(at, IN)) != NULL; at++)
        in = at;
    if (!in)
        return is_function_of_stack(pattern, frame);
    int length = snprintf(function, sizeof function, "%.*s", (int)(in - pattern), pattern);
    hg_slice module = hg_path_module(frame->module);
    const char *wanted = in + strlen(IN);
    return (size_t)length < sizeof function && is_function_of_stack(function, frame) &&
           (hg_leak_matches(wanted, hg_base_name(frame->module)) ||
            matches(wanted, module.text, module.length));
}

static const hg_frame *frame_at(const hg_site *site, size_t index)
{
    return index < site->inner_count ? &site->inner[index] : &site->frames[index - site->inner_count];
}

/*
 * Frame by frame, as a pattern with * does: only the last "..." can have to give more. A frame that a
 * compiler inlined may be missing in a stack that another tool wrote.
 */
static bool has_stack(const hg_leak *leak, const hg_site *site)
{
    size_t depth = site->inner_count + site->frame_count;
    size_t wanted = 0, star = SIZE_MAX, retry = 0;
    for (size_t at = 0; wanted < leak->depth;) {
        if (strcmp(leak->stack[wanted], HG_LEAK_ANY_FRAMES) == 0) {
            star = ++wanted;
            retry = at;
        } else if (at < depth && is_frame(leak->stack[wanted], frame_at(site, at))) {
            wanted++;
            at++;
        } else if (at < depth && frame_at(site, at)->inlined) {
            at++;
        } else if (star != SIZE_MAX && retry < depth) {
            wanted = star;
            at = ++retry;
        } else {
            return false;
        }
    }
    return leak->depth > 0;
}

static bool is_anywhere(const char *pattern, const hg_site *site)
{
    for (size_t i = 0; i < site->inner_count + site->frame_count; i++) {
        const hg_frame *frame = frame_at(site, i);
        if (is_function(pattern, frame) || (frame->file[0] && hg_leak_matches(pattern, frame->file)) ||
            (frame->module[0] && (hg_leak_matches(pattern, frame->module) ||
                                  hg_leak_matches(pattern, hg_base_name(frame->module)))))
            return true;
    }
    return false;
}

bool hg_leak_has_path(const hg_leak *leak, const hg_site *site)
{
    if (leak->function)
        return site->frame_count > 0 && is_function(leak->function, &site->frames[0]);
    if (leak->anywhere)
        return is_anywhere(leak->anywhere, site);
    return has_stack(leak, site);
}

bool hg_leak_has_ended(const hg_leak *leak, const char *today)
{
    return strcmp(leak->until, HG_LEAK_NEVER) != 0 && strcmp(today, leak->until) > 0;
}

char *hg_leak_describe(const hg_leak *leak)
{
    const char *key = leak->function   ? "function"
                      : leak->holder   ? "holder"
                      : leak->anywhere ? "anywhere"
                                       : "stack";
    const char *value = leak->function ? leak->function : leak->holder ? leak->holder : leak->anywhere;
    char *text = NULL;
    int length = asprintf(&text, "%s: %s", key, value ? value : leak->depth > 0 ? leak->stack[0] : "");
    for (size_t i = 1; i < leak->depth && length >= 0; i++) {
        char *longer = NULL;
        length = asprintf(&longer, "%s, %s", text, leak->stack[i]);
        free(text);
        text = longer;
    }
    return length < 0 ? NULL : text;
}

bool hg_leaks_need_holders(const hg_leaks *leaks)
{
    for (size_t i = 0; i < leaks->count; i++)
        if (leaks->leaks[i].holder)
            return true;
    return false;
}
