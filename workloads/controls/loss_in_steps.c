/* Every 700 ops a report of 64 lines is printed; leaking, its lines stay behind, all at once. */
#include "control.h"

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.default_ops = 21000};

enum { PERIOD = 700, LINES = 64, LINE_BYTES = 32 };

static char *report_line(int line)
{
    char *text = malloc(LINE_BYTES);
    if (text)
        memset(text, 'a' + line % 26, LINE_BYTES);
    return text;
}

static int report_print(void)
{
    for (int line = 0; line < LINES; line++) {
        char *text = report_line(line);
        if (!text)
            return 1;
        if (!LEAKS)
            free(text);
    }
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    return i % PERIOD == PERIOD - 1 ? report_print() : 0;
}
