#include "symbols/confine.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

uint64_t hg_confine_usual_memory(void)
{
    const uint64_t least = UINT64_C(1) << 30;
    long pages = sysconf(_SC_PHYS_PAGES);
    long page = sysconf(_SC_PAGESIZE);
    uint64_t half = pages > 0 && page > 0 ? (uint64_t)pages / 2 * (uint64_t)page : 0;
    return half > least ? half : least;
}

/* Of writable memory: what is there, where a sanitizer may have terabytes, and what is allowed. */
static void limit_memory(uint64_t allowed)
{
    char line[256];
    unsigned long long kilobytes = 0;
    FILE *status = fopen("/proc/self/status", "re");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmData: %llu", &kilobytes) == 1)
            break;
    if (!status)
        return;
    fclose(status);
    struct rlimit limit;
    rlim_t most = (rlim_t)kilobytes * 1024 + allowed;
    if (getrlimit(RLIMIT_DATA, &limit) != 0 || limit.rlim_cur < most)
        return;
    limit.rlim_cur = most;
    setrlimit(RLIMIT_DATA, &limit);
}

void hg_confine(uint64_t memory_bytes)
{
    const struct rlimit no_core = {0, 0};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setrlimit(RLIMIT_CORE, &no_core);
    limit_memory(memory_bytes);
}

int hg_confine_await(pid_t process, unsigned seconds)
{
    const long tick_ns = 2000000;
    const struct timespec moment = {.tv_nsec = tick_ns};
    int status = -1;
    for (long ticks = 0; ticks < (long)seconds * (1000000000L / tick_ns); ticks++) {
        pid_t ended = waitpid(process, &status, WNOHANG);
        if (ended == process)
            return status;
        if (ended < 0 && errno != EINTR)
            return -1;
        nanosleep(&moment, NULL);
    }
    kill(process, SIGKILL);
    while (waitpid(process, &status, 0) < 0 && errno == EINTR)
        continue;
    return -1;
}
