/* A crash reporter maps 16 KiB of a module every 30 ops to read its build id. The mistake: a module without
 * a build id (1 in 10) leaves the function before munmap(). Healthy: always unmapped; nothing is ever
 * allocated on the heap. */
#include "pair.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WINDOW = 16384 };
static int module = -1;
static uint64_t ids;

PAIR_NOINLINE static int build_id(bool stripped)
{
    unsigned char *map = mmap(NULL, WINDOW, PROT_READ, MAP_PRIVATE, module, 0);
    if (map == MAP_FAILED)
        return 1;
    if (stripped && LEAKS)
        return 0;
    if (!stripped)
        ids += map[18];
    return munmap(map, WINDOW);
}

int heapgate_setup(void)
{
    module = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    return module < 0;
}

int heapgate_iterate(uint64_t i)
{
    return i % 30 == 0 ? build_id(i / 30 % 10 == 4) : 0;
}

void heapgate_teardown(void)
{
    close(module);
}
