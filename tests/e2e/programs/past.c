/*
 * A program that allocates a block at each mark, and frees it by the C library's own free, past whoever
 * stands in front of that: past KIND. "small", "cleared", "copied", "large" and "mapped" are kinds of blocks.
 * "lost" loses another block each time, and "half" keeps every other block.
 */
#include <heapgate/mark.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MARKS = 200, LARGE = 20000, MAPPED = 1 << 20, LOST = 72 };

void __libc_free(void *block);

static void *volatile kept;

static void lose(void)
{
    kept = malloc(LOST); /* here: lose */
}

static void *make(const char *kind)
{
    if (strcmp(kind, "cleared") == 0)
        return calloc(10, 10);
    if (strcmp(kind, "copied") == 0)
        return strdup("the C library calls malloc for this");
    if (strcmp(kind, "large") == 0)
        return malloc(LARGE);
    return malloc(strcmp(kind, "mapped") == 0 ? MAPPED : 100);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    bool half = strcmp(argv[1], "half") == 0;
    for (int i = 0; i < MARKS; i++) {
        kept = make(argv[1]);
        if (!half || i % 2 == 0)
            __libc_free(kept);
        if (strcmp(argv[1], "lost") == 0)
            lose();
        free(malloc(10));
        heapgate_mark();
    }
    return 0;
}
