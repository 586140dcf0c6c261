#include "allocators/allocators.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const hg_allocator allocators[] = {
    {"glibc", "", NULL, "libc6"},
    {"jemalloc", "libjemalloc.so.2", NULL, "libjemalloc2"},
    {"mimalloc", "libmimalloc.so.2", "libmimalloc.so.3", "libmimalloc-dev"},
    {"tcmalloc", "libtcmalloc_minimal.so.4", NULL, "libtcmalloc-minimal4"},
    {NULL, NULL, NULL, NULL},
};

const hg_allocator *hg_allocators(void)
{
    return allocators;
}

const hg_allocator *hg_allocator_find(const char *name)
{
    for (const hg_allocator *known = allocators; known->name; known++)
        if (strcmp(known->name, name) == 0)
            return known;
    return NULL;
}

void hg_allocator_names(const char *last_word, char *ret_names, size_t size)
{
    size_t used = 0;
    assert(size > 0);
    ret_names[0] = '\0';
    for (const hg_allocator *known = allocators; known->name && used < size; known++) {
        const char *before = known == allocators ? "" : known[1].name ? ", " : last_word;
        int length = snprintf(ret_names + used, size - used, "%s%s", before, known->name);
        used += length > 0 ? (size_t)length : 0;
    }
}

static bool find_library(const char *library, char *ret_path, size_t path_size)
{
#if defined(__aarch64__)
#define TRIPLET "aarch64-linux-gnu"
#else
#define TRIPLET "x86_64-linux-gnu"
#endif
    static const char *const folders[] = {"/usr/local/lib", "/usr/lib/" TRIPLET, "/lib/" TRIPLET,
                                          "/usr/lib64", "/usr/lib"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        int length = snprintf(ret_path, path_size, "%s/%s", folders[i], library);
        if (length > 0 && (size_t)length < path_size && access(ret_path, R_OK) == 0)
            return true;
    }
    return false;
}

bool hg_allocator_path(const hg_allocator *allocator, char *ret_path, size_t path_size)
{
    if (allocator->library[0] == '\0') {
        ret_path[0] = '\0';
        return true;
    }
    return find_library(allocator->library, ret_path, path_size) ||
           (allocator->later && find_library(allocator->later, ret_path, path_size));
}
