/* A library that is loaded and unloaded by dynamic.c, built twice: same code, another size, another name. */
#include "cases.h"

#define JOIN(a, b)  a##b
#define NAME(which) JOIN(lose_in_, which)

CULPRIT void *NAME(WHICH)(void);

HEAPGATE_EXPORT CULPRIT void *NAME(WHICH)(void)
{
    char *volatile block = malloc(BYTES);
    return block;
}
