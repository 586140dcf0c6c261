/*
 * A page of text, replaced in every op by one with another line, and freed: one block, always young. It has a
 * long head, so that it takes many ops to double. Leaking, old lines are never cut off.
 */
#include "control.h"

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "line", .default_ops = 1000};

enum { HEAD_BYTES = 200000, LINE_BYTES = 10, MOST_LINES = 300 };

static char *page;
static size_t lines;

static char *page_compose(size_t count)
{
    size_t bytes = HEAD_BYTES + count * LINE_BYTES;
    char *text = malloc(bytes);
    if (text)
        text[0] = text[bytes - 1] = '\n';
    return text;
}

int heapgate_iterate(uint64_t i)
{
    (void)i;
    lines = LEAKS || lines < MOST_LINES ? lines + 1 : 1;
    char *next = page_compose(lines);
    free(page);
    page = next;
    return page ? 0 : 1;
}
