#include "cli/git_file.h"

#include "base/buffer.h"
#include "cli/command.h"
#include "model/path.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { CHUNK = 64 * 1024, NOT_RUN = 127 };

/* Starts git in the folder, with its output in the pipe. 0 or an errno. */
static int start(const char *folder, const char *const words[8], int ends[2], pid_t *ret_process)
{
    posix_spawn_file_actions_t actions;
    const char *line[12] = {"git", "-C", folder};
    for (size_t i = 0; i < 8 && words[i]; i++)
        line[i + 3] = words[i];
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        return error;
    error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    if (error == 0)
        error = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (error == 0)
        error = posix_spawnp(ret_process, "git", &actions, NULL, (char *const *)line, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* What it prints, at most `most` bytes and one more. */
static void read_all(int file, size_t most, hg_buffer *out)
{
    for (ssize_t got = 1; got != 0 && !out->failed && out->size <= most;) {
        char *room = hg_buffer_reserve(out, CHUNK);
        got = room ? read(file, room, CHUNK) : 0;
        if (got > 0)
            out->size += (size_t)got;
        else if (got < 0 && errno != EINTR)
            return;
    }
}

/* Runs git. Its exit code, or NOT_RUN after complaining. */
static int run_git(const char *folder, const char *const words[8], size_t most, hg_buffer *out)
{
    int ends[2], status;
    pid_t process;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        hg_complain("cannot run git: %s", strerror(errno));
        return NOT_RUN;
    }
    int error = start(folder, words, ends, &process);
    close(ends[1]);
    if (error == 0)
        read_all(ends[0], most, out);
    close(ends[0]); /* git stops if it has more to say */
    while (error == 0 && waitpid(process, &status, 0) < 0)
        error = errno == EINTR ? 0 : errno;
    if (error == 0 && out->failed)
        error = ENOMEM;
    if (error != 0) {
        hg_complain("cannot run git: %s", strerror(error));
        return NOT_RUN;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* The name of a commit, or of a file, that git prints. */
static bool take_name(const hg_buffer *out, char ret_name[HG_COMMIT_SIZE])
{
    size_t length = 0;
    while (length < out->size && strchr("0123456789abcdef", out->bytes[length]))
        length++;
    if (length < 40 || length >= HG_COMMIT_SIZE)
        return false;
    memcpy(ret_name, out->bytes, length);
    ret_name[length] = '\0';
    return true;
}

/* Runs git for one name. Its exit code; 128 also where it printed no name; NOT_RUN after complaining. */
static int ask_name(const char *folder, const char *const words[8], char ret_name[HG_COMMIT_SIZE])
{
    hg_buffer out = {0};
    int code = run_git(folder, words, 4096, &out);
    if (code == 0 && !take_name(&out, ret_name))
        code = 128;
    hg_buffer_free(&out);
    return code;
}

static bool find_merge_base(const char *folder, const char *revision, char ret_commit[HG_COMMIT_SIZE])
{
    char tip[HG_COMMIT_SIZE], commit[512];
    int length = snprintf(commit, sizeof commit, "%s^{commit}", revision);
    const char *const to_tip[8] = {"rev-parse", "--verify", "--quiet", "--end-of-options", commit};
    const char *const to_base[8] = {"merge-base", tip, "HEAD"};
    int code = (size_t)length < sizeof commit && revision[0] ? ask_name(folder, to_tip, tip) : 128;
    if (code != 0)
        return code == NOT_RUN ? false
                               : hg_refuse("--against: git knows no commit '%s' in %s; in CI, fetch it first",
                                           revision, folder);
    code = ask_name(folder, to_base, ret_commit);
    return code == 0 ||
           (code != NOT_RUN &&
            hg_refuse("--against: '%s' and HEAD have no commit in common in %s; in CI, fetch the "
                      "whole history (fetch-depth: 0)",
                      revision, folder));
}

bool hg_git_file(const char *revision, const char *path, size_t most, char **ret_text, size_t *ret_size,
                 char ret_commit[HG_COMMIT_SIZE])
{
    char folder[PATH_MAX], object[PATH_MAX], name[HG_COMMIT_SIZE];
    const char *base = hg_base_name(path);
    if (base == path)
        snprintf(folder, sizeof folder, ".");
    else
        snprintf(folder, sizeof folder, "%.*s", (int)(base - path), path);
    if (!find_merge_base(folder, revision, ret_commit))
        return false;
    int length = snprintf(object, sizeof object, "%s:./%s", ret_commit, base);
    const char *const to_object[8] = {"rev-parse", "--verify", "--quiet", "--end-of-options", object};
    int code = (size_t)length < sizeof object ? ask_name(folder, to_object, name) : 128;
    *ret_text = NULL;
    *ret_size = 0;
    if (code != 0)
        return code != NOT_RUN; /* no such file */
    const char *const to_text[8] = {"cat-file", "blob", name};
    hg_buffer out = {0};
    code = run_git(folder, to_text, most, &out);
    if (code == 0 && out.size <= most) {
        *ret_text = out.bytes ? out.bytes : calloc(1, 1);
        *ret_size = out.size;
        return *ret_text || hg_refuse("out of memory");
    }
    hg_buffer_free(&out);
    return code != NOT_RUN && hg_refuse("--against: git cannot show %s of commit %.12s", base, ret_commit);
}
