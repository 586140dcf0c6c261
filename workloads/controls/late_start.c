/* A table of 64 KiB is built when first needed, at op 7,300. Leaking, each op loses a small block beside
 * it. */
#include "control.h"

enum { NEEDED_FROM = 7300, TABLE_BYTES = 65536 };

static char *table;
static void *last;

static char *table_build(void)
{
    char *built = malloc(TABLE_BYTES);
    if (built)
        memset(built, 1, TABLE_BYTES);
    return built;
}

static void *trace_new(void)
{
    return malloc(16);
}

int heapgate_iterate(uint64_t i)
{
    if (i >= NEEDED_FROM && !table && !(table = table_build()))
        return 1;
    if (!LEAKS)
        free(last);
    last = trace_new();
    return last ? 0 : 1;
}
