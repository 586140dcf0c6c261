/* A map that a program writes for perf; any address. */
#include "fuzz.h"

#include "symbols/perf_map.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint64_t addresses[] = {0, 1, 0x1000, 0x7f0000001000, UINT64_MAX};
    int fd = open(fuzz_file(data, size), O_RDONLY | O_CLOEXEC);
    fuzz_require(fd >= 0, "the file is there");
    hg_perf_map *map = hg_perf_map_read(fd);
    close(fd);
    fuzz_require(map != NULL, "there is memory");
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        const hg_symbol *found = hg_perf_map_find(map, addresses[i]);
        fuzz_require(!found ||
                         (found->function[0] && strlen(found->function) + strlen(found->file) <= size + 16),
                     "a name comes from the file");
    }
    hg_perf_map_free(map);
    return 0;
}
