#include "probe/real.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

hg_real hg_real_allocator;
void *(*hg_real_dlsym)(void *handle, const char *name);

alignas(64) char hg_real_arena[HG_REAL_ARENA_BYTES];
static _Atomic size_t arena_used;

bool hg_real_known;
bool hg_real_has_headers;

void *hg_real_arena_alloc(size_t size, size_t alignment)
{
    if (alignment < 16)
        alignment = 16;
    if (size > HG_REAL_ARENA_BYTES || alignment > HG_REAL_ARENA_BYTES)
        return NULL;
    const size_t header = 16;
    size_t room = header + size + alignment + 15;
    size_t start = atomic_fetch_add(&arena_used, room & ~(size_t)15) + header;
    if (start > HG_REAL_ARENA_BYTES - size || start + alignment > HG_REAL_ARENA_BYTES - size)
        return NULL;
    uintptr_t block = ((uintptr_t)hg_real_arena + start + alignment - 1) & ~(uintptr_t)(alignment - 1);
    char *memory = hg_real_arena + (block - (uintptr_t)hg_real_arena);
    const size_t mapped = HG_REAL_HEADER_MAPPED;
    memcpy(memory - sizeof mapped, &mapped, sizeof mapped);
    return memory;
}

size_t hg_real_arena_extent(const void *block)
{
    HG_PROBE_ASSERT(hg_real_in_arena(block));
    return HG_REAL_ARENA_BYTES - ((uintptr_t)block - (uintptr_t)hg_real_arena);
}

void *hg_real_symbol(void *handle, const char *name)
{
    if (!hg_real_dlsym) {
        void *found = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34"); /* since it is no longer in libdl */
        memcpy(&hg_real_dlsym, &found, sizeof found);
    }
    return hg_real_dlsym(handle, name);
}

static void free_beside_arena(void *block)
{
    if (!hg_real_in_arena(block))
        hg_real_allocator.free(block);
}

bool hg_real_look_up(void)
{
    /* The first allocation comes from the dynamic linker, before there are threads. */
    static bool looking;
    if (looking)
        return false;
    looking = true;
    HG_REAL_FIND(hg_real_allocator.calloc, "calloc");
    HG_REAL_FIND(hg_real_allocator.malloc, "malloc");
    HG_REAL_FIND(hg_real_allocator.realloc, "realloc");
    HG_REAL_FIND(hg_real_allocator.free, "free");
    HG_REAL_FIND(hg_real_allocator.posix_memalign, "posix_memalign");
    HG_REAL_FIND(hg_real_allocator.aligned_alloc, "aligned_alloc");
    HG_REAL_FIND(hg_real_allocator.memalign, "memalign");
    HG_REAL_FIND(hg_real_allocator.usable_size, "malloc_usable_size");
    HG_REAL_FIND(hg_real_allocator.dlclose, "dlclose");
    HG_REAL_FIND(hg_real_allocator.iconv_close, "iconv_close");
    HG_REAL_FIND(hg_real_allocator.getattr_np, "pthread_getattr_np");
    HG_REAL_FIND(hg_real_allocator.pthread_create, "pthread_create");
    hg_real_allocator.asleep_malloc = hg_real_allocator.malloc;
    hg_real_allocator.asleep_free = atomic_load(&arena_used) > 0 ? free_beside_arena : hg_real_allocator.free;
    hg_real_known = true;
    return true;
}

static bool is_of_c_library(uintptr_t code)
{
    Dl_info library, found;
    return dladdr((const void *)(uintptr_t)gnu_get_libc_version, &library) != 0 &&
           dladdr((const void *)code, &found) != 0 && library.dli_fbase == found.dli_fbase;
}

bool hg_real_is_c_library(void)
{
    static _Atomic int answer; /* 0: not known, 1: no, 2: yes */
    const hg_real *real = &hg_real_allocator;
    int known = atomic_load_explicit(&answer, memory_order_relaxed);
    if (known == 0) {
        bool is = is_of_c_library((uintptr_t)real->malloc) && is_of_c_library((uintptr_t)real->calloc) &&
                  is_of_c_library((uintptr_t)real->realloc) && is_of_c_library((uintptr_t)real->free);
        known = is ? 2 : 1;
        atomic_store_explicit(&answer, known, memory_order_relaxed);
    }
    return known == 2;
}

void hg_real_check_headers(void)
{
    enum { MOST_BYTES = 64 * 1024 }; /* larger ones may be mapped on their own */
    const hg_real *real = &hg_real_allocator;
    bool same = hg_real_is_c_library() && is_of_c_library((uintptr_t)real->usable_size);
    for (size_t bytes = 1; same && bytes < MOST_BYTES; bytes += bytes / 8 + 1) {
        void *block = real->malloc(bytes);
        same = block && !hg_real_is_mapped(hg_real_header(block)) &&
               hg_real_header_size(hg_real_header(block)) == real->usable_size(block);
        real->free(block);
    }
    hg_real_has_headers = same;
}
