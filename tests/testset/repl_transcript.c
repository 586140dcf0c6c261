/* An interpreter's transcript: every 5th op appends a line of 40 characters to a string that triples. The
 * mistake: no limit. Healthy: above 1 MiB the older half is cut off, which happens first at about op
 * 131,000. */
#include "pair.h"

enum { LIMIT = 1048576, LINE = 40 };
static char *text;
static size_t length, capacity;

PAIR_NOINLINE static void text_reserve(size_t need)
{
    while (capacity < need)
        capacity = capacity ? capacity * 3 : 100;
    text = realloc(text, capacity);
}

static void append(const char *line)
{
    if (!LEAKS && length + LINE > LIMIT) {
        memmove(text, text + length / 2, length - length / 2);
        length -= length / 2;
    }
    if (length + LINE > capacity)
        text_reserve(length + LINE);
    memcpy(text + length, line, LINE);
    length += LINE;
}

int heapgate_iterate(uint64_t i)
{
    char line[LINE];
    memset(line, 'a' + (int)(pair_random(i, 0) % 26), LINE);
    line[LINE - 1] = '\n';
    if (i % 5 == 0)
        append(line);
    return 0;
}
