#include "cli/places.h"

#include "cli/command.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where the parts are, seen from the program: in the build folder, and in an installation. */
static const char *const layouts[] = {"harness", "../libexec/heapgate"};

/* ret_path is absolute, without links or "..", because call paths are compared with it. */
static bool find_part(const char *folder, const char *name, char *ret_path)
{
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        int length = snprintf(path, sizeof path, "%s/%s/%s", folder, layouts[i], name);
        if (length > 0 && (size_t)length < sizeof path && access(path, R_OK) == 0 && realpath(path, ret_path))
            return true;
    }
    return hg_refuse("%s is missing: it is neither in %s/%s nor in %s/%s; build or install heapgate again",
                     name, folder, layouts[0], folder, layouts[1]);
}

bool hg_places_find(hg_places *ret_places)
{
    ssize_t length = readlink("/proc/self/exe", ret_places->folder, sizeof ret_places->folder - 1);
    if (length <= 0)
        return hg_refuse("cannot find out where heapgate is installed: is /proc mounted?");
    ret_places->folder[length] = '\0';
    *strrchr(ret_places->folder, '/') = '\0';
    /* The dynamic linker splits lists of paths at colons and semicolons, which cannot be quoted. */
    if (strpbrk(ret_places->folder, ":;"))
        return hg_refuse("heapgate cannot run from a folder with a colon or semicolon in its path: %s",
                         ret_places->folder);
    return find_part(ret_places->folder, "heapgate-runner", ret_places->runner) &&
           find_part(ret_places->folder, "libheapgate-probe.so", ret_places->probe) &&
           find_part(ret_places->folder, "libheapgate-probe-jemalloc.so", ret_places->probe_jemalloc);
}

bool hg_places_find_part(const hg_places *places, const char *name, char ret_path[PATH_MAX])
{
    return find_part(places->folder, name, ret_path);
}

/* Only the probe for jemalloc exports the functions that jemalloc adds to malloc. */
const char *hg_places_probe(const hg_places *places, const char *allocator)
{
    return strcmp(allocator, "jemalloc") == 0 ? places->probe_jemalloc : places->probe;
}
