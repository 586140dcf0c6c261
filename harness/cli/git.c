#include "cli/git.h"

#include "cli/command.h"
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHUNK = 64 * 1024 };

/* Starts git in the folder, with its output into the descriptor. 0 or an errno. */
static int start(const char *folder, const char *const *words, bool silent, int end, pid_t *ret_process)
{
    posix_spawn_file_actions_t actions;
    const char *line[HG_GIT_MOST_WORDS + 3] = {"git", "-C", folder};
    for (size_t i = 0; i + 1 < HG_GIT_MOST_WORDS && words[i]; i++)
        line[i + 3] = words[i];
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        return error;
    error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(&actions, end, STDOUT_FILENO);
    if (error == 0 && silent)
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

int hg_git_run(const char *folder, const char *const *words, bool silent, size_t most, hg_buffer *out)
{
    int ends[2], status;
    pid_t process;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        hg_complain("cannot run git: %s", strerror(errno));
        return HG_GIT_NOT_RUN;
    }
    int error = start(folder, words, silent, ends[1], &process);
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
        return HG_GIT_NOT_RUN;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
