#include "profile/job.h"

#include "process/environment.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HELPER_LIMIT_MS = 600000 };

int hg_temporary_folder_make(char ret_path[HG_TEMPORARY_FOLDER])
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+-";
    static const char name[] = "/heapgate-XXXXXX";
    const char *folder = getenv("TMPDIR");
    if (!folder || folder[0] != '/' || folder[strspn(folder, plain)] != '\0' ||
        strlen(folder) + sizeof name > HG_TEMPORARY_FOLDER)
        folder = "/tmp";
    snprintf(ret_path, HG_TEMPORARY_FOLDER, "%s%s", folder, name);
    if (mkdtemp(ret_path))
        return 0;
    ret_path[0] = '\0';
    return -errno;
}

const char *hg_job_word(hg_profile_job *job, const char *format, ...)
{
    size_t last = sizeof job->scratch / sizeof *job->scratch - 1;
    char *word = job->scratch[job->scratch_used < last ? job->scratch_used++ : last];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(word, PATH_MAX, format, arguments);
    va_end(arguments);
    return word;
}

void hg_command_word(hg_tool_command *command, const char *word)
{
    if (command->word_count + 1 < sizeof command->words / sizeof *command->words)
        command->words[command->word_count++] = word;
}

void hg_command_variable(hg_tool_command *command, const char *variable)
{
    if (command->variable_count + 1 < sizeof command->variables / sizeof *command->variables)
        command->variables[command->variable_count++] = variable;
}

bool hg_job_fail(hg_profile_job *job, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(job->message, job->message_size, format, arguments);
    va_end(arguments);
    return false;
}

static void path_of(const hg_profile_job *job, const char *name, char ret_path[PATH_MAX])
{
    snprintf(ret_path, PATH_MAX, "%s/%s", job->folder, name);
}

FILE *hg_job_open(hg_profile_job *job, const char *name)
{
    char path[PATH_MAX];
    path_of(job, name, path);
    FILE *file = fopen(path, "re");
    if (!file)
        hg_job_fail(job, "%s wrote no %s: %s", job->program, name, strerror(errno));
    return file;
}

/* Ours, but in English with a decimal point, and without fetching debug information from anywhere. */
static hg_environment helper_environment(void)
{
    hg_environment environment = hg_environment_inherit();
    hg_environment_set(&environment, "LC_ALL", "C");
    hg_environment_set(&environment, "DEBUGINFOD_URLS", "");
    return environment;
}

/* The exit status as waitpid gives it; -1 when it took too long. */
static int wait_for(pid_t pid)
{
    int status = -1;
    int watch = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd polled = {.fd = watch, .events = POLLIN};
    bool late = watch >= 0 && poll(&polled, 1, HELPER_LIMIT_MS) == 0;
    if (late)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (watch >= 0)
        close(watch);
    return late ? -1 : status;
}

bool hg_job_help(hg_profile_job *job, const char *const *words, const char *input, const char *output)
{
    char in[PATH_MAX] = "/dev/null", out[PATH_MAX] = "/dev/null";
    hg_environment environment = helper_environment();
    posix_spawn_file_actions_t actions;
    pid_t pid = 0;
    if (environment.failed || posix_spawn_file_actions_init(&actions) != 0) {
        hg_environment_free(&environment);
        return hg_job_fail(job, "out of memory");
    }
    if (input)
        path_of(job, input, in);
    if (output)
        path_of(job, output, out);
    int error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, in, O_RDONLY, 0);
    if (error == 0)
        error = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out, O_WRONLY | O_CREAT | O_TRUNC,
                                                 0666);
    if (error == 0)
        error = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (error == 0)
        error = posix_spawn(&pid, words[0], &actions, NULL, (char *const *)words, environment.list);
    posix_spawn_file_actions_destroy(&actions);
    hg_environment_free(&environment);
    if (error != 0)
        return hg_job_fail(job, "cannot run %s: %s", words[0], strerror(error));
    int status = wait_for(pid);
    if (status == 0)
        return true;
    if (status == -1)
        return hg_job_fail(job, "%s did not end within %d s", words[0], HELPER_LIMIT_MS / 1000);
    return hg_job_fail(job, "%s failed with %s %d", words[0], WIFEXITED(status) ? "exit code" : "signal",
                       WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

bool hg_job_checkpoints(hg_profile_job *job, hg_profile *profile)
{
    profile->checkpoints = calloc(job->checkpoints, sizeof *profile->checkpoints);
    profile->checkpoint_count = profile->checkpoints ? job->checkpoints : 0;
    return profile->checkpoints || hg_job_fail(job, "out of memory");
}
