#include "exec/interrupt.h"

#include "watch/outside.h"
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

enum { STATE_BYTES = 1 << 15 };

/* The registers of floating point and vectors, as ptrace names them: the first that the processor has. */
#if defined(__x86_64__)
static const int vector_kinds[] = {NT_X86_XSTATE};
#else
static const int vector_kinds[] = {NT_ARM_SVE, NT_PRFPREG};
#endif

struct hg_interrupt {
    hg_interrupt_state state;
    pid_t process, thread;
    hg_scan_request *request;
    const char *probe;
    struct user_regs_struct registers; /* as they were */
    long call;                         /* the system call that it waited in before, -1: none */
    uint64_t argument;                 /* its first */
    uint64_t signals;                  /* blocked then */
    int vector_kind;                   /* of vector_kinds */
    struct iovec vectors;              /* those registers, in: */
    char room[STATE_BYTES];
};

/*
 * What the thread waits in, "73 0x7f.. 0x1 ..": on arm64 the result of a system call takes the place of its
 * first argument, which start_again needs.
 */
static void note_call(hg_interrupt *made)
{
    made->call = -1;
#if defined(__aarch64__)
    char path[64];
    unsigned long long argument;
    snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", (int)made->process, (int)made->thread);
    FILE *file = fopen(path, "re");
    if (file && fscanf(file, "%ld %llx", &made->call, &argument) == 2)
        made->argument = argument;
    else
        made->call = -1;
    if (file)
        fclose(file);
#endif
}

hg_interrupt *hg_interrupt_start(pid_t process, hg_scan_request *request, const char *probe)
{
    hg_interrupt *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    made->process = process;
    made->thread = hg_outside_living(process);
    made->request = request;
    made->probe = probe;
    made->state = HG_INTERRUPT_STOPPING;
    note_call(made);
    if (ptrace(PTRACE_SEIZE, made->thread, NULL, NULL) == 0 &&
        ptrace(PTRACE_INTERRUPT, made->thread, NULL, NULL) == 0)
        return made;
    int error = errno;
    free(made);
    errno = error;
    return NULL;
}

/* Whether the process runs the probe's code at this address: it may have become another program. */
static bool is_code_of_probe(const hg_interrupt *now)
{
    char line[4096 + 256];
    unsigned long long begin, end;
    char rights[8];
    bool found = false;
    snprintf(line, sizeof line, "/proc/%d/task/%d/maps", (int)now->process, (int)now->thread);
    FILE *maps = fopen(line, "re");
    while (maps && !found && fgets(line, sizeof line, maps))
        found = sscanf(line, "%llx-%llx %7s", &begin, &end, rights) == 3 && now->request->function >= begin &&
                now->request->function < end && rights[2] == 'x' && strstr(line, now->probe);
    if (maps)
        fclose(maps);
    return found;
}

static bool get_registers(hg_interrupt *now)
{
    struct iovec all = {.iov_base = &now->registers, .iov_len = sizeof now->registers};
    return ptrace(PTRACE_GETREGSET, now->thread, NT_PRSTATUS, &all) == 0;
}

static bool set_registers(const hg_interrupt *now, struct user_regs_struct registers)
{
    struct iovec all = {.iov_base = &registers, .iov_len = sizeof registers};
    return ptrace(PTRACE_SETREGSET, now->thread, NT_PRSTATUS, &all) == 0;
}

static bool get_vectors(hg_interrupt *now)
{
    for (size_t i = 0; i < sizeof vector_kinds / sizeof *vector_kinds; i++) {
        now->vector_kind = vector_kinds[i];
        now->vectors = (struct iovec){.iov_base = now->room, .iov_len = sizeof now->room};
        if (ptrace(PTRACE_GETREGSET, now->thread, now->vector_kind, &now->vectors) == 0)
            return true;
    }
    return false;
}

#if defined(__x86_64__)
static void note_registers(hg_interrupt *now)
{
    const struct user_regs_struct *from = &now->registers;
    const uint64_t all[] = {from->rax, from->rbx, from->rcx, from->rdx, from->rsi,
                            from->rdi, from->rbp, from->r8,  from->r9,  from->r10,
                            from->r11, from->r12, from->r13, from->r14, from->r15};
    _Static_assert(sizeof all == sizeof now->request->stopped.registers, "all have their place");
    memcpy(now->request->stopped.registers, all, sizeof all);
    now->request->stopped.pointer = from->rsp;
    now->request->stopped.code = from->rip;
}

/* The registers with which it calls the function. */
static struct user_regs_struct registers_there(const hg_interrupt *now)
{
    enum { DIRECTION_FLAG = 1 << 10 };
    struct user_regs_struct there = now->registers;
    there.rip = now->request->function;
    there.rsp = now->request->stack - sizeof(uint64_t); /* as after a call */
    there.rbp = 0;
    there.eflags &= ~(unsigned long long)DIRECTION_FLAG;
    there.orig_rax = UINT64_MAX; /* not in a system call, which would start again */
    return there;
}
#else
static void note_registers(hg_interrupt *now)
{
    const struct user_regs_struct *from = &now->registers;
    _Static_assert(sizeof from->regs == sizeof now->request->stopped.registers, "all have their place");
    memcpy(now->request->stopped.registers, from->regs, sizeof from->regs);
    now->request->stopped.pointer = from->sp;
    now->request->stopped.code = from->pc;
}

/* Once it is stopped, the kernel has prepared a system call to start again, and forgotten it. */
static struct user_regs_struct registers_there(const hg_interrupt *now)
{
    enum { FRAME_POINTER = 29, LINK = 30, BRANCH_TYPE = 3 << 10 };
    struct user_regs_struct there = now->registers;
    there.pc = now->request->function;
    there.sp = now->request->stack;
    there.regs[FRAME_POINTER] = there.regs[LINK] = 0;
    there.pstate &= ~(unsigned long long)BRANCH_TYPE; /* the function is not where a jump must lead to */
    return there;
}
#endif

/* The thread has stopped: it calls the function, all signals blocked. */
static bool call(hg_interrupt *now)
{
    const uint64_t all_signals = UINT64_MAX;
    if (!is_code_of_probe(now) || !get_registers(now) || !get_vectors(now) ||
        ptrace(PTRACE_GETSIGMASK, now->thread, sizeof now->signals, &now->signals) != 0)
        return false;
    note_registers(now);
    atomic_store(&now->request->served, 0);
    return ptrace(PTRACE_SETSIGMASK, now->thread, sizeof all_signals, &all_signals) == 0 &&
           set_registers(now, registers_there(now)) && ptrace(PTRACE_CONT, now->thread, NULL, NULL) == 0;
}

/* Whether a signal waits for the thread that it does not block. */
static bool has_signal(const hg_interrupt *now)
{
    char line[256];
    uint64_t waiting = 0;
    snprintf(line, sizeof line, "/proc/%d/task/%d/status", (int)now->process, (int)now->thread);
    FILE *file = fopen(line, "re");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "SigPnd:", 7) == 0 || strncmp(line, "ShdPnd:", 7) == 0)
            waiting |= strtoull(line + 7, NULL, 16);
    if (file)
        fclose(file);
    return (waiting & ~now->signals) != 0;
}

/*
 * System calls that the kernel does not start again after a stop, as epoll_wait, would fail with EINTR: they
 * are started again here, and wait as long as they were asked to once more. Not where a signal is about to
 * come, which may be what is to end them.
 */
static void start_again(hg_interrupt *now)
{
#if defined(__x86_64__)
    enum { SYSCALL_BYTES = 2 };
    bool is_call = now->registers.orig_rax != UINT64_MAX;
    if (!is_call || (int64_t)now->registers.rax != -EINTR || has_signal(now))
        return;
    now->registers.rax = now->registers.orig_rax;
    now->registers.rip -= SYSCALL_BYTES;
#else
    /* The result has taken the place of the first argument. */
    enum { SYSCALL_BYTES = 4, NUMBER = 8 };
    bool is_call = now->call >= 0 && now->registers.regs[NUMBER] == (uint64_t)now->call;
    if (!is_call || (int64_t)now->registers.regs[0] != -EINTR || has_signal(now))
        return;
    now->registers.regs[0] = now->argument;
    now->registers.pc -= SYSCALL_BYTES;
#endif
}

static void put_back(hg_interrupt *now)
{
    start_again(now);
    ptrace(PTRACE_SETREGSET, now->thread, now->vector_kind, &now->vectors);
    set_registers(now, now->registers);
    ptrace(PTRACE_SETSIGMASK, now->thread, sizeof now->signals, &now->signals);
}

/*
 * What to do with a thread that has stopped. A signal that comes before the function is called is its
 * own, and goes on to it.
 */
static void go_on(hg_interrupt *now, int signal, int event, bool give_up)
{
    bool as_asked = event == PTRACE_EVENT_STOP;
    switch (now->state) {
    case HG_INTERRUPT_STOPPING:
        if (!as_asked)
            ptrace(PTRACE_CONT, now->thread, NULL, (void *)(intptr_t)signal);
        else if (call(now))
            now->state = HG_INTERRUPT_CALLING;
        else
            now->state = HG_INTERRUPT_NONE;
        break;
    case HG_INTERRUPT_ENDING:
        if (give_up || atomic_load(&now->request->served)) {
            put_back(now);
            now->state = HG_INTERRUPT_NONE;
            break;
        }
        /* fallthrough */
    default:
        ptrace(PTRACE_CONT, now->thread, NULL, NULL);
    }
    if (now->state == HG_INTERRUPT_NONE)
        ptrace(PTRACE_DETACH, now->thread, NULL, NULL);
}

bool hg_interrupt_step(hg_interrupt **interrupt, bool give_up)
{
    hg_interrupt *now = *interrupt;
    siginfo_t info = {0};
    if (now->state == HG_INTERRUPT_CALLING && (give_up || atomic_load(&now->request->served))) {
        ptrace(PTRACE_INTERRUPT, now->thread, NULL, NULL);
        now->state = HG_INTERRUPT_ENDING;
    }
    /* The end of the process is for others to hear of; that of one more thread, for nobody else. */
    int ends = now->thread != now->process ? WEXITED : 0;
    int status = waitid(P_PID, (id_t)now->thread, &info, WSTOPPED | WNOHANG | __WALL | ends);
    if (status != 0 || (info.si_pid == now->thread && info.si_code != CLD_TRAPPED))
        now->state = HG_INTERRUPT_NONE;
    else if (info.si_pid == now->thread)
        go_on(now, info.si_status & 0xff, info.si_status >> 8, give_up);
    if (now->state != HG_INTERRUPT_NONE)
        return true;
    free(now);
    *interrupt = NULL;
    return false;
}
