/* A jitdump that a program writes for perf: whatever it is, its text is the whole lines of a perf map. */
#include "fuzz.h"

#include "symbols/jitdump.h"
#include "symbols/perf_map.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MOST = 1 << 20 };
    size_t length = 0;
    int fd = open(fuzz_file(data, size), O_RDONLY | O_CLOEXEC);
    fuzz_require(fd >= 0, "the file is there");
    char *text = hg_jitdump_as_map(fd, MOST, &length);
    fuzz_require(text != NULL, "there is memory");
    fuzz_require(strlen(text) == length && (length == 0 || text[length - 1] == '\n'), "lines are whole");
    free(text);
    hg_perf_map *map = hg_perf_map_read(fd);
    fuzz_require(map != NULL, "there is memory");
    hg_perf_map_find(map, 0x1000);
    hg_perf_map_free(map);
    close(fd);
    return 0;
}
