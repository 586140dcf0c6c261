/*
 * What a process gives up that reads files which can be anything: it ends with its parent, leaves no core,
 * and takes no more memory than it may. For a forked child, before it reads.
 */
#ifndef HG_SYMBOLS_CONFINE_H
#define HG_SYMBOLS_CONFINE_H

#include <stdint.h>
#include <sys/types.h>

/* Half of the machine's memory, and 1 GiB at least; bytes. */
uint64_t hg_confine_usual_memory(void);

/* memory_bytes: that the process may take beside what it has now. */
void hg_confine(uint64_t memory_bytes);

/* Waits for such a child, and kills it after that time. How it ended, as of waitpid; -1: it was killed. */
int hg_confine_await(pid_t process, unsigned seconds);

#endif
