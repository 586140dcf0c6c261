/* A workload that loads the library of library.c by itself, and not in its first op. */
#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

__attribute__((visibility("default"))) int heapgate_iterate(uint64_t i);

int heapgate_iterate(uint64_t i)
{
    static void (*call)(void);
    if (!call && i >= 5) {
        void *library = dlopen("libhandled.so", RTLD_NOW);
        void *symbol = library ? dlsym(library, "library_call") : NULL;
        memcpy(&call, &symbol, sizeof call);
    }
    if (call)
        call();
    return i >= 5 && !call;
}
