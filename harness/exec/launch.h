/*
 * Starts a program with the probe in front of its allocator, and with nothing else changed: its descriptors,
 * signals, process group and terminal are the caller's own.
 */
#ifndef HG_EXEC_LAUNCH_H
#define HG_EXEC_LAUNCH_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct hg_launch {
    const char *path;              /* to be executed */
    char *const *arguments;        /* [0] as the user gave it; NULL-terminated */
    const char *probe;             /* absolute path */
    const char *allocator_library; /* preloaded after it; "" for the C library's own */
    int record_fd;                 /* stays here: the program opens it through /proc */
    const char *children;          /* HG_ENV_CHILDREN's value; "": children pass uncounted */
    bool marks;                    /* the program's own marks (heapgate/mark.h) are checkpoints */
    int output;                    /* its standard output; -1: the caller's */
    const sigset_t *signals;       /* blocked in it */
} hg_launch;

/* 0, or a negative errno with nothing started. ret_exit_fd: a pidfd. The program ends with its parent, by
 * SIGTERM. */
int hg_launch_start(const hg_launch *launch, pid_t *ret_process, int *ret_exit_fd);

#endif
