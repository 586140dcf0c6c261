#include "exec/descendants.h"

#include "record/scan_file.h"
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_ANCESTORS = 64 };

/* What the process has mapped says whether its dynamic linker has done its work, and whether with the
 * probe. */
static bool runs_without(pid_t process, const char *probe)
{
    char line[PATH_MAX + 256];
    bool loaded = false;
    bool has_linker = false;
    bool has_code = false;
    bool has_probe = false;
    const char *slash = strrchr(probe, '/'); /* its folder may be a link */
    snprintf(line, sizeof line, "/proc/%d/maps", (int)process);
    FILE *file = fopen(line, "re");
    while (file && fgets(line, sizeof line, file)) {
        has_code = true;
        has_probe |= strstr(line, slash ? slash : probe) != NULL;
        has_linker |= strstr(line, "/ld-linux") != NULL;
        /* It comes after all that is preloaded. */
        loaded |= strstr(line, "/libc.so") != NULL;
    }
    if (file)
        fclose(file);
    return has_code && !has_probe && (loaded || !has_linker);
}

static bool is_among(const char *name, const char *const *names)
{
    for (; names && *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static void look_at(hg_descendants *descendants, hg_descendant *one, const char *probe,
                    const char *const *ignored)
{
    char path[64];
    char program[PATH_MAX];
    struct stat file;
    snprintf(path, sizeof path, "/proc/%d/exe", (int)one->process);
    if (one->unprobed || stat(path, &file) != 0 || !runs_without(one->process, probe))
        return;
    /* A process that is about to begin or to end has little mapped; it is not so at the next look. */
    one->unprobed = file.st_ino == one->program;
    one->program = file.st_ino;
    if (!one->unprobed)
        return;
    ssize_t length = readlink(path, program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    const char *base = strrchr(program, '/');
    if (is_among(base ? base + 1 : program, ignored))
        return;
    if (descendants->unprobed++ == 0)
        snprintf(descendants->unprobed_name, sizeof descendants->unprobed_name, "%.63s",
                 base ? base + 1 : program);
}

/* NULL when there is no room. */
static hg_descendant *find(hg_descendants *descendants, pid_t process)
{
    for (uint32_t i = 0; i < descendants->count; i++)
        if (descendants->seen[i].process == process)
            return &descendants->seen[i];
    if (descendants->count == HG_MOST_DESCENDANTS)
        return NULL;
    hg_descendant *added = &descendants->seen[descendants->count++];
    *added = (hg_descendant){.process = process};
    return added;
}

/* A copy of a child that is scanned is a child of that, also when it has ended; it is called so as soon as it
 * runs. */
static bool is_scanner(pid_t process)
{
    char path[64], name[32] = "";
    snprintf(path, sizeof path, "/proc/%d/comm", (int)process);
    FILE *file = fopen(path, "re");
    bool named = file && fgets(name, sizeof name, file) && strcmp(name, HG_SCAN_COPY_NAME "\n") == 0;
    if (file)
        fclose(file);
    return named;
}

/* The children of one thread of a process, added to those that are still to be looked at. */
static void add_children(pid_t process, const char *thread, pid_t *waiting, uint32_t *waiting_count)
{
    char path[NAME_MAX + 64];
    int child;
    snprintf(path, sizeof path, "/proc/%d/task/%s/children", (int)process, thread);
    FILE *file = fopen(path, "re");
    while (file && *waiting_count < HG_MOST_DESCENDANTS && fscanf(file, "%d", &child) == 1)
        waiting[(*waiting_count)++] = child;
    if (file)
        fclose(file);
}

void hg_descendants_look(hg_descendants *descendants, pid_t process, const char *probe,
                         const char *const *ignored)
{
    pid_t waiting[HG_MOST_DESCENDANTS] = {process};
    uint32_t count = 1;
    for (uint32_t i = 0; i < count; i++) {
        char path[64];
        hg_descendant *one = i > 0 ? find(descendants, waiting[i]) : NULL;
        if (one && is_scanner(one->process))
            *one = descendants->seen[--descendants->count];
        else if (one)
            look_at(descendants, one, probe, ignored);
        snprintf(path, sizeof path, "/proc/%d/task", (int)waiting[i]);
        DIR *threads = opendir(path);
        if (!threads)
            continue;
        for (const struct dirent *entry; (entry = readdir(threads));)
            if (isdigit((unsigned char)entry->d_name[0]))
                add_children(waiting[i], entry->d_name, waiting, &count);
        closedir(threads);
    }
}

static bool has_mapped(pid_t process, const struct stat *file)
{
    char line[PATH_MAX + 256];
    unsigned long long inode;
    bool found = false;
    snprintf(line, sizeof line, "/proc/%d/maps", (int)process);
    FILE *maps = fopen(line, "re");
    while (maps && !found && fgets(line, sizeof line, maps))
        found = strstr(line, "/memfd:heapgate-record") && sscanf(line, "%*s %*s %*s %*s %llu", &inode) == 1 &&
                inode == file->st_ino;
    if (maps)
        fclose(maps);
    return found;
}

static bool is_other(const hg_left_query *query, pid_t process)
{
    for (uint32_t i = 0; i < query->other_count; i++)
        if (query->others[i] == process)
            return true;
    return false;
}

static uint32_t count_left(const hg_left_query *query, pid_t *ret_process)
{
    struct stat file;
    uint32_t count = 0;
    DIR *processes = fstat(query->record_fd, &file) == 0 ? opendir("/proc") : NULL;
    for (const struct dirent *entry; processes && (entry = readdir(processes));) {
        pid_t process = (pid_t)strtol(entry->d_name, NULL, 10);
        /* heapgate's own helpers begin as copies of it. */
        if (process <= 0 || !has_mapped(process, &file) || is_other(query, process) ||
            hg_descendants_has(process, getpid()))
            continue;
        count++;
        *ret_process = process;
    }
    if (processes)
        closedir(processes);
    return count;
}

/* A copy that made another and ended, while all were looked through, leads to one more look. */
uint32_t hg_descendants_left(const hg_left_query *query, pid_t *ret_process)
{
    enum { MOST_LOOKS = 16 };
    uint32_t before = 0;
    uint32_t left = 0;
    for (int i = 0; i < MOST_LOOKS && left == 0 && atomic_load(query->forks) != before; i++) {
        before = atomic_load(query->forks);
        left = count_left(query, ret_process);
    }
    return left;
}

/* A field of /proc/PID/stat, from the third on; -1 where it cannot be told. */
static long long read_field(pid_t process, int field)
{
    char text[4096];
    long long value = -1;
    snprintf(text, sizeof text, "/proc/%d/stat", (int)process);
    FILE *file = fopen(text, "re");
    size_t size = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    text[size] = '\0';
    /* The second field is a name in parentheses, which may hold anything. */
    char *at = strrchr(text, ')');
    for (int i = 2; at && i < field; i++)
        at = strchr(at + 1, ' ');
    if (at)
        value = strtoll(at + 1, NULL, 10);
    return value;
}

bool hg_descendants_has(pid_t process, pid_t of)
{
    enum { PARENT = 4 };
    for (int i = 0; i < MOST_ANCESTORS && process > 1; i++) {
        if (process == of)
            return true;
        process = (pid_t)read_field(process, PARENT);
    }
    return false;
}

bool hg_descendants_waited(pid_t process)
{
    enum { FAULTS_OF_CHILDREN = 11 };
    return read_field(process, FAULTS_OF_CHILDREN) > 0;
}
