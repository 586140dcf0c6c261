/*
 * Libraries that come and go: each op loads two, one after the other and so most likely to the same address,
 * loses a block in each, and unloads them.
 */
#include "cases.h"

#include <dlfcn.h>

static void *volatile kept;
static void *last_address;
static uint64_t same_address;

static int load_and_lose(const char *path, const char *symbol)
{
    void *(*lose)(void);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    REQUIRE(library);
    void *found = dlsym(library, symbol);
    REQUIRE(found);
    memcpy(&lose, &found, sizeof lose);
    same_address += found == last_address;
    last_address = found;
    kept = lose();
    REQUIRE(kept);
    REQUIRE(dlclose(library) == 0);
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    int failed = load_and_lose(HG_PLUGIN_DIR "/unloaded_first.so", "lose_in_first");
    if (!failed)
        failed = load_and_lose(HG_PLUGIN_DIR "/unloaded_other.so", "lose_in_other");
    /* Otherwise the case tests nothing. */
    return failed ? failed : i < 10 || same_address > 0 ? 0 : __LINE__;
}
