/* The library of the compare tests: before a fix, after it, without any allocation, and with another name
 * inside. */
#include <stdlib.h>
#include <string.h>

#ifndef HANDLE_NAME
#define HANDLE_NAME handle_request
#endif
#ifndef BYTES
#define BYTES 40
#endif
#ifndef WORK
#define WORK 0
#endif

void library_call(void);

static void *volatile last;

static __attribute__((noinline)) void HANDLE_NAME(void)
{
    for (volatile int i = 0; i < WORK; i++)
        continue;
#ifndef STILL
    last = malloc(BYTES);
#endif
#ifndef LEAKS
    free(last);
#endif
}

__attribute__((visibility("default"))) void library_call(void)
{
    HANDLE_NAME();
}
