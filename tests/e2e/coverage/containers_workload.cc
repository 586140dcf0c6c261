#include "containers.h"
extern "C" int heapgate_iterate(unsigned long)
{
    library_use();
    return 0;
}
