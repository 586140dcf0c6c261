/* A workload that has a part of the library built in, as an inlined function of a header is. */
#include <stdint.h>
#include <stdlib.h>

void library_call(void);
__attribute__((visibility("default"))) int heapgate_iterate(uint64_t i);

static void *volatile last;

static __attribute__((noinline)) void inlined_part(void)
{
    last = malloc(24);
}

int heapgate_iterate(uint64_t i)
{
    (void)i;
    inlined_part();
    library_call();
    return 0;
}
