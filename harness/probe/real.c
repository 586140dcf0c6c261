#include "real.h"

#include <dlfcn.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

hg_real hg_real_allocator;

enum { ARENA_BYTES = 64 * 1024 };
static alignas(64) char arena[ARENA_BYTES];
static _Atomic size_t arena_used;

bool hg_real_known;

void *hg_real_arena_alloc(size_t size, size_t alignment)
{
    if (alignment < 16)
        alignment = 16;
    if (size > ARENA_BYTES || alignment > ARENA_BYTES)
        return NULL;
    size_t room = size + alignment + 15;
    size_t start = atomic_fetch_add(&arena_used, room & ~(size_t)15);
    if (start > ARENA_BYTES - size || start + alignment > ARENA_BYTES - size)
        return NULL;
    uintptr_t block = ((uintptr_t)arena + start + alignment - 1) & ~(uintptr_t)(alignment - 1);
    return arena + (block - (uintptr_t)arena);
}

bool hg_real_in_arena(const void *block)
{
    return (uintptr_t)block - (uintptr_t)arena < ARENA_BYTES;
}

size_t hg_real_arena_extent(const void *block)
{
    return ARENA_BYTES - ((uintptr_t)block - (uintptr_t)arena);
}

/* A function pointer out of dlsym's object pointer, by the route that ISO C leaves open. */
#define RESOLVE(member, symbol)                                                                              \
    do {                                                                                                     \
        void *found = dlsym(RTLD_NEXT, symbol);                                                              \
        __builtin_memcpy(&hg_real_allocator.member, &found, sizeof found);                                   \
    } while (0)

bool hg_real_look_up(void)
{
    /* The first allocation comes from the dynamic linker, before there are threads. */
    static bool looking;
    if (looking)
        return false;
    looking = true;
    RESOLVE(calloc, "calloc");
    RESOLVE(malloc, "malloc");
    RESOLVE(realloc, "realloc");
    RESOLVE(free, "free");
    RESOLVE(posix_memalign, "posix_memalign");
    RESOLVE(aligned_alloc, "aligned_alloc");
    RESOLVE(memalign, "memalign");
    RESOLVE(usable_size, "malloc_usable_size");
    RESOLVE(dlclose, "dlclose");
    hg_real_known = true;
    return true;
}

/* A plug-in brings its C++ library in a scope of its own, where RTLD_NEXT does not look. */
static void *find_operator(const char *symbol)
{
    static const char *const libraries[] = {"libstdc++.so.6", "libc++.so.1", "libc++abi.so.1"};
    void *found = dlsym(RTLD_NEXT, symbol);
    for (size_t i = 0; !found && i < sizeof libraries / sizeof *libraries; i++) {
        void *library = dlopen(libraries[i], RTLD_LAZY | RTLD_NOLOAD);
        if (!library)
            continue;
        found = dlsym(library, symbol);
        hg_real_allocator.dlclose(library);
    }
    return found;
}

void hg_real_resolve_operators(void)
{
    void *plain = find_operator("_Znwm");
    void *aligned = find_operator("_ZnwmSt11align_val_t");
    memcpy(&hg_real_allocator.operator_new, &plain, sizeof plain);
    memcpy(&hg_real_allocator.operator_new_aligned, &aligned, sizeof aligned);
}
