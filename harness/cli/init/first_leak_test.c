/*
 * A leak test: heapgate calls heapgate_iterate over and over, and says how many bytes a call leaves behind
 * and which call path allocated them. For the next test copy this file, and name it beside this one where
 * this one is named.
 *
 * heapgate/workload.h says what else there may be: heapgate_setup and heapgate_teardown for state that is
 * kept, real inputs, the unit of the rates.
 */
#include <heapgate/workload.h>
#include <string.h>

static char *last;

/* The i-th op, from 0: use your library here as a program would. 0 means done, anything else that it went
 * wrong. */
int heapgate_iterate(uint64_t i)
{
    (void)i;
    free(last); /* without this line every op leaks 6 bytes: try it */
    last = strdup("an op");
    return last == NULL;
}
