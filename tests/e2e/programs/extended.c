/* A program that is linked with jemalloc and uses its own functions: it keeps a block of each request. */
#include <heapgate/mark.h>
#include <jemalloc/jemalloc.h>
#include <stdlib.h>

enum { REQUESTS = 40, BLOCK = 100 };

static void *volatile kept;

int main(void)
{
    for (int i = 0; i < REQUESTS; i++) {
        void *scratch = mallocx(BLOCK, 0);
        kept = scratch;
        dallocx(scratch, 0);
        kept = mallocx(BLOCK, MALLOCX_ZERO);
        heapgate_mark();
    }
    return 0;
}
