#include "analysis/function_name.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char operator_word[] = "operator";
static const char anonymous[] = "(anonymous namespace)::";
enum { OPERATOR_LENGTH = sizeof operator_word - 1, ANONYMOUS_LENGTH = sizeof anonymous - 1 };

static bool is_part_of_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* The length of "operator" and the signs behind it, such as "operator<<" and "operator()"; 0: none begins
 * here. */
static size_t operator_length(const char *name, const char *at)
{
    if (strncmp(at, operator_word, OPERATOR_LENGTH) != 0 || (at > name && is_part_of_word(at[-1])))
        return 0;
    const char *sign = at + OPERATOR_LENGTH;
    if (strncmp(sign, "()", 2) == 0 || strncmp(sign, "[]", 2) == 0)
        return OPERATOR_LENGTH + 2;
    return OPERATOR_LENGTH + strspn(sign, "<>=!+-*/%^&|~,");
}

/* Where a name goes on after it has been closed by brackets: at the next part of it, or not at all. */
static bool goes_on(const char *at)
{
    return strncmp(at, "::", 2) == 0 || *at == '(' || *at == '<' || *at == '[' || *at == '}' || *at == '#';
}

/*
 * What stands in brackets is left out. A space outside of them ends a return type, unless it follows
 * parameters or belongs to the name of an operator.
 */
void hg_plain_name(const char *name, char ret_plain[HG_PLAIN_NAME_BYTES])
{
    size_t used = 0, depth = 0;
    /* The name of a C function. */
    if (!strpbrk(name, "<>()[]{} ")) {
        snprintf(ret_plain, HG_PLAIN_NAME_BYTES, "%s", name);
        return;
    }
    for (const char *at = name; *at && used + 1 < HG_PLAIN_NAME_BYTES;) {
        size_t length = depth == 0 ? operator_length(name, at) : 0;
        if (length > 0) {
            const char *end = at + length;
            for (; at < end && used + 1 < HG_PLAIN_NAME_BYTES; at++)
                ret_plain[used++] = *at;
            /* "operator new[]", "operator bool": the name of a type, up to the parameters. */
            for (; *at && *at != '(' && *at != '<' && used + 1 < HG_PLAIN_NAME_BYTES; at++)
                ret_plain[used++] = *at;
        } else if (strncmp(at, anonymous, ANONYMOUS_LENGTH) == 0) {
            at += ANONYMOUS_LENGTH;
        } else if (strchr("(<[", *at)) {
            depth++;
            at++;
        } else if (strchr(")>]", *at)) {
            bool is_arrow = *at == '>' && at > name && at[-1] == '-';
            depth -= depth > 0 && !is_arrow;
            at++;
            if (depth == 0 && !is_arrow && *at && at[-1] == ')' && !goes_on(at))
                break;
        } else {
            if (depth == 0 && *at == ' ')
                used = 0;
            else if (depth == 0)
                ret_plain[used++] = *at;
            at++;
        }
    }
    ret_plain[used] = '\0';
}

/* Whether the shorter one is the end of the longer, from the beginning of a part on. */
static bool is_last_part(const char *longer, const char *shorter)
{
    size_t whole = strlen(longer), part = strlen(shorter);
    return part > 0 && whole > part + 1 && strcmp(longer + whole - part, shorter) == 0 &&
           longer[whole - part - 1] == ':';
}

bool hg_same_function(const char *a, const char *b)
{
    char x[HG_PLAIN_NAME_BYTES], y[HG_PLAIN_NAME_BYTES];
    if (strcmp(a, b) == 0)
        return true;
    hg_plain_name(a, x);
    hg_plain_name(b, y);
    return x[0] != '\0' && (strcmp(x, y) == 0 || is_last_part(x, y) || is_last_part(y, x));
}

/* Asked of each frame of each stack: most do not even begin with the letter. */
static bool begins_with_any(const char *text, const char *const *beginnings)
{
    while (*beginnings && (text[0] != **beginnings || strncmp(text, *beginnings, strlen(*beginnings)) != 0))
        beginnings++;
    return *beginnings != NULL;
}

/* As distributions build rustc: the folder of its sources, and their folder "library". */
static bool is_in_sources_of_rustc(const char *file)
{
    const char *version = strstr(file, "/rustc-");
    const char *below = version ? strchr(version + 1, '/') : NULL;
    return below && strncmp(below, "/library/", strlen("/library/")) == 0;
}

bool hg_is_language_function(const char *name, const char *file)
{
    static const char *const functions[] = {"std::",   "__gnu_cxx::", "core::",   "alloc::",
                                            "<std::",  "<core::",     "<alloc::", "operator new",
                                            "__rust_", "__rustc::",   "__rdl_",   NULL};
    /* rustc names the sources of its library by the second, or by their folder where they are installed. */
    static const char *const files[] = {"/usr/include/", "/rustc/", "/rust/deps/", NULL};
    char plain[HG_PLAIN_NAME_BYTES];
    if (file[0] == '\0') {
        hg_plain_name(name, plain);
        return begins_with_any(name, functions) || begins_with_any(plain, functions);
    }
    return strstr(file, "/include/c++/") || strstr(file, "/heapgate/pool.h") ||
           strstr(file, "/lib/rustlib/src/rust/") || is_in_sources_of_rustc(file) ||
           begins_with_any(file, files);
}

/* CPython's library lies in lib/python3.N, and what is installed beside it in a folder there. */
bool hg_is_language_script(const char *file)
{
    static const char *const own[] = {"<frozen ", "node:", NULL};
    const char *library = strstr(file, "/lib/python3");
    return begins_with_any(file, own) ||
           (library && !strstr(library, "/site-packages/") && !strstr(library, "/dist-packages/"));
}
