/*
 * While a server's log is rewritten, commands go to a buffer too, which doubles until 1 MiB and then grows by
 * 1 MiB. A rewrite takes 9,000 ops and begins every 15,000. The mistake: when a rewrite ends the buffer is
 * appended to the file, and kept with all that is in it. Healthy: it is freed then.
 */
#include "pair.h"
#include <stdio.h>

enum { EVERY = 15000, TAKES = 9000, STEP = 1 << 20 };
static char *buffer;
static size_t length, capacity;
static uint64_t file_bytes;

static PAIR_NOINLINE int buffer_grow(size_t needed)
{
    size_t larger = needed < STEP ? 2 * needed : needed + STEP;
    char *grown = realloc(buffer, larger);
    if (!grown)
        return -1;
    buffer = grown;
    capacity = larger;
    return 0;
}

static int append(const char *text, size_t size)
{
    if (length + size > capacity && buffer_grow(length + size) != 0)
        return -1;
    memcpy(buffer + length, text, size);
    length += size;
    return 0;
}

static void rewrite_ends(void)
{
    file_bytes += length;
    if (LEAKS)
        return;
    free(buffer);
    buffer = NULL;
    length = capacity = 0;
}

int heapgate_iterate(uint64_t i)
{
    char command[64];
    if (i % EVERY == TAKES)
        rewrite_ends();
    if (i % EVERY >= TAKES)
        return 0;
    int size = snprintf(command, sizeof command, "SET key:%u %08x\r\n", (unsigned)(pair_random(i, 0) % 5000),
                        (unsigned)i);
    return append(command, (size_t)size);
}
