/*
 * A crash in the code of the probe itself: the record says where, so that nobody blames the program for it.
 *
 * A handler of SIGSEGV and SIGBUS compares the interrupted instruction with the probe's code, and lets the
 * process end as it would have without it: the signal's default is back by then, and the instruction faults
 * again. It takes no lock and makes no system call. A signal that the program handles or ignores is left
 * alone, and the program sees the default where the handler is (preload_signals.c). Not seen: a crash in a
 * function of others that the probe calls, and one in a process that unmapped the record's header.
 */
#ifndef HG_PROBE_OWN_CRASH_H
#define HG_PROBE_OWN_CRASH_H

#include <signal.h>

/* From now on, in this process and in those that it forks. Once attached; no other thread runs. */
void hg_own_crash_watch(void);

/* Finds what the exported functions hand over to (preload_signals.c). Before the program runs. */
void hg_own_crash_resolve(void);

/* Puts the default in the place of the probe's handler. action: as the system gave it, or NULL. */
void hg_own_crash_hide(struct sigaction *action);

/* The same for what signal and its like return. */
void (*hg_own_crash_hidden(void (*handler)(int)))(int);

#endif
