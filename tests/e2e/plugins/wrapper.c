/* A library that is preloaded to count the allocations of a program, as many are: not a plug-in, but built
 * alike. */
#define EXPORT __attribute__((visibility("default")))

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static void *(*next_malloc)(size_t);
static void (*next_free)(void *);
static volatile unsigned long calls;

EXPORT void *malloc(size_t size)
{
    if (!next_malloc) {
        void *found = dlsym(RTLD_NEXT, "malloc");
        memcpy(&next_malloc, &found, sizeof found);
    }
    calls++;
    return next_malloc(size);
}

/* The look-up must have nothing to free, or it comes here again, and again. */
EXPORT void free(void *block)
{
    if (!next_free) {
        void *found = dlsym(RTLD_NEXT, "free");
        memcpy(&next_free, &found, sizeof found);
    }
    calls++;
    next_free(block);
}
