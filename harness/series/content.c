#include "series/content.h"

#include "series/series.h"
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

enum { CHUNK = 1 << 16 };

static bool refuse(char *ret_message, size_t size, const char *why)
{
    snprintf(ret_message, size, "%s", why);
    return false;
}

static bool too_large(char *ret_message, size_t size)
{
    snprintf(ret_message, size, "it has more than %zu MiB, unpacked", HG_SERIES_BYTES >> 20);
    return false;
}

/* All that can be read from a descriptor, up to one byte more than is allowed. 0 or an errno. */
static int read_all(int fd, hg_buffer *content)
{
    while (content->size <= HG_SERIES_BYTES) {
        char *room = hg_buffer_reserve(content, CHUNK);
        if (!room)
            return ENOMEM;
        ssize_t got = read(fd, room, CHUNK);
        if (got == 0)
            return 0;
        if (got < 0 && errno != EINTR)
            return errno;
        content->size += got > 0 ? (size_t)got : 0;
    }
    return 0;
}

static bool unzip(const hg_buffer *packed, hg_buffer *content, char *ret_message, size_t message_size)
{
    z_stream stream = {.next_in = (Bytef *)packed->bytes, .avail_in = (uInt)packed->size};
    int status = inflateInit2(&stream, MAX_WBITS + 16);
    while (status == Z_OK && content->size <= HG_SERIES_BYTES) {
        char *room = hg_buffer_reserve(content, CHUNK);
        if (!room) {
            status = Z_MEM_ERROR;
            break;
        }
        stream.next_out = (Bytef *)room;
        stream.avail_out = CHUNK;
        status = inflate(&stream, Z_NO_FLUSH);
        content->size += CHUNK - stream.avail_out;
    }
    inflateEnd(&stream);
    if (status == Z_MEM_ERROR)
        return refuse(ret_message, message_size, "out of memory");
    if (content->size > HG_SERIES_BYTES)
        return too_large(ret_message, message_size);
    return status == Z_STREAM_END ||
           refuse(ret_message, message_size, "its gzip data is damaged or cut short");
}

/* By the program zstd, which gets the file as its standard input. */
static bool unpack_zstd(int fd, hg_buffer *content, char *ret_message, size_t message_size)
{
    static char *const words[] = {"zstd", "-dcq", "-M128MB", NULL};
    int ends[2], status = 0;
    pid_t process;
    posix_spawn_file_actions_t actions;
    if (lseek(fd, 0, SEEK_SET) != 0 || pipe2(ends, O_CLOEXEC) != 0)
        return refuse(ret_message, message_size, strerror(errno));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int error = posix_spawnp(&process, "zstd", &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (error == 0)
        error = read_all(ends[0], content);
    else
        process = 0;
    close(ends[0]); /* it ends when it can write no more */
    while (process > 0 && waitpid(process, &status, 0) < 0 && errno == EINTR)
        continue;
    if (error == ENOENT)
        return refuse(ret_message, message_size,
                      "it is packed by zstd, which is not in PATH (Debian package zstd)");
    if (error != 0)
        return refuse(ret_message, message_size, strerror(error));
    if (content->size > HG_SERIES_BYTES)
        return too_large(ret_message, message_size);
    return status == 0 || refuse(ret_message, message_size, "its zstd data is damaged or cut short");
}

static bool begins(const hg_buffer *content, const char *magic, size_t size)
{
    return content->size >= size && memcmp(content->bytes, magic, size) == 0;
}

static bool unpack(int fd, hg_buffer *content, char *ret_message, size_t message_size)
{
    hg_buffer packed = *content;
    bool done = true;
    bool zstd = begins(&packed, "\x28\xb5\x2f\xfd", 4);
    if (!zstd && !begins(&packed, "\x1f\x8b", 2))
        return true;
    *content = (hg_buffer){0};
    done = zstd ? unpack_zstd(fd, content, ret_message, message_size)
                : unzip(&packed, content, ret_message, message_size);
    hg_buffer_free(&packed);
    return done;
}

bool hg_content_read(const char *path, hg_buffer *ret_content, char *ret_message, size_t message_size)
{
    struct stat file;
    *ret_content = (hg_buffer){0};
    /* To open a pipe could take for ever. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &file) != 0) {
        snprintf(ret_message, message_size, "%s", strerror(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    bool done = S_ISREG(file.st_mode) || refuse(ret_message, message_size, "it is no ordinary file");
    int error = done ? read_all(fd, ret_content) : 0;
    if (error != 0)
        done = refuse(ret_message, message_size, strerror(error));
    if (done && ret_content->size > HG_SERIES_BYTES)
        done = too_large(ret_message, message_size);
    done = done && unpack(fd, ret_content, ret_message, message_size);
    close(fd);
    if (done)
        hg_buffer_add(ret_content, "", 1);
    if (done && ret_content->failed)
        done = refuse(ret_message, message_size, "out of memory");
    if (done)
        ret_content->size--;
    else
        hg_buffer_free(ret_content);
    return done;
}
