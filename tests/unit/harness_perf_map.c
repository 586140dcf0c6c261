/* Maps that programs write for perf, sound and not: the function of an address, as its author named it. */
#include "symbols/perf_map.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static hg_perf_map *read_map(const char *text)
{
    int fd = memfd_create("map", MFD_CLOEXEC);
    cr_assert(ge(int, fd, 0));
    cr_assert(eq(int, (int)write(fd, text, strlen(text)), (int)strlen(text)));
    hg_perf_map *map = hg_perf_map_read(fd);
    close(fd);
    cr_assert(ne(ptr, map, NULL));
    return map;
}

static void expect_symbol(const hg_perf_map *map, uint64_t address, const char *function, const char *file,
                          int line)
{
    const hg_symbol *found = hg_perf_map_find(map, address);
    cr_assert(ne(ptr, (void *)found, NULL), "nothing at %lx", (unsigned long)address);
    cr_expect(eq(str, (char *)found->function, (char *)function));
    cr_expect(eq(str, (char *)found->file, (char *)file));
    cr_expect(eq(int, found->line, line));
}

static void expect_nothing(const hg_perf_map *map, uint64_t address)
{
    cr_expect(eq(ptr, (void *)hg_perf_map_find(map, address), NULL), "at %lx", (unsigned long)address);
}

Test(harness_perf_map, splits_names_that_have_a_file)
{
    hg_perf_map *map = read_map("1000 10 JS:*remember /srv/my app/a.js:2:18\n"
                                "2000 10 LazyCompile:~ node:internal/timers:507:25\n"
                                "3000 10 Script:~ /srv/b.js:1:1\n"
                                "4000 10 py::Cache.add:/srv/cache.py\n"
                                "5000 10 Builtin:ArrayPush\n"
                                "6000 10 JS:^noFile\n");
    expect_symbol(map, 0x1000, "remember", "/srv/my app/a.js", 2);
    expect_symbol(map, 0x2000, "(anonymous)", "node:internal/timers", 507);
    expect_symbol(map, 0x3000, "(anonymous)", "/srv/b.js", 1);
    expect_symbol(map, 0x4000, "Cache.add", "/srv/cache.py", 0);
    expect_symbol(map, 0x5000, "Builtin:ArrayPush", "", 0);
    expect_symbol(map, 0x6000, "noFile", "", 0);
    hg_perf_map_free(map);
}

Test(harness_perf_map, finds_what_was_made_last_where_code_was_made_again)
{
    hg_perf_map *map = read_map("1000 100 old\n1080 10 inner\n1000 40 new\n");
    expect_symbol(map, 0x1000, "new", "", 0);
    expect_symbol(map, 0x103f, "new", "", 0);
    expect_symbol(map, 0x1040, "old", "", 0);
    expect_symbol(map, 0x1085, "inner", "", 0);
    expect_symbol(map, 0x10ff, "old", "", 0);
    expect_nothing(map, 0x1100);
    expect_nothing(map, 0xfff);
    hg_perf_map_free(map);
}

Test(harness_perf_map, passes_over_lines_that_are_not_sound)
{
    hg_perf_map *map = read_map("\n\nname\n1000\n1000 10\n1000 10 \n1000 0 empty\n-1 10 negative\n"
                                "ffffffffffffffff 10 wraps\n1000  10 wide\n2000 10 good\n1000 10 unfinished");
    expect_nothing(map, 0x1000);
    expect_nothing(map, 0);
    expect_nothing(map, UINT64_MAX);
    expect_symbol(map, 0x2008, "good", "", 0);
    hg_perf_map_free(map);
    map = read_map("");
    expect_nothing(map, 0);
    hg_perf_map_free(map);
}
