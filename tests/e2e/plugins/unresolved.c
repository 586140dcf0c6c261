/* A workload that needs a function which no library has. */
#include "cases.h"

int heapgate_test_defined_nowhere(void);

int heapgate_iterate(uint64_t i)
{
    return i ? heapgate_test_defined_nowhere() : 0;
}
