/* A workload that is linked with the library of library.c, and finds it where the driver says. */
#include <stdint.h>

void library_call(void);
__attribute__((visibility("default"))) int heapgate_iterate(uint64_t i);

int heapgate_iterate(uint64_t i)
{
    (void)i;
    library_call();
    return 0;
}
