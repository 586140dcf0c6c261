/* A cron-like agent that polls an inbox in memory with getline(). The mistake: at end of file without a
 * line it returns at once, but getline() has allocated its buffer already. Healthy: the buffer is freed in
 * both cases. */
#include "pair.h"
#include <stdio.h>

static uint64_t characters;

PAIR_NOINLINE static int inbox_read(FILE *stream)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length = getline(&line, &capacity, stream);
    if (length < 0) {
        if (!LEAKS)
            free(line);
        return 0;
    }
    characters += (uint64_t)length;
    free(line);
    return 1;
}

int heapgate_iterate(uint64_t i)
{
    if (i % 8 != 0)
        return 0;
    char text[] = "run 17 backup --full\n";
    bool empty = i / 8 % 40 == 3;
    FILE *stream = fmemopen(text, sizeof text - 1, "r");
    if (!stream)
        return 1;
    if (empty)
        fseek(stream, 0, SEEK_END);
    int lines = inbox_read(stream);
    fclose(stream);
    return lines != !empty;
}
