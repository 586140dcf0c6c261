#include "operators.h"

#include "real.h"
#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

hg_operator_function *hg_operators_instead[HG_OPERATOR_COUNT];

#define NAME(name) #name,
static const char *const names[] = {HG_OPERATORS(NAME)};

static const char *const libraries[] = {"libstdc++.so.6", "libc++.so.1", "libc++abi.so.1"};

static hg_operator_function *as_function(void *symbol)
{
    hg_operator_function *function;
    memcpy(&function, &symbol, sizeof function);
    return function;
}

/* A plug-in brings its C++ library in a scope of its own, where RTLD_NEXT does not look. */
hg_operator_function *hg_operators_next(hg_operator which)
{
    void *found = dlsym(RTLD_NEXT, names[which]);
    for (size_t i = 0; !found && i < sizeof libraries / sizeof *libraries; i++) {
        void *library = dlopen(libraries[i], RTLD_LAZY | RTLD_NOLOAD);
        if (!library)
            continue;
        found = dlsym(library, names[which]);
        hg_real_allocator.dlclose(library);
    }
    return as_function(found);
}

/* The module that the symbol lies in; all zero when there is none. */
static Dl_info module_of(const void *symbol)
{
    Dl_info module = {0};
    if (symbol && dladdr(symbol, &module) == 0)
        module = (Dl_info){0};
    return module;
}

static bool is_of_cxx_library(const Dl_info *module)
{
    const char *slash = strrchr(module->dli_fname, '/');
    const char *file = slash ? slash + 1 : module->dli_fname;
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        if (strcmp(file, libraries[i]) == 0)
            return true;
    return false;
}

/* Asked in a way that leaves no error behind: the C library would free its text in the program's next dlsym,
 * which may well be in a free of the program's own. */
static bool cxx_library_is_there(void)
{
    void *found = NULL;
    for (size_t i = 0; !found && i < sizeof libraries / sizeof *libraries; i++)
        found = dlopen(libraries[i], RTLD_LAZY | RTLD_NOLOAD);
    if (found)
        hg_real_allocator.dlclose(found);
    return found != NULL;
}

void hg_operators_start(void)
{
    if (!hg_real_resolve() || !cxx_library_is_there())
        return;
    hg_operator_function *next[HG_OPERATOR_COUNT] = {0};
    void *ours = module_of(names).dli_fbase;
    void *allocator = module_of((const void *)(uintptr_t)hg_real_allocator.malloc).dli_fbase;
    bool replaced = false;
    for (int i = 0; i < HG_OPERATOR_COUNT; i++) {
        void *symbol = dlsym(RTLD_NEXT, names[i]);
        Dl_info behind = module_of(symbol);
        /* In front is the program itself. */
        replaced = replaced || module_of(dlsym(RTLD_DEFAULT, names[i])).dli_fbase != ours;
        if (!symbol || !behind.dli_fname || behind.dli_fbase == allocator)
            continue;
        replaced = replaced || !is_of_cxx_library(&behind);
        next[i] = as_function(symbol);
    }
    dlerror(); /* the program's to fail, not ours */
    if (replaced)
        memcpy(hg_operators_instead, next, sizeof next);
}
