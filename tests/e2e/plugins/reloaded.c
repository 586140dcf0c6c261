/* A hot reload: each op loads a library by a new name that is gone at once, loses a block in it,
 * unloads it. */
#include "cases.h"

#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

static void *volatile kept;

int heapgate_iterate(uint64_t i)
{
    char name[64];
    void *(*lose)(void);
    snprintf(name, sizeof name, "/tmp/heapgate-reloaded-%d-%llu.so", (int)getpid(), (unsigned long long)i);
    REQUIRE(symlink(HG_PLUGIN_DIR "/unloaded_first.so", name) == 0);
    void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    REQUIRE(unlink(name) == 0 && library);
    void *found = dlsym(library, "lose_in_first");
    REQUIRE(found);
    memcpy(&lose, &found, sizeof lose);
    kept = lose();
    REQUIRE(kept);
    REQUIRE(dlclose(library) == 0);
    return 0;
}
