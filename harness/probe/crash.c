#include "probe/crash.h"

#include "probe/modules.h"
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unwind.h>

enum { STACK_BYTES = 64 * 1024 };

static hg_torture_slot *crashing;
static _Alignas(16) char stack[STACK_BYTES];
static _Atomic bool told; /* the first crash is the one that is told */

hg_record_frame hg_crash_frame(hg_torture_slot *slot, const hg_record_module *module, uint64_t offset)
{
    uint32_t used = slot->modules_used < HG_TORTURE_MODULES ? slot->modules_used : HG_TORTURE_MODULES;
    for (uint32_t i = 1; i < used; i++)
        if (slot->modules[i].base == module->base && strcmp(slot->modules[i].path, module->path) == 0)
            return hg_record_pack(i, offset);
    if (used == HG_TORTURE_MODULES)
        return hg_record_pack(0, offset);
    slot->modules[used] = *module;
    slot->modules_used = used + 1;
    return hg_record_pack(used, offset);
}

static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *user_data)
{
    static hg_record_module module;
    hg_torture_slot *slot = user_data;
    int before_instruction = 0;
    uintptr_t address = _Unwind_GetIPInfo(context, &before_instruction);
    if (address == 0)
        return _URC_END_OF_STACK;
    /* All inside of the first frame that a signal interrupted is the handler's. */
    if (before_instruction)
        slot->crash_frames = 0;
    if (slot->crash_frames >= HG_MAX_DEPTH)
        return _URC_END_OF_STACK;
    uintptr_t at = before_instruction ? address + 1 : address;
    bool found = hg_modules_describe(address, &module);
    slot->crash[slot->crash_frames++] =
        found ? hg_crash_frame(slot, &module, at - module.base) : hg_record_pack(0, at);
    return _URC_NO_REASON;
}

static void tell(int signal, siginfo_t *info, void *machine)
{
    (void)machine;
    if (!atomic_exchange(&told, true)) {
        crashing->signal = signal;
        crashing->address = (uint64_t)(uintptr_t)info->si_addr;
        crashing->crash_frames = 0;
        _Unwind_Backtrace(visit, crashing);
    }
    raise(signal); /* to be taken as this returns: the handler is reset */
}

void hg_crash_watch(hg_torture_slot *slot)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, HG_TORTURE_ASK};
    crashing = slot;
    atomic_store(&told, false);
    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0}); /* nothing is left behind */
    struct sigaction action = {.sa_sigaction = tell, .sa_flags = SA_SIGINFO | SA_ONSTACK | (int)SA_RESETHAND};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction before;
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
            sigaction(signals[i], &action, NULL);
    }
}
