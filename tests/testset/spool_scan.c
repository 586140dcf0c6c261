/* A mail queue runner that looks through a directory every 100 ops. The mistake: when it finds what it
 * looked for it returns without closedir(). Healthy: the directory is closed after each scan. */
#include "pair.h"
#include <dirent.h>

static unsigned scans;
static unsigned hits;

PAIR_NOINLINE static int spool_scan(const char *wanted)
{
    DIR *directory = opendir("/proc/self/fdinfo");
    if (!directory)
        return 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (wanted && strcmp(entry->d_name, wanted) == 0) {
            if (!LEAKS)
                closedir(directory);
            return 1;
        }
    }
    closedir(directory);
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    if (i % 100 != 50)
        return 0;
    scans++;
    hits += (unsigned)spool_scan(scans % 20 == 0 ? "." : "no-such-entry");
    return hits > scans;
}
