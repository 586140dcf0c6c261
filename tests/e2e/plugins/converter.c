/*
 * A character set's converter, which the C library loads and unloads by itself: converters.c asks for it.
 * Built three times: same code, another size, another name.
 */
#include "cases.h"

#include <gconv.h>

#define JOIN(a, b)  a##b
#define NAME(which) JOIN(lose_in_, which)

static CULPRIT void *NAME(WHICH)(void)
{
    char *volatile block = malloc(BYTES);
    return block;
}

HEAPGATE_EXPORT int gconv_init(struct __gconv_step *step)
{
    step->__min_needed_from = step->__max_needed_from = 1;
    step->__min_needed_to = step->__max_needed_to = 4;
    return NAME(WHICH)() ? __GCONV_OK : __GCONV_NOMEM;
}

/* Never called: nothing is converted. */
HEAPGATE_EXPORT int gconv(void)
{
    return __GCONV_ILLEGAL_INPUT;
}
