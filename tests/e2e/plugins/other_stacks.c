/* Allocations from stacks that are not the thread's own: coroutines, signal handlers, threads on a stack of
 * the program. */
#include "cases.h"

#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>
#include <ucontext.h>

enum { STACK_BYTES = 256 * 1024 };

static void *volatile kept;
static ucontext_t home, coroutine;
static char *stack;

static CULPRIT void lose_on_coroutine(void)
{
    kept = malloc(40); /* here: coroutine */
}

static void run_coroutine(void)
{
    for (;;) {
        void *balanced = malloc(99);
        lose_on_coroutine();
        free(balanced);
        swapcontext(&coroutine, &home);
    }
}

static int resume_coroutine(uint64_t i)
{
    if (i == 0) {
        REQUIRE(getcontext(&coroutine) == 0);
        stack = malloc(STACK_BYTES);
        REQUIRE(stack);
        coroutine.uc_stack.ss_sp = stack;
        coroutine.uc_stack.ss_size = STACK_BYTES;
        makecontext(&coroutine, run_coroutine, 0);
    }
    REQUIRE(swapcontext(&home, &coroutine) == 0);
    return 0;
}

/* A new coroutine every op, on a new stack from the heap. */
static void run_once(void)
{
    lose_on_coroutine();
}

static int make_coroutine(uint64_t i)
{
    (void)i;
    REQUIRE(getcontext(&coroutine) == 0);
    char *own = malloc(STACK_BYTES);
    REQUIRE(own);
    coroutine.uc_stack.ss_sp = own;
    coroutine.uc_stack.ss_size = STACK_BYTES;
    coroutine.uc_link = &home;
    makecontext(&coroutine, run_once, 0);
    REQUIRE(swapcontext(&home, &coroutine) == 0);
    free(own);
    return 0;
}

/* Raised by the op itself, and so never inside malloc, a handler may allocate. */
static CULPRIT void lose_in_handler(int signal)
{
    (void)signal;
    kept = malloc(40); /* here: handler */
}

static int install(int signal, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    return sigaction(signal, &action, NULL);
}

static int raise_signal(uint64_t i)
{
    if (i == 0)
        REQUIRE(install(SIGUSR1, lose_in_handler, 0) == 0);
    REQUIRE(raise(SIGUSR1) == 0);
    return 0;
}

static int raise_on_alternate_stack(uint64_t i)
{
    if (i == 0) {
        stack_t alternate = {.ss_sp = malloc(STACK_BYTES), .ss_size = STACK_BYTES};
        REQUIRE(alternate.ss_sp);
        REQUIRE(sigaltstack(&alternate, NULL) == 0);
        REQUIRE(install(SIGUSR1, lose_in_handler, SA_ONSTACK) == 0);
    }
    REQUIRE(raise(SIGUSR1) == 0);
    return 0;
}

/* Ends in the first instruction of a function: a byte before it is another's. */
static sigjmp_buf after_trap;

static void lose_after_trap(int signal)
{
    lose_in_handler(signal);
    siglongjmp(after_trap, 1);
}

#if defined(__x86_64__)
__attribute__((naked, noinline)) static void trap_at_once(void)
{
    __asm__("ud2");
}
#else
void trap_at_once(void);
__asm__(".text\n.type trap_at_once, %function\ntrap_at_once:\n.cfi_startproc\nudf 0\n.cfi_endproc\n"
        ".size trap_at_once, 4\n");
#endif

static int trap(uint64_t i)
{
    if (i == 0)
        REQUIRE(install(SIGILL, lose_after_trap, 0) == 0);
    if (sigsetjmp(after_trap, 1) == 0)
        trap_at_once();
    return 0;
}

/* A timer that interrupts everything, malloc and the probe included; its handler does not allocate. */
static volatile sig_atomic_t ticks;

static void tick(int signal)
{
    (void)signal;
    ticks++;
}

static CULPRIT int lose_between_ticks(uint64_t i)
{
    if (i == 0) {
        const struct itimerval often = {.it_interval = {.tv_usec = 200}, .it_value = {.tv_usec = 200}};
        REQUIRE(install(SIGALRM, tick, SA_RESTART) == 0);
        REQUIRE(setitimer(ITIMER_REAL, &often, NULL) == 0);
    }
    for (int k = 0; k < 200; k++) {
        void *block = malloc((size_t)k + 1);
        kept = block;
        free(block);
    }
    kept = malloc(40); /* here: ticks */
    /* Otherwise the case tests nothing. */
    return i < 11000 || ticks > 0 ? 0 : __LINE__;
}

static CULPRIT void *lose_in_thread(void *argument)
{
    kept = malloc(40); /* here: thread_stack */
    return argument;
}

static int run_on_own_stack(uint64_t i)
{
    pthread_attr_t attributes;
    pthread_t thread;
    if (i == 0)
        stack = memalign(4096, STACK_BYTES);
    REQUIRE(stack);
    REQUIRE(pthread_attr_init(&attributes) == 0);
    REQUIRE(pthread_attr_setstack(&attributes, stack, STACK_BYTES) == 0);
    REQUIRE(pthread_create(&thread, &attributes, lose_in_thread, NULL) == 0);
    REQUIRE(pthread_join(thread, NULL) == 0);
    REQUIRE(pthread_attr_destroy(&attributes) == 0);
    return 0;
}

static const test_case cases[] = {
    {"coroutine", resume_coroutine},
    {"new_coroutine", make_coroutine},
    {"handler", raise_signal},
    {"alternate_stack", raise_on_alternate_stack},
    {"ticks", lose_between_ticks},
    {"thread_stack", run_on_own_stack},
    {"trap", trap},
};
RUN_CASES(cases)
