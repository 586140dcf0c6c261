/*
 * The exported functions that start programs. A program that gives its child an environment without
 * LD_PRELOAD would lose the probe; it is put back, with the variables that say where to count, unless
 * nobody would count there. Children that are started without fork are counted here.
 *
 * These run in children of vfork, too, in the memory and on the stack of a parent that waits: they
 * allocate nothing, and what they change of the record they take back when no program was started.
 */
#include "probe/counting.h"
#include "probe/descriptors.h"
#include "probe/exported.h"
#include "probe/passing.h"
#include "probe/real.h"
#include "record/scan_file.h"
#include <alloca.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST_VARIABLES = 512, LONGEST = 4096, PASSED = 5 };

/* NAME=VALUE, as this process got them. LD_PRELOAD is the first. */
static char passed[PASSED][LONGEST];
static const char *const names[PASSED] = {"LD_PRELOAD", HG_ENV_RECORD, HG_ENV_CHILDREN, HG_ENV_MARKS,
                                          HG_ENV_SCAN};
static char probe[LONGEST]; /* the first path of LD_PRELOAD; "": nothing is passed on */

typedef int spawn_function(pid_t *, const char *, const posix_spawn_file_actions_t *,
                           const posix_spawnattr_t *, char *const *, char *const *);

/* The C library's own. */
static struct {
    int (*execvpe)(const char *, char *const *, char *const *);
    spawn_function *posix_spawn, *posix_spawnp;
    int (*system)(const char *);
    FILE *(*popen)(const char *, const char *);
} real;

/* Early: in a child of a process with threads, dlsym might wait for a thread that is not there. */
static void resolve(void)
{
    if (real.popen)
        return;
    HG_REAL_FIND(real.execvpe, "execvpe");
    HG_REAL_FIND(real.posix_spawn, "posix_spawn");
    HG_REAL_FIND(real.posix_spawnp, "posix_spawnp");
    HG_REAL_FIND(real.system, "system");
    HG_REAL_FIND(real.popen, "popen");
}

static bool is_variable(const char *entry, const char *name)
{
    size_t length = strlen(name);
    return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

void hg_passing_remember(char **environment)
{
    resolve();
    for (char **entry = environment; entry && *entry; entry++)
        for (size_t i = 0; i < PASSED; i++)
            if (is_variable(*entry, names[i]) && strlen(*entry) < LONGEST)
                memcpy(passed[i], *entry, strlen(*entry) + 1);
    const char *first = passed[0][0] ? passed[0] + strlen(names[0]) + 1 : "";
    /* A workload of our runner is alone, and a name without a folder would not be found again. */
    if (first[0] == '/' && passed[1][0] && !strstr(passed[1], "=/proc/self/"))
        memcpy(probe, first, strcspn(first, ": "));
}

static bool is_in_owner(void)
{
    return hg_counting_attached() && getpid() == atomic_load(&hg_counting_record.header->owner);
}

static void count_child(uint32_t by)
{
    if (hg_counting_attached())
        atomic_fetch_add_explicit(&hg_counting_record.header->forks, by, memory_order_relaxed);
}

/* Whether this is a child of vfork: in the memory of its parent, and not the parent. */
static bool is_vforked(void)
{
    return hg_counting_attached() && !is_in_owner();
}

/* What an environment has of what is to be passed on. */
typedef struct environment_view {
    char *const *list;
    size_t count;
    const char *preload; /* its LD_PRELOAD=...; NULL: none */
    bool has_probe;
    bool present[PASSED];
} environment_view;

static environment_view look_through(char *const *environment)
{
    environment_view seen = {.list = environment};
    for (; environment && environment[seen.count]; seen.count++)
        for (size_t i = 0; i < PASSED; i++) {
            bool is_it = is_variable(environment[seen.count], names[i]);
            seen.present[i] |= is_it;
            seen.preload = is_it && i == 0 ? environment[seen.count] : seen.preload;
        }
    seen.has_probe = seen.preload && strstr(seen.preload, probe);
    return seen;
}

static bool is_complete(const environment_view *seen)
{
    return seen->count > MOST_VARIABLES || (seen->preload && strlen(seen->preload) >= LONGEST) ||
           (seen->has_probe && seen->present[1] && (seen->present[2] || !passed[2][0]));
}

/* The environment with the variables put back. list: room for PASSED + 1 more. preload: for both values. */
static void complete(const environment_view *seen, char **list, char *preload, size_t preload_bytes)
{
    size_t kept = 0;
    if (!seen->has_probe) {
        const char *others = seen->preload ? seen->preload + strlen(names[0]) + 1 : "";
        snprintf(preload, preload_bytes, "%s%s%s", passed[0], others[0] ? ":" : "", others);
        list[kept++] = preload;
    }
    for (size_t i = 0; i < seen->count; i++)
        if (seen->has_probe || seen->list[i] != seen->preload)
            list[kept++] = seen->list[i];
    for (size_t i = 1; i < PASSED; i++)
        if (passed[i][0] && !seen->present[i])
            list[kept++] = passed[i];
    list[kept] = NULL;
}

/* A call that starts a program, with all but the environment. */
typedef struct launch {
    int (*go)(const struct launch *launch, char *const *environment);
    bool replaces; /* the program comes in the place of the caller's */
    int at, flags; /* of execveat */
    const char *path;
    char *const *arguments;
    spawn_function *spawn;
    pid_t *ret_process;
    const posix_spawn_file_actions_t *actions;
    const posix_spawnattr_t *attributes;
} launch;

/* Starts it with the environment, or with what is made of it on the stack, as large as it has to be. */
static int start(const launch *what, char *const *environment)
{
    if (!probe[0] || (!passed[2][0] && !(what->replaces && is_in_owner())))
        return what->go(what, environment);
    environment_view seen = look_through(environment);
    if (is_complete(&seen))
        return what->go(what, environment);
    char **list = alloca((seen.count + PASSED + 1) * sizeof *list);
    size_t preload_bytes = strlen(passed[0]) + (seen.preload ? strlen(seen.preload) : 0) + 2;
    char *preload = alloca(preload_bytes);
    complete(&seen, list, preload, preload_bytes);
    return what->go(what, list);
}

/* In a child of vfork this counts it, unless it comes back. */
static int start_in_place(const launch *what, char *const *environment)
{
    bool vforked = is_vforked();
    if (vforked)
        count_child(1);
    int status = start(what, environment);
    if (vforked)
        count_child(UINT32_MAX);
    return status;
}

static int go_at(const launch *what, char *const *environment)
{
    return (
        int)(what->at == AT_FDCWD && what->flags == 0
                 ? syscall(SYS_execve, what->path, what->arguments, environment)
                 : syscall(SYS_execveat, what->at, what->path, what->arguments, environment, what->flags));
}

/* at: as for execveat; AT_FDCWD for a path alone. */
static int start_at(int at, const char *path, char *const *arguments, char *const *environment, int flags)
{
    const launch what = {
        .go = go_at, .replaces = true, .at = at, .path = path, .arguments = arguments, .flags = flags};
    return start_in_place(&what, environment);
}

static int go_search(const launch *what, char *const *environment)
{
    return real.execvpe(what->path, what->arguments, environment);
}

static int search_and_start(const char *file, char *const *arguments, char *const *environment)
{
    const launch what = {.go = go_search, .replaces = true, .path = file, .arguments = arguments};
    resolve();
    return start_in_place(&what, environment);
}

HG_EXPORT int execve(const char *path, char *const *arguments, char *const *environment)
{
    return start_at(AT_FDCWD, path, arguments, environment, 0);
}

HG_EXPORT int execv(const char *path, char *const *arguments)
{
    return start_at(AT_FDCWD, path, arguments, environ, 0);
}

HG_EXPORT int execveat(int at, const char *path, char *const *arguments, char *const *environment, int flags)
{
    return start_at(at, path, arguments, environment, flags);
}

HG_EXPORT int fexecve(int file, char *const *arguments, char *const *environment)
{
    return start_at(file, "", arguments, environment, AT_EMPTY_PATH);
}

HG_EXPORT int execvp(const char *file, char *const *arguments)
{
    return search_and_start(file, arguments, environ);
}

HG_EXPORT int execvpe(const char *file, char *const *arguments, char *const *environment)
{
    return search_and_start(file, arguments, environment);
}

/* The words of a call like execl, of which the first is given, with the NULL that ends them. */
static size_t count_words(va_list *rest)
{
    size_t count = 2;
    /* The analyser does not see va_start in the caller. */
    while (va_arg(*rest, char *)) // NOLINT(clang-analyzer-valist.Uninitialized)
        count++;
    return count;
}

/* Leaves rest behind the NULL. */
static void copy_words(const char *first, va_list *rest, char **ret_words)
{
    *ret_words = (char *)first;
    do
        *++ret_words = va_arg(*rest, char *);
    while (*ret_words);
}

/* The words are taken from the caller's stack as in the C library, which may not allocate here either. */
HG_EXPORT int execl(const char *path, const char *first, ...)
{
    va_list rest;
    va_start(rest, first);
    char **words = alloca(count_words(&rest) * sizeof *words);
    va_end(rest);
    va_start(rest, first);
    copy_words(first, &rest, words);
    va_end(rest);
    return start_at(AT_FDCWD, path, words, environ, 0);
}

HG_EXPORT int execle(const char *path, const char *first, ...)
{
    va_list rest;
    va_start(rest, first);
    char **words = alloca(count_words(&rest) * sizeof *words);
    va_end(rest);
    va_start(rest, first);
    copy_words(first, &rest, words);
    char *const *environment = va_arg(rest, char *const *);
    va_end(rest);
    return start_at(AT_FDCWD, path, words, environment, 0);
}

HG_EXPORT int execlp(const char *file, const char *first, ...)
{
    va_list rest;
    va_start(rest, first);
    char **words = alloca(count_words(&rest) * sizeof *words);
    va_end(rest);
    va_start(rest, first);
    copy_words(first, &rest, words);
    va_end(rest);
    return search_and_start(file, words, environ);
}

static int go_spawn(const launch *what, char *const *environment)
{
    return what->spawn(what->ret_process, what->path, what->actions, what->attributes, what->arguments,
                       environment);
}

static int spawn(const launch *what, char *const *environment)
{
    int error = start(what, environment);
    if (error == 0)
        count_child(1);
    return error;
}

#define SPAWN(name)                                                                                          \
    HG_EXPORT int name(pid_t *ret_process, const char *path, const posix_spawn_file_actions_t *actions,      \
                       const posix_spawnattr_t *attributes, char *const *arguments,                          \
                       char *const *environment)                                                             \
    {                                                                                                        \
        resolve();                                                                                           \
        const launch what = {.go = go_spawn,                                                                 \
                             .path = path,                                                                   \
                             .arguments = arguments,                                                         \
                             .spawn = real.name,                                                             \
                             .ret_process = ret_process,                                                     \
                             .actions = actions,                                                             \
                             .attributes = attributes};                                                      \
        return spawn(&what, environment);                                                                    \
    }

SPAWN(posix_spawn)
SPAWN(posix_spawnp)

HG_EXPORT int system(const char *command)
{
    resolve();
    if (command)
        count_child(1);
    return real.system(command);
}

HG_EXPORT FILE *popen(const char *command, const char *mode)
{
    resolve();
    FILE *stream = real.popen(command, mode);
    if (stream) {
        count_child(1);
        hg_descriptor_opened(fileno(stream), HG_CALLER);
    }
    return stream;
}
