/* A library that a user preloads because the program needs it: not a plug-in, but built alike. Notes in the
 * file HEAPGATE_TEST_LOADED each program that it is loaded into. */
#define EXPORT __attribute__((visibility("default")))

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

EXPORT int heapgate_test_preloaded(void);

int heapgate_test_preloaded(void)
{
    return 1;
}

static __attribute__((constructor)) void note(void)
{
    const char *path = getenv("HEAPGATE_TEST_LOADED");
    FILE *file = path ? fopen(path, "a") : NULL;
    if (!file)
        return;
    fprintf(file, "%s\n", program_invocation_short_name);
    fclose(file);
}
