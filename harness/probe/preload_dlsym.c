/*
 * An allocation function of the C library that is looked up by name is the probe's. Interpreters look malloc
 * up that way for code without a compiler: Python's ctypes, Ruby's Fiddle, FFI of PHP and LuaJIT. Blocks of
 * one that was found past the probe would not be counted.
 *
 * Only where the C library's functions are next to the probe: an allocator that lies between may look for the
 * C library's to build on them.
 */
#include "probe/exported.h"
#include "probe/own_names.h"
#include "probe/real.h"
#include <dlfcn.h>
#include <string.h>

#define OWN(name, next)                                                                                      \
    {                                                                                                        \
#name, (void (*)(void))hg_own_##name, (void (*const *)(void)) & hg_real_allocator.next               \
    }

static const struct {
    const char *name;
    void (*own)(void);
    void (*const *next)(void);
} functions[] = {
    OWN(malloc, malloc),
    OWN(calloc, calloc),
    OWN(realloc, realloc),
    OWN(free, free),
    OWN(posix_memalign, posix_memalign),
    OWN(aligned_alloc, aligned_alloc),
    OWN(memalign, memalign),
    OWN(malloc_usable_size, usable_size),
};

/* NULL if the program is to get what the C library finds. */
static __attribute__((noinline)) void *find_own(void *handle, const char *name)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        void *own, *next;
        if (strcmp(name, functions[i].name) != 0)
            continue;
        if (!hg_real_resolve() || !hg_real_is_c_library())
            return NULL;
        memcpy(&own, &functions[i].own, sizeof own);
        memcpy(&next, functions[i].next, sizeof next);
        return handle == RTLD_NEXT || hg_real_symbol(handle, name) == next ? own : NULL;
    }
    return NULL;
}

/*
 * It hands over with a jump, even where the compiler does not optimise (see harness/CMakeLists.txt): what the
 * C library finds depends on who calls it, for RTLD_NEXT and RTLD_DEFAULT.
 */
HG_EXPORT void *dlsym(void *restrict handle, const char *restrict name)
{
    if (!hg_real_dlsym) /* before the probe's own constructor */
        return hg_real_symbol(handle, name);
    void *own = handle == RTLD_DEFAULT ? NULL : find_own(handle, name);
    return own ? own : hg_real_dlsym(handle, name);
}
