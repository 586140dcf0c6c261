/* A daemon that writes a log and rotates it every 997 lines. The mistake: after the rename the new stream
 * is put in place of the old one, which stays open. Healthy: one stream is open at a time. */
#include "pair.h"
#include <stdio.h>

enum { LINES = 997 };

static FILE *current;
static unsigned lines;

PAIR_NOINLINE static FILE *log_open(void)
{
    FILE *stream = fopen("/dev/null", "w");
    if (stream)
        fprintf(stream, "-- log opened\n");
    return stream;
}

static void rotate(void)
{
    FILE *old = current;
    FILE *fresh = log_open();
    if (!fresh)
        return;
    fflush(old);
    if (!LEAKS)
        fclose(old);
    current = fresh;
}

int heapgate_setup(void)
{
    current = log_open();
    return current == NULL;
}

int heapgate_iterate(uint64_t i)
{
    if (++lines % LINES == 0)
        rotate();
    fprintf(current, "GET /item/%llu 200\n", (unsigned long long)i);
    return 0;
}

void heapgate_teardown(void)
{
    fclose(current);
    current = NULL;
}
