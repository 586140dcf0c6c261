/* Blocks of a malloc that was looked up by name: in the C library, or after this object. */
#include <dlfcn.h>
#include <heapgate/workload.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 40 };

static void *(*found_malloc)(size_t size);
static void *(*found_realloc)(void *block, size_t size);
static void (*found_free)(void *block);

int heapgate_setup(void)
{
    const char *chosen = getenv("HEAPGATE_TEST_CASE");
    void *where = chosen && strcmp(chosen, "next") == 0 ? RTLD_NEXT : dlopen("libc.so.6", RTLD_LAZY);
    *(void **)&found_malloc = dlsym(where, "malloc");
    *(void **)&found_realloc = dlsym(where, "realloc");
    *(void **)&found_free = dlsym(where, "free");
    return !found_malloc || !found_realloc || !found_free || dlsym(where, "no_such_function");
}

static int take(uint64_t i) /* here: take */
{
    char *block = found_realloc(found_malloc(SIZE / 2), SIZE);
    if (!block)
        return 1;
    block[SIZE - 1] = 1;
    if (i % 10 != 0)
        found_free(block);
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    /* Each kind may be freed by the other's function. */
    void *mixed = i % 2 ? malloc(SIZE) : found_malloc(SIZE);
    (i % 3 ? free : found_free)(mixed);
    return take(i);
}
