#include "probe/operators.h"

#include "probe/counting.h"
#include "probe/real.h"
#include "record/assert.h"
#include <dlfcn.h>
#include <link.h>
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
static void *look_up(hg_operator which)
{
    void *found = hg_real_symbol(RTLD_NEXT, names[which]);
    for (size_t i = 0; !found && i < sizeof libraries / sizeof *libraries; i++) {
        void *library = dlopen(libraries[i], RTLD_LAZY | RTLD_NOLOAD);
        if (!library)
            continue;
        found = hg_real_symbol(library, names[which]);
        hg_real_allocator.dlclose(library);
    }
    return found;
}

/* What the dynamic linker allocates meanwhile is not the program's. */
hg_operator_function *hg_operators_next(hg_operator which)
{
    HG_PROBE_ASSERT(which < HG_OPERATOR_COUNT);
    bool enters = !hg_counting_busy;
    if (enters)
        hg_counting_enter();
    void *found = look_up(which);
    if (enters)
        hg_counting_leave();
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

static bool is_cxx_library(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *file = slash ? slash + 1 : path;
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        if (strcmp(file, libraries[i]) == 0)
            return true;
    return false;
}

static int note_cxx_library(struct dl_phdr_info *object, size_t size, void *ret_found)
{
    (void)size;
    *(bool *)ret_found = is_cxx_library(object->dlpi_name);
    return *(bool *)ret_found;
}

/*
 * Neither by dlsym, which would leave an error behind, whose text the C library frees in the program's next
 * dlsym; that may well be in a free of the program's own. Nor by dlopen: the libraries are not initialised
 * yet, and it would do that, without the environment.
 */
static bool cxx_library_is_there(void)
{
    bool found = false;
    dl_iterate_phdr(note_cxx_library, &found);
    return found;
}

void hg_operators_start(void)
{
    if (!hg_real_resolve() || !cxx_library_is_there())
        return;
    static hg_operator_function *next[HG_OPERATOR_COUNT];
    void *ours = module_of(names).dli_fbase;
    void *allocator = module_of((const void *)(uintptr_t)hg_real_allocator.malloc).dli_fbase;
    bool replaced = false;
    for (int i = 0; i < HG_OPERATOR_COUNT; i++) {
        void *symbol = hg_real_symbol(RTLD_NEXT, names[i]);
        Dl_info behind = module_of(symbol);
        /* In front is the program itself. */
        replaced = replaced || module_of(hg_real_symbol(RTLD_DEFAULT, names[i])).dli_fbase != ours;
        if (!symbol || !behind.dli_fname || behind.dli_fbase == allocator)
            continue;
        replaced = replaced || !is_cxx_library(behind.dli_fname);
        next[i] = as_function(symbol);
    }
    dlerror(); /* the program's to fail, not ours */
    for (int i = 0; replaced && i < HG_OPERATOR_COUNT; i++)
        hg_operators_instead[i] = next[i];
}
