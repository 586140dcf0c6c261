/* A library with a function that the C library has too, and a workload that tells whose was called. */
#include <stdint.h>

__attribute__((visibility("default"))) int thrd_create(void);
__attribute__((visibility("default"))) int call_by_library(void);

#ifdef LIBRARY
int thrd_create(void)
{
    return 77;
}

int call_by_library(void)
{
    return thrd_create();
}
#else
__attribute__((visibility("default"))) int heapgate_iterate(uint64_t i);

int heapgate_iterate(uint64_t i)
{
    (void)i;
    return thrd_create() != 77 || call_by_library() != 77;
}
#endif
