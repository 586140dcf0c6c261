/*
 * The exported functions that set what a signal does: they do what the C library's do, and show the default
 * where the probe's handler of its own crashes is (own_crash.h).
 */
#include "probe/exported.h"
#include "probe/own_crash.h"
#include "probe/real.h"
#include <signal.h>
#include <stddef.h>

/* As the C library has them; not all are declared to every program. */
int __sigaction(int signal, const struct sigaction *action, struct sigaction *ret_before);
__sighandler_t bsd_signal(int signal, __sighandler_t handler);
__sighandler_t ssignal(int signal, __sighandler_t handler);
__sighandler_t sysv_signal(int signal, __sighandler_t handler);
__sighandler_t __sysv_signal(int signal, __sighandler_t handler);
__sighandler_t sigset(int signal, __sighandler_t handler);

#define ACTION(name)                                                                                         \
    HG_EXPORT int name(int signal, const struct sigaction *action, struct sigaction *ret_before)             \
    {                                                                                                        \
        static int (*_Atomic next)(int, const struct sigaction *, struct sigaction *);                       \
        int (*found)(int, const struct sigaction *, struct sigaction *) = next;                              \
        if (!found) {                                                                                        \
            HG_REAL_FIND(found, #name);                                                                      \
            next = found;                                                                                    \
        }                                                                                                    \
        int status = found(signal, action, ret_before);                                                      \
        if (status == 0)                                                                                     \
            hg_own_crash_hide(ret_before);                                                                   \
        return status;                                                                                       \
    }

#define HANDLER(name)                                                                                        \
    HG_EXPORT __sighandler_t name(int signal, __sighandler_t handler)                                        \
    {                                                                                                        \
        static __sighandler_t (*_Atomic next)(int, __sighandler_t);                                          \
        __sighandler_t (*found)(int, __sighandler_t) = next;                                                 \
        if (!found) {                                                                                        \
            HG_REAL_FIND(found, #name);                                                                      \
            next = found;                                                                                    \
        }                                                                                                    \
        return hg_own_crash_hidden(found(signal, handler));                                                  \
    }

ACTION(sigaction)
ACTION(__sigaction)
HANDLER(signal)
HANDLER(bsd_signal)
HANDLER(ssignal)
HANDLER(sysv_signal)
HANDLER(__sysv_signal)
HANDLER(sigset)
