/*
 * The exported symbols of the probe, and nothing else: each finds out where it was called and hands over to
 * probe.c.
 *
 * Built with frame pointers, so that __builtin_frame_address(0) points at the caller's saved frame pointer
 * with the return address right above it (x86-64 ABI).
 */
#include "probe.h"
#include "real.h"
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default"), noinline))

/* C23, not yet declared by the C library. */
void free_sized(void *block, size_t size);
void free_aligned_sized(void *block, size_t alignment, size_t size);

static inline __attribute__((always_inline)) hg_caller caller_at(const uintptr_t *frame)
{
    return (hg_caller){.slot = (uintptr_t)(frame + 1), .frame_pointer = frame[0]};
}
#define CALLER caller_at((const uintptr_t *)__builtin_frame_address(0))

/*
 * The linker flag initfirst runs this before every other constructor of the process. The C library has not
 * set environ by then, but hands the environment over.
 */
static __attribute__((constructor)) void attach(int argc, char **argv, char **environment)
{
    (void)argc;
    (void)argv;
    const size_t name = strlen(HG_ENV_RECORD "=");
    for (char **entry = environment; entry && *entry; entry++) {
        if (strncmp(*entry, HG_ENV_RECORD "=", name) != 0)
            continue;
        char message[256];
        /* A program started by the measured one has nothing to attach to, and just runs. */
        (void)hg_probe_attach(*entry + name, message, sizeof message);
        return;
    }
}

EXPORT void *malloc(size_t size)
{
    return hg_probe_malloc(size, CALLER);
}

EXPORT void *calloc(size_t count, size_t size)
{
    return hg_probe_calloc(count, size, CALLER);
}

EXPORT void *realloc(void *block, size_t size)
{
    return hg_probe_realloc(block, size, CALLER);
}

EXPORT void *reallocarray(void *block, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return hg_probe_realloc(block, bytes, CALLER);
}

EXPORT void free(void *block)
{
    hg_probe_free(block);
}

EXPORT void free_sized(void *block, size_t size)
{
    (void)size;
    hg_probe_free(block);
}

EXPORT void free_aligned_sized(void *block, size_t alignment, size_t size)
{
    (void)alignment;
    (void)size;
    hg_probe_free(block);
}

EXPORT int posix_memalign(void **ret_block, size_t alignment, size_t size)
{
    return hg_probe_posix_memalign(ret_block, alignment, size, CALLER);
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    return hg_real_resolve() ? hg_probe_aligned(hg_real_allocator.aligned_alloc, alignment, size, CALLER)
                             : hg_real_arena_alloc(size, alignment);
}

EXPORT void *memalign(size_t alignment, size_t size)
{
    return hg_real_resolve() ? hg_probe_aligned(hg_real_allocator.memalign, alignment, size, CALLER)
                             : hg_real_arena_alloc(size, alignment);
}

EXPORT void *valloc(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return hg_real_resolve() ? hg_probe_aligned(hg_real_allocator.memalign, page, size, CALLER)
                             : hg_real_arena_alloc(size, page);
}

EXPORT void *pvalloc(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (size > SIZE_MAX - page) {
        errno = ENOMEM;
        return NULL;
    }
    size = (size + page - 1) & ~(page - 1);
    return hg_real_resolve() ? hg_probe_aligned(hg_real_allocator.memalign, page, size, CALLER)
                             : hg_real_arena_alloc(size, page);
}

EXPORT size_t malloc_usable_size(void *block)
{
    return hg_probe_usable_size(block);
}

EXPORT int dlclose(void *handle)
{
    if (!hg_real_resolve())
        return -1;
    int status = hg_real_allocator.dlclose(handle);
    hg_probe_code_unloaded();
    return status;
}
