/*
 * The exported functions that set what a signal does: they do what the C library's do, and show the default
 * where the probe's handler of its own crashes is (own_crash.h).
 */
#include "probe/exported.h"
#include "probe/own_crash.h"
#include "probe/real.h"
#include "probe/relayed.h"
#include <signal.h>
#include <stddef.h>

/* As the C library has them; not all are declared to every program. */
int __sigaction(int signal, const struct sigaction *action, struct sigaction *ret_before);
__sighandler_t bsd_signal(int signal, __sighandler_t handler);
__sighandler_t ssignal(int signal, __sighandler_t handler);
__sighandler_t sysv_signal(int signal, __sighandler_t handler);
__sighandler_t __sysv_signal(int signal, __sighandler_t handler);
__sighandler_t sigset(int signal, __sighandler_t handler);

typedef int action_function(int signal, const struct sigaction *action, struct sigaction *ret_before);
typedef __sighandler_t handler_function(int signal, __sighandler_t handler);

static void note_handler(int signal, __sighandler_t handler)
{
    if (handler != SIG_DFL && handler != SIG_IGN && handler != SIG_ERR)
        hg_relayed_handled(signal);
}

/* The next definition of each is known before the program runs: a forked child of a program with threads may
 * not look it up. */
#define ACTION(name)                                                                                         \
    static action_function *next_##name;                                                                     \
    HG_EXPORT int name(int signal, const struct sigaction *action, struct sigaction *ret_before)             \
    {                                                                                                        \
        if (!next_##name)                                                                                    \
            hg_own_crash_resolve();                                                                          \
        int status = next_##name(signal, action, ret_before);                                                \
        if (status == 0)                                                                                     \
            hg_own_crash_hide(ret_before);                                                                   \
        if (status == 0 && action)                                                                           \
            note_handler(signal, action->sa_handler);                                                        \
        return status;                                                                                       \
    }

#define HANDLER(name)                                                                                        \
    static handler_function *next_##name;                                                                    \
    HG_EXPORT __sighandler_t name(int signal, __sighandler_t handler)                                        \
    {                                                                                                        \
        if (!next_##name)                                                                                    \
            hg_own_crash_resolve();                                                                          \
        __sighandler_t before = hg_own_crash_hidden(next_##name(signal, handler));                           \
        note_handler(signal, handler);                                                                       \
        return before;                                                                                       \
    }

#define ACTIONS(X)  X(sigaction) X(__sigaction)
#define HANDLERS(X) X(signal) X(bsd_signal) X(ssignal) X(sysv_signal) X(__sysv_signal) X(sigset)

ACTIONS(ACTION)
HANDLERS(HANDLER)

void hg_own_crash_resolve(void)
{
#define FIND(name) HG_REAL_FIND(next_##name, #name);
    ACTIONS(FIND)
    HANDLERS(FIND)
#undef FIND
}
