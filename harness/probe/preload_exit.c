/*
 * The exported functions in which a program ends: where it is scanned on request, that is the last moment at
 * which everything is as the program had it. After it come its exit handlers and the destructors of its
 * variables; before it, main may have returned. Where nothing is scanned, nothing of this is on any stack.
 *
 * _exit and quick_exit are left alone: they end the process at once, and children of vfork call them.
 */
#include "probe/exported.h"
#include "probe/real.h"
#include "probe/scan.h"
#include <stdlib.h>

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
    return status;
}

HG_EXPORT int __libc_start_main(main_function *program, int argc, char **argv, void (*init)(void),
                                void (*fini)(void), void (*linker_fini)(void), void *stack_end)
{
    start_function *start;
    HG_REAL_FIND(start, "__libc_start_main");
    HG_REAL_FIND(real_exit, "exit");
    program_main = program;
    return start(hg_scan_on_request() ? run_main : program, argc, argv, init, fini, linker_fini, stack_end);
}

HG_EXPORT void exit(int status)
{
    hg_scan_at_end();
    if (!real_exit)
        HG_REAL_FIND(real_exit, "exit");
    real_exit(status);
    __builtin_unreachable();
}
