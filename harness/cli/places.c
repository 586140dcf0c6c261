#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where the parts lie beside the program: in the build folder, or once installed. */
static const char *const layouts[] = {"harness", "../libexec/heapgate"};

/* Absolute and without links or "..": call paths are compared with it. */
static bool find_part(const char *folder, const char *name, char *ret_path)
{
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        int length = snprintf(path, sizeof path, "%s/%s/%s", folder, layouts[i], name);
        if (length > 0 && (size_t)length < sizeof path && access(path, R_OK) == 0 && realpath(path, ret_path))
            return true;
    }
    hg_complain("%s is missing: it is neither in %s/%s nor in %s/%s; build or install heapgate again", name,
                folder, layouts[0], folder, layouts[1]);
    return false;
}

bool hg_places_find(hg_places *ret_places)
{
    ssize_t length = readlink("/proc/self/exe", ret_places->folder, sizeof ret_places->folder - 1);
    if (length <= 0) {
        hg_complain("cannot find out where heapgate is installed: is /proc mounted?");
        return false;
    }
    ret_places->folder[length] = '\0';
    *strrchr(ret_places->folder, '/') = '\0';
    /* The dynamic linker takes lists of paths apart at colons, and knows no way to quote them. */
    if (strpbrk(ret_places->folder, ":;")) {
        hg_complain("heapgate cannot run from a folder with a colon or semicolon in its path: %s",
                    ret_places->folder);
        return false;
    }
    return find_part(ret_places->folder, "heapgate-runner", ret_places->runner) &&
           find_part(ret_places->folder, "libheapgate-probe.so", ret_places->probe) &&
           find_part(ret_places->folder, "libheapgate-probe-jemalloc.so", ret_places->probe_jemalloc);
}

bool hg_places_find_part(const hg_places *places, const char *name, char ret_path[PATH_MAX])
{
    return find_part(places->folder, name, ret_path);
}

/* jemalloc has functions of its own, which only its build of the probe may have too. */
const char *hg_places_probe(const hg_places *places, const char *allocator)
{
    return strcmp(allocator, "jemalloc") == 0 ? places->probe_jemalloc : places->probe;
}
