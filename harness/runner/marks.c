#include "runner/marks.h"

#include "record/assert.h"
#include <dlfcn.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <valgrind/memcheck.h>

/* A tool, and how to mark a checkpoint for it. */
typedef struct tool {
    const char *name;
    bool (*start)(void); /* false if it does not watch this process */
    bool (*mark)(void);
} tool;

static const tool *chosen;
static const char *prefix;
static uint32_t done, warmup_checkpoints, all_checkpoints;
static char *message;
static size_t message_bytes;

static bool complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

static bool complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, message_bytes, format, arguments);
    va_end(arguments);
    return false;
}

/* The file of this checkpoint. */
static void name_file(char *ret_path, size_t size)
{
    snprintf(ret_path, size, "%s%03u", prefix, done);
}

static bool is_valgrind(void)
{
    return RUNNING_ON_VALGRIND > 0;
}

/* The totals include what memcheck found lost before, and so grow only by what is new. */
static bool mark_memcheck(void)
{
    struct {
        unsigned long lost, possible, reachable, suppressed;
    } bytes = {0}, blocks = {0};
    VALGRIND_DO_ADDED_LEAK_CHECK;
    VALGRIND_COUNT_LEAKS(bytes.lost, bytes.possible, bytes.reachable, bytes.suppressed);
    VALGRIND_COUNT_LEAK_BLOCKS(blocks.lost, blocks.possible, blocks.reachable, blocks.suppressed);
    VALGRIND_PRINTF("heapgate checkpoint %u lost %lu %lu possible %lu %lu reachable %lu %lu", done,
                    blocks.lost, bytes.lost, blocks.possible, bytes.possible, blocks.reachable,
                    bytes.reachable);
    return true;
}

static bool mark_massif(void)
{
    char path[PATH_MAX];
    char request[PATH_MAX + 32];
    name_file(path, sizeof path);
    snprintf(request, sizeof request, "detailed_snapshot %s", path);
    return VALGRIND_MONITOR_COMMAND(request) == 0 ||
           complain("massif refused a snapshot at checkpoint %u", done);
}

static bool mark_nothing(void)
{
    return true;
}

static int (*jemalloc_control)(const char *name, void *old, size_t *old_size, void *new, size_t new_size);

/* A symbol's address as the function pointer behind ret_function. */
static bool find(const char *name, void *ret_function)
{
    void *symbol = dlsym(RTLD_DEFAULT, name);
    memcpy(ret_function, &symbol, sizeof symbol);
    return symbol != NULL;
}

static bool find_jemalloc(void)
{
    bool profiles = false;
    size_t size = sizeof profiles;
    if (!find("mallctl", &jemalloc_control))
        return complain("the process does not run on jemalloc");
    return (jemalloc_control("opt.prof", &profiles, &size, NULL, 0) == 0 && profiles) ||
           complain("this jemalloc was built without profiling (--enable-prof)");
}

static bool mark_jemalloc(void)
{
    char path[PATH_MAX];
    const char *name = path;
    name_file(path, sizeof path);
    int error = jemalloc_control("prof.dump", NULL, NULL, &name, sizeof name);
    return error == 0 || complain("jemalloc could not write %s: %s", path, strerror(error));
}

static void (*heaptrack_pause)(void), (*heaptrack_resume)(void), (*heaptrack_stop)(void);

static bool find_heaptrack(void)
{
    if (!find("heaptrack_pause", &heaptrack_pause) || !find("heaptrack_resume", &heaptrack_resume) ||
        !find("heaptrack_stop", &heaptrack_stop))
        return complain("heaptrack is not preloaded, or older than 1.2");
    heaptrack_pause();
    return true;
}

static bool mark_heaptrack(void)
{
    if (done + 1 == warmup_checkpoints)
        heaptrack_resume();
    if (done + 1 == all_checkpoints)
        heaptrack_stop();
    return true;
}

static const tool tools[] = {
    {"memcheck", is_valgrind, mark_memcheck},      {"massif", is_valgrind, mark_massif},
    {"dhat", is_valgrind, mark_nothing},           {"jeprof", find_jemalloc, mark_jemalloc},
    {"heaptrack", find_heaptrack, mark_heaptrack},
};

bool hg_marks_start(const char *given, uint32_t warmup, uint32_t checkpoints, char *ret_message,
                    size_t message_size)
{
    size_t length = strcspn(given, ":");
    prefix = given[length] ? given + length + 1 : "";
    message = ret_message;
    message_bytes = message_size;
    warmup_checkpoints = warmup;
    all_checkpoints = checkpoints;
    for (size_t i = 0; i < sizeof tools / sizeof *tools && !chosen; i++)
        if (strlen(tools[i].name) == length && strncmp(tools[i].name, given, length) == 0)
            chosen = &tools[i];
    if (!chosen)
        return complain("%s names no tool that this runner knows: %s", "HEAPGATE_MARKS", given);
    if (chosen->start())
        return true;
    return message[0] == '\0' ? complain("%s does not watch this process", chosen->name) : false;
}

int64_t hg_marks_checkpoint(void)
{
    HG_PROBE_ASSERT(chosen && done < all_checkpoints);
    bool marked = chosen->mark();
    done++;
    return marked ? 0 : -1;
}
