#include "symbols/demangle.h"

#include <libiberty/demangle.h>
#include <search.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct name {
    char *mangled, *shown;
} name;

typedef struct output {
    char *text; /* HG_DEMANGLED_MOST + 1 bytes */
    size_t length;
    jmp_buf full;
} output;

static int compare_names(const void *left, const void *right)
{
    return strcmp(((const name *)left)->mangled, ((const name *)right)->mangled);
}

/* libiberty cannot be told to stop. Leaving it by longjmp is safe: it holds no memory during the callback. */
static void append(const char *text, size_t length, void *opaque)
{
    output *to = opaque;
    size_t room = HG_DEMANGLED_MOST - to->length;
    size_t taken = length < room ? length : room;
    if (taken > 0) /* libiberty may append nothing, from NULL */
        memcpy(to->text + to->length, text, taken);
    to->length += taken;
    if (taken < length)
        longjmp(to->full, 1);
}

static bool looks_mangled(const char *mangled)
{
    return (strncmp(mangled, "_Z", 2) == 0 || strncmp(mangled, "_R", 2) == 0) &&
           strlen(mangled) <= HG_MANGLED_MOST;
}

/* False if the name turns out not to be mangled. */
static bool demangle_into(output *to, const char *mangled)
{
    to->length = 0;
    if (setjmp(to->full) != 0)
        return true;
    /* A Rust name may refer to itself ("_RB_"): only the recursion limit ends that. */
    if (rust_demangle_callback(mangled, DMGL_ANSI, append, to))
        return true;
    to->length = 0;
    /* Of C++ names the limit would also refuse those of more than 1,024 bytes; looks_mangled bounds the
     * length instead. */
    return cplus_demangle_v3_callback(mangled, DMGL_ANSI | DMGL_NO_RECURSE_LIMIT, append, to) != 0;
}

/* Which file a function is in says more than that its namespace has no name. */
static void drop_anonymous(char *text)
{
    static const char anonymous[] = "(anonymous namespace)::";
    const size_t length = sizeof anonymous - 1;
    for (char *at = strstr(text, anonymous); at; at = strstr(at, anonymous))
        memmove(at, at + length, strlen(at + length) + 1);
}

/* thread_local! of Rust makes a variable in a closure of a constant, which has the name that was given. */
static void drop_internal(char *text)
{
    char *last = strstr(text, "::__RUST_STD_INTERNAL_VAL");
    char *constant = strstr(text, "::{{constant}}");
    if (last && constant && constant < last)
        *constant = '\0';
}

static void drop_abi_tags(char *text)
{
    static const char tag[] = "[abi:";
    for (char *at = strstr(text, tag); at; at = strstr(at, tag)) {
        const char *end = strchr(at, ']');
        if (!end)
            return;
        memmove(at, end + 1, strlen(end + 1) + 1);
    }
}

/* The demangled name, or a copy of the name; NULL when memory ran out. */
static char *demangle(const char *mangled, bool without_abi_tags)
{
    output to = {.text = malloc(HG_DEMANGLED_MOST + 1)};
    if (!to.text)
        return NULL;
    bool demangled = demangle_into(&to, mangled);
    to.text[to.length] = '\0';
    drop_anonymous(to.text);
    drop_internal(to.text);
    if (without_abi_tags)
        drop_abi_tags(to.text);
    char *shown = strdup(demangled && to.length > 0 ? to.text : mangled);
    free(to.text);
    return shown;
}

static void free_name(void *given)
{
    name *freed = given;
    free(freed->mangled);
    free(freed->shown);
    free(freed);
}

const char *hg_demangle(hg_demangler *demangler, const char *mangled)
{
    if (!looks_mangled(mangled))
        return mangled;
    const name key = {.mangled = (char *)mangled};
    name **known = tfind(&key, &demangler->names, compare_names);
    if (known)
        return (*known)->shown;
    name *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    made->mangled = strdup(mangled);
    made->shown = demangle(mangled, demangler->without_abi_tags);
    if (made->mangled && made->shown && tsearch(made, &demangler->names, compare_names))
        return made->shown;
    free_name(made);
    return NULL;
}

void hg_demangler_clear(hg_demangler *demangler)
{
    tdestroy(demangler->names, free_name);
    demangler->names = NULL;
}
