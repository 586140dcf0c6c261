#include "overhead_process.h"

#include "record/record.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* As many epochs as a default run of heapgate has; the counters grow with them. */
enum { RECORD_EPOCHS = 12, RECORD_DESCRIPTOR = 200 };

bool process_make_folder(const char *build, char ret_folder[PROCESS_FOLDER], char ret_build[PROCESS_FOLDER])
{
    char *target = realpath(build, NULL);
    if (!target)
        return false;
    snprintf(ret_folder, PROCESS_FOLDER, "/tmp/heapgate-bench-XXXXXX");
    bool made = mkdtemp(ret_folder) != NULL;
    snprintf(ret_build, PROCESS_FOLDER, "%.40s/build", ret_folder);
    bool linked = made && symlink(target, ret_build) == 0;
    int error = errno;
    if (made && !linked)
        rmdir(ret_folder);
    free(target);
    errno = error;
    return linked;
}

static void add_word(char words[PROCESS_WORDS][PROCESS_WORD], int *count, const char *word,
                     const char *folder)
{
    const char *mark = strchr(word, '@');
    int length =
        mark ? snprintf(words[*count], PROCESS_WORD, "%.*s%s%s", (int)(mark - word), word, folder, mark + 1)
             : snprintf(words[*count], PROCESS_WORD, "%s", word);
    ++*count;
    if (length < 0 || length >= PROCESS_WORD || *count == PROCESS_WORDS) {
        fprintf(stderr, "bench: a command is too long: %s\n", word);
        exit(1);
    }
}

void command_add_argument(struct command *command, const char *word, const char *folder)
{
    add_word(command->arguments, &command->argument_count, word, folder);
}

void command_add_variable(struct command *command, const char *word, const char *folder)
{
    add_word(command->variables, &command->variable_count, word, folder);
}

static bool redirect(const char *output_path)
{
    int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int output = open(output_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return input >= 0 && output >= 0 && dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
           dup2(output, STDERR_FILENO) >= 0;
}

static _Noreturn void become(struct command *command, int record_fd)
{
    char *arguments[PROCESS_WORDS + 1] = {NULL};
    for (int i = 0; i < command->argument_count; i++)
        arguments[i] = command->arguments[i];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    bool ready = setpgid(0, 0) == 0 && redirect(command->output_path);
    for (int i = 0; i < command->variable_count; i++)
        ready = ready && putenv(command->variables[i]) == 0;
    if (record_fd >= 0)
        ready = ready && dup2(record_fd, RECORD_DESCRIPTOR) >= 0;
    alarm(PROCESS_TIME_LIMIT_SECONDS);
    if (ready && arguments[0])
        execvp(arguments[0], arguments);
    int error = errno;
    dprintf(STDERR_FILENO, "cannot start %s: %s\n", arguments[0] ? arguments[0] : "nothing", strerror(error));
    _exit(error == ENOENT ? 127 : 126);
}

static void read_record(const hg_record *record, int fd, struct measured *measured)
{
    struct stat file;
    if (fstat(fd, &file) == 0)
        measured->record_bytes = (uint64_t)file.st_blocks * 512;
    if (!hg_record_is_sound(record))
        return;
    uint32_t count = atomic_load(&record->header->contexts);
    for (uint32_t i = 1; i < count; i++)
        measured->cut_contexts += (record->contexts[i].flags & HG_CONTEXT_CUT) != 0;
    measured->contexts = count - 1;
    measured->unrecorded = atomic_load(&record->header->unrecorded);
}

static bool wait_for(pid_t pid, struct measured *measured)
{
    struct rusage usage;
    pid_t ended;
    do
        ended = wait4(pid, &measured->status, 0, &usage);
    while (ended < 0 && errno == EINTR);
    kill(-pid, SIGKILL); /* what it left behind */
    if (ended < 0)
        return false;
    measured->processor_ms = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
                             (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
    measured->peak_mib = (double)usage.ru_maxrss / 1024;
    return true;
}

bool process_measure(const struct command *command, struct measured *ret_measured)
{
    struct measured measured = {0};
    struct command own = *command; /* putenv wants strings that may be written */
    hg_record record = {0};
    int fd = -1;
    if (own.record) {
        int status = hg_record_create(RECORD_EPOCHS, &record, &fd);
        if (status < 0) {
            errno = -status;
            return false;
        }
        record.header->mode = own.record_mode;
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        become(&own, fd);
    bool good = pid > 0 && wait_for(pid, &measured);
    if (good && record.header)
        read_record(&record, fd, &measured);
    int error = errno;
    hg_record_close(&record);
    if (fd >= 0)
        close(fd);
    errno = error;
    if (good)
        *ret_measured = measured;
    return good;
}

bool process_succeeded(const struct measured *measured)
{
    return WIFEXITED(measured->status) && WEXITSTATUS(measured->status) == 0;
}
