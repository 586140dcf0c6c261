#include "probe/own_crash.h"

#include "probe/counting.h"
#include <dlfcn.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

static uintptr_t code_begin, code_end, load_address;
static _Atomic bool called;

/* Past every library that wraps it. */
static void set_default(int signal)
{
    enum { SET_BYTES = 8 };
    const uintptr_t none[4] = {0}; /* the kernel's struct sigaction */
    syscall(SYS_rt_sigaction, signal, none, NULL, SET_BYTES);
}

/* Called once, but for a handler of others in its place that hands over to it, perhaps for ever. */
static void tell(int signal, siginfo_t *info, void *machine)
{
    bool is_sent = info->si_code <= 0;
#if defined(__x86_64__)
    uintptr_t at = (uintptr_t)((const ucontext_t *)machine)->uc_mcontext.gregs[REG_RIP];
#else
    uintptr_t at = ((const ucontext_t *)machine)->uc_mcontext.pc;
#endif
    if (!is_sent && hg_counting_attached() && at >= code_begin && at < code_end)
        atomic_store(&hg_counting_record.header->crash, at - load_address + 1);
    if (atomic_exchange(&called, true))
        set_default(signal);
    if (is_sent)
        raise(signal); /* to be taken as this returns */
}

void hg_own_crash_watch(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS};
    struct dl_find_object object;
    if (_dl_find_object((void *)(uintptr_t)tell, &object) != 0)
        return;
    code_begin = (uintptr_t)object.dlfo_map_start;
    code_end = (uintptr_t)object.dlfo_map_end;
    load_address = object.dlfo_link_map->l_addr;
    struct sigaction action = {.sa_sigaction = tell, .sa_flags = SA_SIGINFO | SA_ONSTACK | (int)SA_RESETHAND};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction before;
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
            sigaction(signals[i], &action, NULL);
    }
}

void hg_own_crash_hide(struct sigaction *action)
{
    if (action && (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == tell)
        memset(action, 0, sizeof *action);
}

void (*hg_own_crash_hidden(void (*handler)(int)))(int)
{
    return (uintptr_t)handler == (uintptr_t)tell ? SIG_DFL : handler;
}
