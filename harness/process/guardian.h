/*
 * Nothing that is measured outlives the driver, however that ends.
 *
 * A measured process dies with the driver by itself (process.c). What it started does not: nobody tells a
 * grandchild. The guardian is a small process beside the driver that knows the process groups under
 * measurement; when the driver is gone it kills those that are left, and ends. What a workload puts into a
 * session or group of its own escapes it.
 *
 * One guardian a process; not thread-safe.
 */
#ifndef HG_PROCESS_GUARDIAN_H
#define HG_PROCESS_GUARDIAN_H

#include <sys/types.h>

/* Starts it; once is enough. 0 or a negative errno. Best before memory is allocated, which it would share. */
int hg_guardian_start(void);

/* A group to be killed when the driver is gone, and one that is gone itself. Nothing without a guardian. */
void hg_guardian_watch(pid_t group);
void hg_guardian_forget(pid_t group);

#endif
