#include "runner/allocator_stats.h"

#include <dlfcn.h>
#include <link.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const hg_allocator_stats unknown = {.allocated_bytes = -1, .mapped_bytes = -1, .kept_bytes = -1};

/* A symbol that the object itself defines, not one of the libraries it needs; NULL when there is none. */
static void *find_own(const struct link_map *object, const char *name)
{
    void *handle = dlopen(object->l_name, RTLD_LAZY | RTLD_NOLOAD);
    if (!handle)
        return NULL;
    Dl_info info;
    struct link_map *owner = NULL;
    void *symbol = dlsym(handle, name);
    if (symbol && !dladdr1(symbol, &info, (void **)&owner, RTLD_DL_LINKMAP))
        symbol = NULL;
    dlclose(handle);
    return owner == object ? symbol : NULL;
}

/* The same, as the function pointer behind ret_function. */
static bool bind(const struct link_map *object, const char *name, void *ret_function)
{
    void *symbol = find_own(object, name);
    memcpy(ret_function, &symbol, sizeof symbol);
    return symbol != NULL;
}

static struct mallinfo2 (*glibc_info)(void);

static bool find_glibc(const struct link_map *object)
{
    return bind(object, "mallinfo2", &glibc_info);
}

static hg_allocator_stats ask_glibc(void)
{
    struct mallinfo2 info = glibc_info();
    return (hg_allocator_stats){
        .allocated_bytes = (int64_t)(info.uordblks + info.hblkhd),
        .mapped_bytes = (int64_t)(info.arena + info.hblkhd),
    };
}

static int (*jemalloc_control)(const char *name, void *old, size_t *old_size, void *new, size_t new_size);

static bool find_jemalloc(const struct link_map *object)
{
    return bind(object, "mallctl", &jemalloc_control);
}

static int64_t jemalloc_figure(const char *name)
{
    size_t value = 0;
    size_t size = sizeof value;
    return jemalloc_control(name, &value, &size, NULL, 0) == 0 ? (int64_t)value : -1;
}

/* Its figures stand still until the epoch is written. */
static hg_allocator_stats ask_jemalloc(void)
{
    uint64_t epoch = 1;
    if (jemalloc_control("epoch", NULL, NULL, &epoch, sizeof epoch) != 0)
        return unknown;
    return (hg_allocator_stats){
        .allocated_bytes = jemalloc_figure("stats.allocated"),
        .mapped_bytes = jemalloc_figure("stats.active"),
        .kept_bytes = jemalloc_figure("stats.resident"),
    };
}

/* mi_heap_area_t of mimalloc 2.0.9: used counts blocks. Later versions add members behind these. */
typedef struct mimalloc_area {
    void *blocks;
    size_t reserved, committed, used, block_size;
} mimalloc_area;

typedef bool mimalloc_visitor(const void *heap, const mimalloc_area *area, void *block, size_t block_size,
                              void *sum);

static struct {
    void *(*default_heap)(void);
    bool (*visit)(const void *heap, bool blocks, mimalloc_visitor *visitor, void *sum);
    void (*process)(size_t *elapsed, size_t *user, size_t *system, size_t *rss, size_t *peak_rss,
                    size_t *commit, size_t *peak_commit, size_t *faults);
    void (*merge)(void);
    int (*version)(void);
} mimalloc;

static bool find_mimalloc(const struct link_map *object)
{
    bool tells_of_heaps = bind(object, "mi_stats_merge", &mimalloc.merge) &&
                          bind(object, "mi_heap_get_default", &mimalloc.default_heap) &&
                          bind(object, "mi_heap_visit_blocks", &mimalloc.visit);
    return bind(object, "mi_process_info", &mimalloc.process) &&
           bind(object, "mi_version", &mimalloc.version) && (tells_of_heaps || mimalloc.version() >= 300);
}

static int64_t processor_ns(clockid_t clock)
{
    struct timespec time;
    return clock_gettime(clock, &time) == 0 ? (int64_t)time.tv_sec * 1000000000 + time.tv_nsec : -1;
}

/*
 * Whether this thread is the only one that ever ran in the process: then the process has used no more
 * processor time than the thread. The process' clock keeps the time of threads that have ended, and the
 * shortest thread takes far longer than the two calls here are apart.
 */
static bool was_always_alone(void)
{
    int64_t process = processor_ns(CLOCK_PROCESS_CPUTIME_ID);
    return process >= 0 && process <= processor_ns(CLOCK_THREAD_CPUTIME_ID);
}

static bool add_area(const void *heap, const mimalloc_area *area, void *block, size_t block_size, void *sum)
{
    (void)heap;
    (void)block;
    (void)block_size;
    hg_allocator_stats *stats = sum;
    stats->allocated_bytes += (int64_t)(area->used * area->block_size);
    stats->mapped_bytes += (int64_t)area->committed;
    return true;
}

static int64_t mimalloc_commit(void)
{
    size_t times[3];
    size_t rss[2];
    size_t commit[2];
    size_t faults;
    if (mimalloc.merge) /* gone from 3.6 */
        mimalloc.merge();
    mimalloc.process(&times[0], &times[1], &times[2], &rss[0], &rss[1], &commit[0], &commit[1], &faults);
    return (int64_t)commit[0];
}

/*
 * Commit rises by segments of 32 MiB, in which fragmentation drowns; the areas in use show it. A heap of
 * mimalloc 3 gives up its full pages, and does not show them.
 */
static hg_allocator_stats ask_mimalloc(void)
{
    hg_allocator_stats stats = {0};
    if (mimalloc.version() >= 300 || !was_always_alone())
        return (hg_allocator_stats){.allocated_bytes = -1, .mapped_bytes = mimalloc_commit()};
    mimalloc.visit(mimalloc.default_heap(), false, add_area, &stats);
    return stats;
}

static int (*tcmalloc_property)(const char *name, size_t *ret_value);

static bool find_tcmalloc(const struct link_map *object)
{
    return bind(object, "MallocExtension_GetNumericProperty", &tcmalloc_property);
}

static int64_t tcmalloc_figure(const char *name)
{
    size_t value = 0;
    return tcmalloc_property(name, &value) ? (int64_t)value : -1;
}

/* The heap's size includes pages that were given back and only keep their addresses. */
static hg_allocator_stats ask_tcmalloc(void)
{
    int64_t heap = tcmalloc_figure("generic.heap_size");
    int64_t unmapped = tcmalloc_figure("tcmalloc.pageheap_unmapped_bytes");
    return (hg_allocator_stats){
        .allocated_bytes = tcmalloc_figure("generic.current_allocated_bytes"),
        .mapped_bytes = heap < 0 || unmapped < 0 ? -1 : heap - unmapped,
    };
}

/* An allocator that can be asked, and how: a new one is two functions and a line. */
static const struct source {
    bool (*find)(const struct link_map *object);
    hg_allocator_stats (*ask)(void);
} sources[] = {
    {find_glibc, ask_glibc},
    {find_jemalloc, ask_jemalloc},
    {find_mimalloc, ask_mimalloc},
    {find_tcmalloc, ask_tcmalloc},
};

static const struct source *chosen;

static const char *file_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static const struct link_map *find_allocator(const void *probe_code)
{
    Dl_info info;
    struct link_map *object;
    if (!dladdr1(probe_code, &info, (void **)&object, RTLD_DL_LINKMAP))
        return NULL;
    /* The C library has a malloc, too, but who asks for it by name is given the probe's. */
    do
        object = object->l_next;
    while (object && !find_own(object, "malloc") && !find_own(object, "gnu_get_libc_version"));
    return object;
}

bool hg_allocator_stats_start(const void *probe_code, hg_record_header *header)
{
    static const char own[] = "libc.so.6";
    const char *asked = header->asked_allocator;
    const struct link_map *object = find_allocator(probe_code);
    const char *found = object ? file_of(object->l_name) : "no allocator";
    chosen = NULL;
    if (!object || (asked[0] && strcmp(found, asked) != 0)) {
        snprintf(header->message, sizeof header->message, "the process runs on %s, not on %s as asked", found,
                 asked[0] ? asked : own);
        return false;
    }
    if (!asked[0] && strcmp(found, own) != 0)
        snprintf(header->allocator, sizeof header->allocator, "%s", found);
    for (size_t i = 0; i < sizeof sources / sizeof *sources && !chosen; i++)
        if (sources[i].find(object))
            chosen = &sources[i];
    return true;
}

hg_allocator_stats hg_allocator_stats_now(void)
{
    hg_allocator_stats stats = chosen ? chosen->ask() : unknown;
    /* Most count all that they keep. */
    stats.kept_bytes = stats.kept_bytes ? stats.kept_bytes : stats.mapped_bytes;
    return stats;
}
