/* Maps that programs write for perf, sound and not: the function of an address, as its author named it. */
#include "symbols/perf_map.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static hg_perf_map *read_bytes(const void *bytes, size_t size)
{
    int fd = memfd_create("map", MFD_CLOEXEC);
    cr_assert(ge(int, fd, 0));
    cr_assert(eq(int, (int)write(fd, bytes, size), (int)size));
    hg_perf_map *map = hg_perf_map_read(fd);
    close(fd);
    cr_assert(ne(ptr, map, NULL));
    return map;
}

static hg_perf_map *read_map(const char *text)
{
    return read_bytes(text, strlen(text));
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

/* A jitdump, as its specification has it. */
typedef struct dump {
    unsigned char bytes[1024];
    size_t size;
} dump;

static void put(dump *to, const void *bytes, size_t size)
{
    memcpy(to->bytes + to->size, bytes, size);
    to->size += size;
}

static void put_words(dump *to, uint32_t first, uint32_t second, uint64_t third)
{
    put(to, &first, sizeof first);
    put(to, &second, sizeof second);
    put(to, &third, sizeof third);
}

static dump begin_dump(void)
{
    dump made = {.size = 0};
    put_words(&made, 0x4a695444, 1, 40);
    put_words(&made, 0, 0, 0);
    put(&made, &(uint64_t){0}, sizeof(uint64_t));
    return made;
}

static void put_code(dump *to, const char *name, uint64_t begin, uint64_t size)
{
    const uint64_t numbers[] = {begin, begin, size, 1};
    put_words(to, 0, (uint32_t)(56 + strlen(name) + 1 + size), 0);
    put(to, &(uint64_t){0}, sizeof(uint64_t));
    put(to, numbers, sizeof numbers);
    put(to, name, strlen(name) + 1);
    memset(to->bytes + to->size, 0xc3, size);
    to->size += size;
}

/* Two lines, the second one in the same file. */
static void put_lines(dump *to, uint64_t begin, const char *file)
{
    put_words(to, 2, (uint32_t)(32 + 16 + strlen(file) + 1 + 16 + 2), 0);
    put(to, &begin, sizeof begin);
    put(to, &(uint64_t){2}, sizeof(uint64_t));
    put(to, &begin, sizeof begin);
    put(to, (uint32_t[]){7, 0}, 2 * sizeof(uint32_t));
    put(to, file, strlen(file) + 1);
    put(to, &(uint64_t){begin + 8}, sizeof(uint64_t));
    put(to, (uint32_t[]){9, 0}, 2 * sizeof(uint32_t));
    put(to, "\xff", 2);
}

Test(harness_perf_map, reads_names_and_lines_of_a_jitdump)
{
    dump made = begin_dump();
    put_code(&made, "JS:*grow /app/a.js:2:3", 0x1000, 16);
    put_lines(&made, 0x2000, "Bar.java");
    put_code(&made, "com.Bar.run", 0x2000, 32);
    put_code(&made, "stub\nof two", 0x3000, 16);
    hg_perf_map *map = read_bytes(made.bytes, made.size);
    expect_symbol(map, 0x100f, "grow", "/app/a.js", 2);
    expect_symbol(map, 0x2007, "com.Bar.run", "Bar.java", 7);
    expect_symbol(map, 0x2008, "com.Bar.run", "Bar.java", 9);
    expect_symbol(map, 0x3000, "stub of two", "", 0);
    expect_nothing(map, 0x2020);
    hg_perf_map_free(map);
}

Test(harness_perf_map, reads_a_jitdump_up_to_where_it_is_not_sound)
{
    dump made = begin_dump();
    put_code(&made, "first", 0x1000, 16);
    size_t whole = made.size;
    put_code(&made, "second", 0x2000, 16);
    for (size_t size = 0; size < made.size; size++) {
        hg_perf_map *map = read_bytes(made.bytes, size);
        if (size >= whole)
            expect_symbol(map, 0x1000, "first", "", 0);
        else
            expect_nothing(map, 0x1000);
        expect_nothing(map, 0x2000);
        hg_perf_map_free(map);
    }
    memset(made.bytes + whole + 4, 0, 4); /* a record of no size */
    hg_perf_map *map = read_bytes(made.bytes, made.size);
    expect_symbol(map, 0x1000, "first", "", 0);
    expect_nothing(map, 0x2000);
    hg_perf_map_free(map);
}
