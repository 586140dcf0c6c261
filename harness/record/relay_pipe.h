/*
 * What exec/relay.h and probe/relayed.h have to agree on.
 */
#ifndef HG_RECORD_RELAY_PIPE_H
#define HG_RECORD_RELAY_PIPE_H

#include <signal.h>

/* Bytes: the most that anybody may ask for a pipe. */
#define HG_RELAY_WIDE (1 << 20)

/* The signals of timers and of input, as the kernel writes a set of signals. */
#define HG_RELAY_BIT(signal) (1ULL << ((signal)-1))
#define HG_RELAY_TIMERS                                                                                      \
    (HG_RELAY_BIT(SIGALRM) | HG_RELAY_BIT(SIGVTALRM) | HG_RELAY_BIT(SIGPROF) | HG_RELAY_BIT(SIGIO) |         \
     ~0ULL << (SIGRTMIN - 1))

#endif
