#include "exec/witness.h"

#include <errno.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void stand_by(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "heapgate-group");
    close_range(0, UINT_MAX, 0); /* whoever reads our output is not to wait for it */
    while (getppid() == parent)
        pause();
    _exit(0);
}

void hg_witness_start(hg_witness *ret_witness)
{
    sigset_t all, before;
    pid_t parent = getpid();
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    ret_witness->process = fork();
    if (ret_witness->process == 0)
        stand_by(parent);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

bool hg_witness_has(hg_witness *witness, int signal)
{
    char line[256];
    uint64_t pending = 0;
    if (witness->process <= 0)
        return false;
    snprintf(line, sizeof line, "/proc/%d/status", (int)witness->process);
    FILE *file = fopen(line, "re");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "ShdPnd:", 7) == 0)
            pending = strtoull(line + 7, NULL, 16);
    if (file)
        fclose(file);
    if ((pending >> (signal - 1) & 1) == 0)
        return false;
    /* It stays pending there: the next one needs another witness. */
    hg_witness_stop(witness);
    hg_witness_start(witness);
    return true;
}

void hg_witness_stop(hg_witness *witness)
{
    if (witness->process <= 0)
        return;
    kill(witness->process, SIGKILL);
    while (waitpid(witness->process, NULL, 0) < 0 && errno == EINTR)
        continue;
    witness->process = 0;
}
