/*
 * The text of jemalloc's and of tcmalloc's (gperftools) heap profilers:
 *
 *     heap_v2/524288                                   heap profile:  28:  4096 [ 99: 8192] @ heapprofile
 *       t*: 28106: 56637512 [0: 0]                       28:  4096 [ 99:  8192] @ 0x402be8 0x4058b9
 *     @ 0x402be8 0x4058b9
 *       t*: 13: 6688 [0: 0]                            MAPPED_LIBRARIES:
 *
 * then, for both, the memory map. jemalloc's heap_v2/N has the sampled blocks, one in N bytes; gperftools'
 * "heapprofile" has all of them, and its "heap_v2/N" is as jemalloc's.
 */
#include "series/readers.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct module {
    uint64_t begin, end, base;
    const char *path;
} module;

typedef struct heap_text {
    hg_series *series;
    hg_buffer modules; /* of module */
    hg_intern addresses;
    hg_buffer found;  /* by address: of extent */
    hg_buffer frames; /* of hg_series_frame */
    double period;    /* 0: all blocks are there */
    bool failed;      /* memory ran out */
} heap_text;

typedef struct extent {
    uint32_t begin, count;
} extent;

/* A program that is not position-independent has its own addresses. */
static bool has_fixed_addresses(const char *path)
{
    Elf64_Ehdr head = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    bool fixed = fd >= 0 && pread(fd, &head, sizeof head, 0) == (ssize_t)sizeof head &&
                 memcmp(head.e_ident, ELFMAG, SELFMAG) == 0 && head.e_type == ET_EXEC;
    if (fd >= 0)
        close(fd);
    return fixed;
}

/* "7fe8407c3000-7fe8407da000 r-xp 00003000 fe:00 332993   /usr/lib/libgcc_s.so.1" */
static void read_module(heap_text *from, char *line)
{
    unsigned long long begin, end, offset;
    int path_at = 0;
    if (sscanf(line, "%llx-%llx %*4s %llx %*s %*s %n", &begin, &end, &offset, &path_at) != 3 ||
        path_at == 0 || line[path_at] != '/')
        return;
    module made = {begin, end, begin - offset, line + path_at};
    size_t count = from->modules.size / sizeof made;
    module *known = (module *)(void *)from->modules.bytes;
    /* The first mapping of a file begins where it was loaded. */
    if (count > 0 && strcmp(known[count - 1].path, made.path) == 0)
        made.base = known[count - 1].base;
    else if (has_fixed_addresses(made.path))
        made.base = 0;
    hg_buffer_add(&from->modules, &made, sizeof made);
}

static const module *module_of(const heap_text *from, uint64_t address)
{
    const module *all = (const module *)(const void *)from->modules.bytes;
    size_t low = 0, high = from->modules.size / sizeof *all;
    /* The map is in order of addresses. */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (address >= all[middle].end)
            low = middle + 1;
        else
            high = middle;
    }
    return low < from->modules.size / sizeof *all && address >= all[low].begin ? &all[low] : NULL;
}

/* The memory map follows the stacks, which need it. Cuts the text there. */
static void read_map(heap_text *from, char *text)
{
    static const char mark[] = "MAPPED_LIBRARIES:";
    char *at = strstr(text, mark);
    if (!at)
        return;
    *at = '\0';
    for (char *line = at + sizeof mark - 1, *next; line; line = next) {
        next = hg_series_end_line(line);
        read_module(from, line);
    }
}

static extent resolve(heap_text *from, uint64_t address)
{
    hg_series_frame frames[HG_SERIES_FRAMES];
    const module *in = module_of(from, address);
    extent made = {(uint32_t)(from->frames.size / sizeof *frames), 1};
    if (in)
        made.count = (uint32_t)hg_series_resolve(from->series, in->path, address - in->base, frames, 0);
    else
        frames[0] = (hg_series_frame){.function = hg_series_string(from->series, ""),
                                      .file = hg_series_string(from->series, ""),
                                      .module = hg_series_string(from->series, ""),
                                      .offset = address};
    hg_buffer_add(&from->frames, frames, made.count * sizeof *frames);
    return made;
}

static size_t add_address(heap_text *from, uint64_t address, hg_series_frame *frames, size_t count)
{
    size_t known = from->addresses.count;
    size_t number = hg_intern_add(&from->addresses, &address, sizeof address);
    extent place;
    if (number == known && from->addresses.count > known) {
        place = resolve(from, address);
        hg_buffer_add(&from->found, &place, sizeof place);
    }
    from->failed |= from->addresses.failed || from->found.failed || from->frames.failed;
    if (from->failed)
        return count;
    memcpy(&place, from->found.bytes + number * sizeof place, sizeof place);
    size_t more = place.count < HG_SERIES_FRAMES - count ? place.count : HG_SERIES_FRAMES - count;
    if (more > 0)
        memcpy(frames + count, from->frames.bytes + place.begin * sizeof *frames, more * sizeof *frames);
    return count + more;
}

static size_t read_addresses(heap_text *from, char *text, hg_series_frame *frames)
{
    size_t count = 0;
    char *at = text, *end;
    while (count < HG_SERIES_FRAMES) {
        uint64_t address = strtoull(at, &end, 16);
        if (end == at)
            break;
        count = add_address(from, address, frames, count);
        at = end;
    }
    return count;
}

static void add_stack(heap_text *from, const hg_series_frame *frames, size_t count, long long blocks,
                      long long bytes)
{
    double live_bytes = (double)bytes, live_blocks = (double)blocks, variance;
    if (blocks <= 0 || bytes <= 0 || count == 0)
        return;
    hg_series_scale(from->period, false, &live_bytes, &live_blocks, &variance);
    from->series->sampled |= variance > 0;
    hg_series_add(from->series, frames, count, live_bytes, live_blocks, variance);
}

static void read_stacks(heap_text *from, char *text)
{
    hg_series_frame frames[HG_SERIES_FRAMES];
    size_t count = 0;
    for (char *line = text, *next; line && !from->failed; line = next) {
        long long blocks, bytes;
        next = hg_series_end_line(line);
        if (line[0] == '@') {
            count = read_addresses(from, line + 1, frames);
        } else if (sscanf(line, " t*: %lld: %lld", &blocks, &bytes) == 2) {
            add_stack(from, frames, count, blocks, bytes);
            count = 0;
        } else if (sscanf(line, " %lld: %lld [", &blocks, &bytes) == 2) {
            char *at = strchr(line, '@');
            count = at ? read_addresses(from, at + 1, frames) : 0;
            add_stack(from, frames, count, blocks, bytes);
            count = 0;
        }
    }
}

static bool read_head(heap_text *from, const char *line)
{
    const char *kind = strstr(line, "@ ");
    kind = kind ? kind + 2 : line;
    if (strncmp(kind, "heapprofile", 11) == 0)
        return true;
    if (strncmp(kind, "heap_v2/", 8) == 0)
        from->period = strtod(kind + 8, NULL);
    else if (strncmp(kind, "heap/", 5) == 0)
        from->period = strtod(kind + 5, NULL) / 2;
    return from->period >= 1 ||
           hg_series_fail(from->series, "its first line does not say which blocks it has: '%.80s'", line);
}

bool hg_series_read_heap_text(hg_series *series, char *text)
{
    heap_text from = {.series = series};
    bool complete = strstr(text, "MAPPED_LIBRARIES:") != NULL;
    char *stacks;
    read_map(&from, text);
    stacks = hg_series_end_line(text);
    bool jemalloc = strncmp(text, "heap_v2/", 8) == 0;
    bool done = hg_series_is(series, jemalloc ? "jemalloc" : "tcmalloc", false) && read_head(&from, text) &&
                (complete || hg_series_fail(series, "it is cut short: it has no map of libraries")) &&
                hg_series_add_point(series, -1);
    if (done && stacks)
        read_stacks(&from, stacks);
    if (from.failed || from.modules.failed)
        done = hg_series_fail(series, "out of memory");
    hg_buffer_free(&from.modules);
    hg_intern_free(&from.addresses);
    hg_buffer_free(&from.found);
    hg_buffer_free(&from.frames);
    return done;
}
