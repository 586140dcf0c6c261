#include "cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool find_part(const char *folder, const char *name, char *ret_path)
{
    int length = snprintf(ret_path, PATH_MAX, "%s/harness/%s", folder, name);
    if (length > 0 && length < PATH_MAX && access(ret_path, R_OK) == 0)
        return true;
    hg_complain("%s is missing: build heapgate again", ret_path);
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
           find_part(ret_places->folder, "libheapgate-probe.so", ret_places->probe);
}
