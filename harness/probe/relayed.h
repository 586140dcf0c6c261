/*
 * The pipe through which heapgate reads the program's standard output (exec/relay.h) has room for one
 * write, so that the program does not run ahead. From when a write that waits would fail, because the
 * descriptor does not block or a timer may interrupt it, the pipe has as much room as there is.
 * Async-signal-safe; any thread.
 */
#ifndef HG_PROBE_RELAYED_H
#define HG_PROBE_RELAYED_H

#include <stdint.h>

/* The pipe's inode; 0 for a process that was not told, and keeps what its parent knew. Once attached. */
void hg_relayed_start(uint64_t inode);

/* The descriptor does not block from now on. */
void hg_relayed_unblocked(int descriptor);

/* The program handles the signal from now on. */
void hg_relayed_handled(int signal);

#endif
