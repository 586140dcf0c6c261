#include "probe/relayed.h"

#include "record/relay_pipe.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t relayed;

void hg_relayed_start(uint64_t inode)
{
    relayed = inode != 0 ? inode : relayed;
}

/* In a wide pipe a page for each write is no use: they are to share the pages. Not by fcntl, which the probe
 * has taken the place of. */
static void widen(int descriptor)
{
    int saved_errno = errno;
    struct stat pipe;
    if (fstat(descriptor, &pipe) == 0 && S_ISFIFO(pipe.st_mode) && pipe.st_ino == relayed) {
        syscall(SYS_fcntl, descriptor, F_SETPIPE_SZ, HG_RELAY_WIDE);
        syscall(SYS_fcntl, descriptor, F_SETFL, syscall(SYS_fcntl, descriptor, F_GETFL) & ~O_DIRECT);
    }
    errno = saved_errno;
}

void hg_relayed_unblocked(int descriptor)
{
    if (relayed != 0)
        widen(descriptor);
}

void hg_relayed_handled(int signal)
{
    if (relayed != 0 && (HG_RELAY_TIMERS >> (signal - 1) & 1))
        widen(STDOUT_FILENO);
}
