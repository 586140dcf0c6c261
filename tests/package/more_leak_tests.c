/* A second source of the same suite, in which the header is included again. */
#include <heapgate/criterion.h>
#include <stdlib.h>

HEAPGATE_TEST(second_source, gives_back)
{
    void *volatile block = malloc(24);
    free(block);
}
