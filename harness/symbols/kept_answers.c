#include "symbols/kept_answers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT "heapg 1"
#define SUFFIX ".symbols"

/* Before the bytes of a file. */
typedef struct file_head {
    hg_kept_key key;
    uint64_t size, sum;
} file_head;

/* FNV-1a: against files that are cut or damaged, and for names of files. */
static uint64_t sum_of(const void *bytes, size_t size)
{
    uint64_t sum = 0xcbf29ce484222325u;
    for (const unsigned char *at = bytes; size > 0; at++, size--)
        sum = (sum ^ *at) * 0x100000001b3u;
    return sum;
}

static bool identify(const char *path, hg_file_identity *ret_identity)
{
    struct stat is;
    if (stat(path, &is) < 0 || !S_ISREG(is.st_mode))
        return false;
    *ret_identity = (hg_file_identity){.device = is.st_dev,
                                       .inode = is.st_ino,
                                       .bytes = (uint64_t)is.st_size,
                                       .changed_seconds = (uint64_t)is.st_ctim.tv_sec,
                                       .changed_ns = (uint64_t)is.st_ctim.tv_nsec};
    return true;
}

bool hg_kept_key_of(const hg_module_id *id, hg_kept_key *ret_key)
{
    hg_kept_key key = {.format = FORMAT, .build_id_size = id->build_id_size};
    char debug[sizeof "/usr/lib/debug/.build-id/" + 2 * sizeof key.build_id + sizeof "/.debug"];
    if (id->build_id_size < 2 || id->build_id_size > sizeof key.build_id)
        return false;
    memcpy(key.build_id, id->build_id, id->build_id_size);
    int used = snprintf(debug, sizeof debug, "/usr/lib/debug/.build-id/%02x/", id->build_id[0]);
    for (size_t i = 1; i < id->build_id_size; i++)
        used += snprintf(debug + used, sizeof debug - (size_t)used, "%02x", id->build_id[i]);
    snprintf(debug + used, sizeof debug - (size_t)used, ".debug");
    if (!identify(debug, &key.debug) || !identify(id->path, &key.module) ||
        !identify("/proc/self/exe", &key.program))
        return false;
    *ret_key = key;
    return true;
}

/* Whether it is this user's alone to write. */
static bool is_ours(int fd, mode_t kind, struct stat *ret_stat)
{
    return fd >= 0 && fstat(fd, ret_stat) == 0 && (ret_stat->st_mode & S_IFMT) == kind &&
           ret_stat->st_uid == geteuid() && (ret_stat->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* The folder of that name below the one given, made if need be; -1: there is none to be used. Closes the one
 * given. */
static int enter(int above, const char *name)
{
    struct stat is;
    if (above < 0)
        return -1;
    mkdirat(above, name, 0700);
    int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    close(above);
    if (is_ours(fd, S_IFDIR, &is))
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static int open_folder(void)
{
    const char *cache = secure_getenv("XDG_CACHE_HOME");
    const char *home = secure_getenv("HOME");
    const bool named = cache && cache[0] == '/';
    int fd = -1;
    if (named)
        fd = open(cache, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    else if (home && home[0] == '/')
        fd = enter(open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC), ".cache");
    return enter(enter(fd, "heapgate"), "symbols");
}

static void name_file(const hg_kept_key *key, char ret_name[32])
{
    snprintf(ret_name, 32, "%016llx" SUFFIX, (unsigned long long)sum_of(key, sizeof *key));
}

static bool read_whole(int fd, void *bytes, size_t size)
{
    for (char *at = bytes; size > 0;) {
        ssize_t got = read(fd, at, size);
        if (got <= 0)
            return false;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

static bool write_whole(int fd, const void *bytes, size_t size)
{
    for (const char *at = bytes; size > 0;) {
        ssize_t put = write(fd, at, size);
        if (put <= 0)
            return false;
        at += put;
        size -= (size_t)put;
    }
    return true;
}

void *hg_kept_read(const hg_kept_key *key, size_t *ret_size)
{
    char name[32];
    struct stat is;
    file_head head;
    void *bytes = NULL;
    int folder = open_folder();
    if (folder < 0)
        return NULL;
    name_file(key, name);
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (is_ours(fd, S_IFREG, &is) && read_whole(fd, &head, sizeof head) &&
        memcmp(&head.key, key, sizeof *key) == 0 && head.size > 0 && head.size <= HG_KEPT_BYTES)
        bytes = malloc(head.size);
    if (bytes && (!read_whole(fd, bytes, head.size) || sum_of(bytes, head.size) != head.sum)) {
        free(bytes);
        bytes = NULL;
    }
    if (fd >= 0)
        close(fd);
    close(folder);
    if (bytes)
        *ret_size = head.size;
    return bytes;
}

/* How many files there are, and which of them is the oldest. */
static size_t count_files(int folder, char ret_oldest[32])
{
    size_t count = 0;
    struct timespec oldest = {0};
    int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *open_folder = again >= 0 ? fdopendir(again) : NULL;
    if (!open_folder) {
        if (again >= 0)
            close(again);
        return 0;
    }
    for (struct dirent *entry; (entry = readdir(open_folder));) {
        struct stat is;
        if (entry->d_name[0] == '.' || strlen(entry->d_name) >= 32 ||
            fstatat(folder, entry->d_name, &is, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        const bool older = is.st_mtim.tv_sec != oldest.tv_sec ? is.st_mtim.tv_sec < oldest.tv_sec
                                                              : is.st_mtim.tv_nsec < oldest.tv_nsec;
        if (count++ == 0 || older) {
            oldest = is.st_mtim;
            memcpy(ret_oldest, entry->d_name, strlen(entry->d_name) + 1);
        }
    }
    closedir(open_folder);
    return count;
}

void hg_kept_write(const hg_kept_key *key, const void *bytes, size_t size)
{
    char name[32];
    char part[32];
    char oldest[32];
    const file_head head = {.key = *key, .size = size, .sum = sum_of(bytes, size)};
    int folder = size > 0 && size <= HG_KEPT_BYTES ? open_folder() : -1;
    if (folder < 0)
        return;
    name_file(key, name);
    snprintf(part, sizeof part, "%ld.part", (long)getpid());
    int fd = openat(folder, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0) {
        bool done = write_whole(fd, &head, sizeof head) && write_whole(fd, bytes, size);
        done = close(fd) == 0 && done;
        if (!done || renameat(folder, part, folder, name) < 0)
            unlinkat(folder, part, 0);
    } else if (errno == EEXIST) {
        unlinkat(folder, part, 0); /* of a process of this number that was killed */
    }
    while (count_files(folder, oldest) > HG_KEPT_FILES && unlinkat(folder, oldest, 0) == 0)
        continue;
    close(folder);
}
