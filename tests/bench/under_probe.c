/*
 * Runs a program under the probe, as the driver would: under_probe PROBE full|counting PROGRAM [ARGUMENT...]
 *
 * Exits as the program does. For ./dev bench instructions, which runs it under valgrind: a preloaded probe
 * would attach to valgrind's own launcher, were it named in valgrind's environment.
 */
#include <errno.h>
#include <record.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EPOCHS = 16, DESCRIPTOR = 200 };

static _Noreturn void become(const char *probe, int record_fd, char **program)
{
    if (dup2(record_fd, DESCRIPTOR) >= 0 && setenv("HEAPGATE_RECORD", "/proc/self/fd/200", 1) == 0 &&
        setenv("LD_PRELOAD", probe, 1) == 0)
        execv(program[0], program);
    fprintf(stderr, "under_probe: cannot start %s: %s\n", program[0], strerror(errno));
    _exit(127);
}

int main(int argc, char **argv)
{
    hg_record record;
    int fd, status;
    if (argc < 4) {
        fputs("usage: under_probe PROBE full|counting PROGRAM [ARGUMENT...]\n", stderr);
        return 2;
    }
    int error = hg_record_create(EPOCHS, &record, &fd);
    if (error < 0) {
        fprintf(stderr, "under_probe: cannot make a record: %s\n", strerror(-error));
        return 1;
    }
    record.header->mode = strcmp(argv[2], "counting") == 0 ? HG_MODE_NO_STACKS : 0;
    pid_t program = fork();
    if (program == 0)
        become(argv[1], fd, argv + 3);
    while (program > 0 && waitpid(program, &status, 0) < 0 && errno == EINTR)
        continue;
    bool counted = atomic_load(&record.header->contexts) > 1 && atomic_load(&record.header->unrecorded) == 0;
    hg_record_close(&record);
    if (program < 0 || !counted) {
        fputs("under_probe: the program was not counted\n", stderr);
        return 1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
