/*
 * The exported functions in which a program ends: that is the last moment at which everything is as the
 * program had it. After it come its exit handlers and the destructors of its variables; before it, main may
 * have returned. In a program that is watched from outside, main is called from here.
 *
 * quick_exit is left alone, and _exit in the program itself: they end the process at once. Children that
 * were forked mostly end by _exit.
 */
#include "probe/counting.h"
#include "probe/exported.h"
#include "probe/real.h"
#include "probe/scan.h"
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef int main_function(int, char **, char **);
typedef int start_function(main_function *, int, char **, void (*)(void), void (*)(void), void (*)(void),
                           void *);

int __libc_start_main(main_function *program, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*linker_fini)(void), void *stack_end);

static main_function *program_main;
static void (*real_exit)(int);

static int run_main(int argc, char **argv, char **environment)
{
    int status = program_main(argc, argv, environment);
    hg_scan_at_end();
    hg_counting_exiting();
    return status;
}

/* A program of heapgate exec or attach; our runner says itself when it is done. */
static bool is_watched(void)
{
    return hg_dormant_wanted ||
           (hg_counting_attached() && (hg_counting_record.header->mode & HG_MODE_CONTROL) != 0);
}

HG_EXPORT int __libc_start_main(main_function *program, int argc, char **argv, void (*init)(void),
                                void (*fini)(void), void (*linker_fini)(void), void *stack_end)
{
    start_function *start;
    HG_REAL_FIND(start, "__libc_start_main");
    HG_REAL_FIND(real_exit, "exit");
    program_main = program;
    bool wraps = hg_scan_on_request() || is_watched();
    return start(wraps ? run_main : program, argc, argv, init, fini, linker_fini, stack_end);
}

HG_EXPORT void exit(int status)
{
    hg_scan_at_end();
    hg_counting_exiting();
    if (!real_exit)
        HG_REAL_FIND(real_exit, "exit");
    real_exit(status);
    __builtin_unreachable();
}

/* Children of vfork come here, too. */
static _Noreturn void end_at_once(int status)
{
    hg_scan_at_end_of_child();
    for (;;)
        syscall(SYS_exit_group, status);
}

HG_EXPORT void _exit(int status)
{
    end_at_once(status);
}

HG_EXPORT void _Exit(int status)
{
    end_at_once(status);
}
