/*
 * Runs a program under the probe: under_probe PROBE full|counting|indexed|dormant PROGRAM [ARGUMENT...]
 *
 * indexed: as full, with an index of blocks for a scan, which never comes.
 * dormant: the probe sleeps.
 * Exits as the program does. For ./dev bench instructions, which runs it under valgrind: a preloaded probe
 * would attach to valgrind's own launcher, were it named in valgrind's environment.
 */
#include "overhead_process.h"

#include "record/dormant_page.h"
#include "record/record.h"
#include "record/scan_file.h"
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct command command = {.output_path = "/dev/stderr", .record = true};
    struct measured measured;
    hg_scan_file scan;
    int scan_fd;
    char path[64];
    if (argc < 4) {
        fputs("usage: under_probe PROBE full|counting|indexed|dormant PROGRAM [ARGUMENT...]\n", stderr);
        return 2;
    }
    command.record_mode = strcmp(argv[2], "counting") == 0 ? HG_MODE_NO_STACKS : 0;
    command_add_variable(&command, "LD_PRELOAD=@", argv[1]);
    if (strcmp(argv[2], "indexed") == 0) {
        if (hg_scan_file_create(&scan, &scan_fd) < 0)
            return 1;
        snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), scan_fd);
        command_add_variable(&command, HG_ENV_SCAN "=@", path);
    }
    bool sleeps = strcmp(argv[2], "dormant") == 0;
    command.record = !sleeps;
    if (sleeps)
        command_add_variable(&command, HG_ENV_DORMANT "=" HG_DORMANT_VALUE, "");
    else
        command_add_variable(&command, HG_ENV_RECORD "=/proc/self/fd/200", "");
    for (int i = 3; i < argc; i++)
        command_add_argument(&command, argv[i], "");
    if (!process_measure(&command, &measured)) {
        perror("under_probe");
        return 1;
    }
    bool is_right = sleeps ? measured.contexts == 0 : measured.contexts > 0 && measured.unrecorded == 0;
    if (!is_right) {
        fputs("under_probe: the program was not counted as it should be\n", stderr);
        return 1;
    }
    return WIFEXITED(measured.status) ? WEXITSTATUS(measured.status) : 1;
}
