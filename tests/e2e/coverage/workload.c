#include "library.h"

#include <stdint.h>
#include <stdlib.h>

int heapgate_iterate(uint64_t i)
{
    (void)i;
    library_use();
    free(library_make());
    return 0;
}
