#include "command.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The words as one line for a shell, with the variable that chooses a plug-in's case. */
static char *line_of(const command *given)
{
    char *line = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&line, &size);
    cr_assert(ne(ptr, out, NULL));
    if (given->folder)
        fprintf(out, "cd '%s' && ", given->folder);
    const char *chosen = getenv("HEAPGATE_TEST_CASE");
    if (chosen)
        fprintf(out, "HEAPGATE_TEST_CASE=%s ", chosen);
    for (size_t i = 0; given->words[i]; i++)
        fprintf(out, "%s'%s'", i ? " " : "", given->words[i]);
    cr_assert(eq(int, fclose(out), 0));
    return line;
}

static pid_t spawn(const command *given, int out, int err)
{
    posix_spawn_file_actions_t actions;
    pid_t pid;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
    if (given->folder)
        posix_spawn_file_actions_addchdir_np(&actions, given->folder);
    int status = posix_spawnp(&pid, given->words[0], &actions, NULL, (char *const *)given->words, environ);
    posix_spawn_file_actions_destroy(&actions);
    cr_assert(eq(int, status, 0), "cannot start %s", given->words[0]);
    return pid;
}

int command_wait(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        cr_assert(eq(int, errno, EINTR));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

pid_t command_start(const command *given)
{
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    pid_t pid = spawn(given, nowhere, nowhere);
    close(nowhere);
    return pid;
}

static char *read_all(int fd, size_t *ret_size)
{
    off_t size = lseek(fd, 0, SEEK_END);
    char *text = malloc((size_t)size + 1);
    cr_assert(ne(ptr, text, NULL));
    cr_assert(eq(long, pread(fd, text, (size_t)size, 0), size));
    text[size] = '\0';
    *ret_size = (size_t)size;
    close(fd);
    return text;
}

command_result command_run(const command *given)
{
    command_result result = {.line = line_of(given)};
    int out = memfd_create("out", MFD_CLOEXEC);
    int err = memfd_create("err", MFD_CLOEXEC);
    result.exit_code = command_wait(spawn(given, out, err));
    result.out = read_all(out, &result.out_size);
    result.err = read_all(err, &result.err_size);
    return result;
}

void command_result_free(command_result *result)
{
    free(result->out);
    free(result->err);
    free(result->line);
    *result = (command_result){0};
}

char *folder_make(void)
{
    char *folder = strdup(HG_BUILD_DIR "/tests/run-XXXXXX");
    cr_assert(ne(ptr, folder, NULL));
    cr_assert(ne(ptr, mkdtemp(folder), NULL), "%s", folder);
    return folder;
}

void folder_remove(char *folder)
{
    const command remove = {.words = {"rm", "-rf", "--", folder}};
    command_wait(command_start(&remove));
    free(folder);
}

char *folder_write(const char *folder, const char *name, const char *text)
{
    char *path;
    cr_assert(lt(int, 0, asprintf(&path, "%s/%s", folder, name)));
    FILE *file = fopen(path, "w");
    cr_assert(ne(ptr, file, NULL), "%s", path);
    fputs(text, file);
    cr_assert(eq(int, fclose(file), 0));
    return path;
}

size_t folder_count(const char *folder)
{
    size_t count = 0;
    DIR *open_folder = opendir(folder);
    cr_assert(ne(ptr, open_folder, NULL), "%s", folder);
    for (struct dirent *entry; (entry = readdir(open_folder));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(open_folder);
    return count;
}
