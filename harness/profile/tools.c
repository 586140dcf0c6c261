#include "profile/job.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * One entry per tool. The slowness was measured on a malloc-bound storm and rounded up. An opener has
 * Debian's names of the program and of its package.
 */
static const hg_tool tools[] = {
    {.name = "memcheck",
     .program = "valgrind",
     .package = "valgrind",
     .slowness = 50,
     .replaces_allocator = true,
     .growth = true,
     .caveat = "",
     .command = hg_memcheck_command,
     .read = hg_memcheck_read,
     .openers = {{"memcheck.xtleak.kcg", "kcachegrind", "kcachegrind", "kcachegrind %s"},
                 {"memcheck.xtleak.kcg", "callgrind_annotate", "valgrind",
                  "callgrind_annotate --inclusive=yes %s"},
                 {"memcheck.xml", "less", "less", "less %s"}}},
    {.name = "massif",
     .program = "valgrind",
     .package = "valgrind",
     .slowness = 20,
     .replaces_allocator = true,
     .growth = true,
     .caveat = "It gives no verdict: whether growth would end is for the reader to judge.",
     .command = hg_massif_command,
     .read = hg_massif_read,
     .openers = {{"massif.out", "massif-visualizer", "massif-visualizer", "massif-visualizer %s"},
                 {"massif.out", "ms_print", "valgrind", "ms_print %s"}}},
    {.name = "dhat",
     .program = "valgrind",
     .package = "valgrind",
     .slowness = 40,
     .replaces_allocator = true,
     .caveat =
         "It takes no snapshots: this is what was alive at the end, warm-up and one-time memory included.",
     .command = hg_dhat_command,
     .read = hg_dhat_read,
     .openers = {{"dhat.json", NULL, NULL,
                  "open file:///usr/libexec/valgrind/dh_view.html in a browser and load %s"}}},
    {.name = "heaptrack",
     .program = "heaptrack",
     .package = "heaptrack",
     .slowness = 10,
     .growth = true,
     .caveat = "What it calls leaked is what the measured rounds left alive, a cache that is still filling "
               "included.",
     .command = hg_heaptrack_command,
     .read = hg_heaptrack_read,
     .openers = {{"heaptrack.data", "heaptrack_gui", "heaptrack-gui", "heaptrack_gui %s"},
                 {"heaptrack.data", "heaptrack_print", "heaptrack",
                  "heaptrack_print --print-leaks=1 --file %s"}}},
    {.name = "jeprof",
     .program = "jeprof",
     .package = "libjemalloc-dev",
     .slowness = 50,
     .allocator = "jemalloc",
     .growth = true,
     .flat = true,
     .caveat = "It gives no verdict, and its bytes are jemalloc's size classes: up to a quarter more than "
               "was asked for.",
     .command = hg_jeprof_command,
     .read = hg_jeprof_read,
     .openers = {{"jeprof.last.heap", "jeprof", "libjemalloc-dev", "jeprof --text --lines --base=%b %r %s"}}},
    {0},
};

const hg_tool *hg_tools(void)
{
    return tools;
}

const hg_tool *hg_tool_find(const char *name)
{
    for (const hg_tool *tool = tools; tool->name; tool++)
        if (strcmp(tool->name, name) == 0)
            return tool;
    return NULL;
}

bool hg_tool_path(const char *program, char *ret_path, size_t path_size)
{
    const char *list = getenv("PATH");
    for (const char *at = list ? list : "/usr/local/bin:/usr/bin:/bin"; *at;) {
        size_t length = strcspn(at, ":");
        struct stat status;
        int used = snprintf(ret_path, path_size, "%.*s/%s", (int)length, at, program);
        /* a relative folder would be another one for the process that is started */
        if (at[0] == '/' && used > 0 && (size_t)used < path_size && access(ret_path, X_OK) == 0 &&
            stat(ret_path, &status) == 0 && S_ISREG(status.st_mode))
            return true;
        at += length + (at[length] == ':');
    }
    return false;
}
