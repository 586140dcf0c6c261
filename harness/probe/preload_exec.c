/*
 * The exported functions that start programs. A program that gives its child an environment without
 * LD_PRELOAD would lose the probe; it is put back, with the variables that say where to count, unless
 * nobody would count there. Children that are started without fork are counted here.
 *
 * These run in children of vfork, too, in the memory and on the stack of a parent that waits: they
 * allocate nothing, and what they change of the record they take back when no program was started.
 */
#include "probe/counting.h"
#include "probe/exported.h"
#include "probe/passing.h"
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

enum { MOST_VARIABLES = 512, LONGEST = 4096, PASSED = 4 };

/* NAME=VALUE, as this process got them. LD_PRELOAD is the first. */
static char passed[PASSED][LONGEST];
static const char *const names[PASSED] = {"LD_PRELOAD", HG_ENV_RECORD, HG_ENV_CHILDREN, HG_ENV_MARKS};
static char probe[LONGEST]; /* the first path of LD_PRELOAD; "": nothing is passed on */

/* An environment with the variables put back. */
typedef struct completed {
    char preload[2 * LONGEST];
    char *list[MOST_VARIABLES + PASSED + 1];
} completed;

static bool is_variable(const char *entry, const char *name)
{
    size_t length = strlen(name);
    return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

void hg_passing_remember(char **environment)
{
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

/* The environment to start a program with: this one, or what is made of it in `made`. replaces: the program
 * comes in the place of the caller's. */
static char *const *complete(char *const *environment, bool replaces, completed *made)
{
    size_t count = 0;
    const char *preload = NULL;
    bool present[PASSED] = {false};
    if (!probe[0] || (!passed[2][0] && !(replaces && is_in_owner())))
        return environment;
    for (; environment && environment[count]; count++)
        for (size_t i = 0; i < PASSED; i++) {
            present[i] |= is_variable(environment[count], names[i]);
            preload = i == 0 && is_variable(environment[count], names[0]) ? environment[count] : preload;
        }
    bool has_probe = preload && strstr(preload, probe);
    if (count > MOST_VARIABLES || (preload && strlen(preload) >= LONGEST) ||
        (has_probe && present[1] && (present[2] || !passed[2][0])))
        return environment;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (has_probe || environment[i] != preload)
            made->list[kept++] = environment[i];
    for (size_t i = has_probe ? 1 : 0; i < PASSED; i++)
        if (passed[i][0] && (i == 0 || !present[i]))
            made->list[kept++] = passed[i];
    if (preload && !has_probe) {
        size_t length = strlen(passed[0]);
        memcpy(made->preload, passed[0], length);
        made->preload[length] = ':';
        const char *others = preload + strlen(names[0]) + 1;
        memcpy(made->preload + length + 1, others, strlen(others) + 1);
        for (size_t i = 0; i < kept; i++)
            if (made->list[i] == passed[0])
                made->list[i] = made->preload;
    }
    made->list[kept] = NULL;
    return made->list;
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

/* at: as for execveat; AT_FDCWD for a path alone. */
static int start(int at, const char *path, char *const *arguments, char *const *environment, int flags)
{
    completed made;
    bool vforked = is_vforked();
    char *const *complete_list = complete(environment, true, &made);
    if (vforked)
        count_child(1);
    long status = at == AT_FDCWD && flags == 0
                      ? syscall(SYS_execve, path, arguments, complete_list)
                      : syscall(SYS_execveat, at, path, arguments, complete_list, flags);
    if (vforked)
        count_child(UINT32_MAX);
    return (int)status;
}

static int search_and_start(const char *file, char *const *arguments, char *const *environment)
{
    static int (*real)(const char *, char *const *, char *const *);
    completed made;
    bool vforked = is_vforked();
    char *const *complete_list = complete(environment, true, &made);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "execvpe");
    if (vforked)
        count_child(1);
    int status = real(file, arguments, complete_list);
    if (vforked)
        count_child(UINT32_MAX);
    return status;
}

HG_EXPORT int execve(const char *path, char *const *arguments, char *const *environment)
{
    return start(AT_FDCWD, path, arguments, environment, 0);
}

HG_EXPORT int execv(const char *path, char *const *arguments)
{
    return start(AT_FDCWD, path, arguments, environ, 0);
}

HG_EXPORT int execveat(int at, const char *path, char *const *arguments, char *const *environment, int flags)
{
    return start(at, path, arguments, environment, flags);
}

HG_EXPORT int fexecve(int file, char *const *arguments, char *const *environment)
{
    return start(file, "", arguments, environment, AT_EMPTY_PATH);
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

HG_EXPORT int execl(const char *path, const char *first, ...)
{
    va_list rest;
    va_start(rest, first);
    /* cppcheck-suppress allocaCalled; the C library does the same, and must not allocate here */
    char **words = alloca(count_words(&rest) * sizeof *words);
    va_end(rest);
    va_start(rest, first);
    copy_words(first, &rest, words);
    va_end(rest);
    return start(AT_FDCWD, path, words, environ, 0);
}

HG_EXPORT int execle(const char *path, const char *first, ...)
{
    va_list rest;
    va_start(rest, first);
    /* cppcheck-suppress allocaCalled; the C library does the same, and must not allocate here */
    char **words = alloca(count_words(&rest) * sizeof *words);
    va_end(rest);
    va_start(rest, first);
    copy_words(first, &rest, words);
    char *const *environment = va_arg(rest, char *const *);
    va_end(rest);
    return start(AT_FDCWD, path, words, environment, 0);
}

HG_EXPORT int execlp(const char *file, const char *first, ...)
{
    va_list rest;
    va_start(rest, first);
    /* cppcheck-suppress allocaCalled; the C library does the same, and must not allocate here */
    char **words = alloca(count_words(&rest) * sizeof *words);
    va_end(rest);
    va_start(rest, first);
    copy_words(first, &rest, words);
    va_end(rest);
    return search_and_start(file, words, environ);
}

typedef int spawn_function(pid_t *, const char *, const posix_spawn_file_actions_t *,
                           const posix_spawnattr_t *, char *const *, char *const *);

#define SPAWN(name)                                                                                          \
    HG_EXPORT int name(pid_t *ret_process, const char *path, const posix_spawn_file_actions_t *actions,      \
                       const posix_spawnattr_t *attributes, char *const *arguments,                          \
                       char *const *environment)                                                             \
    {                                                                                                        \
        static spawn_function *real;                                                                         \
        completed made;                                                                                      \
        if (!real)                                                                                           \
            *(void **)&real = dlsym(RTLD_NEXT, #name);                                                       \
        int error =                                                                                          \
            real(ret_process, path, actions, attributes, arguments, complete(environment, false, &made));    \
        if (error == 0)                                                                                      \
            count_child(1);                                                                                  \
        return error;                                                                                        \
    }

SPAWN(posix_spawn)
SPAWN(posix_spawnp)

HG_EXPORT int system(const char *command)
{
    static int (*real)(const char *);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "system");
    if (command)
        count_child(1);
    return real(command);
}

HG_EXPORT FILE *popen(const char *command, const char *mode)
{
    static FILE *(*real)(const char *, const char *);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "popen");
    FILE *stream = real(command, mode);
    if (stream)
        count_child(1);
    return stream;
}
