/* The library of the compare tests, built as it was before a fix, after it, and with another name inside. */
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
    last = malloc(BYTES);
#ifndef LEAKS
    free(last);
#endif
}

__attribute__((visibility("default"))) void library_call(void)
{
    HANDLE_NAME();
}
