/* An access log in a ring of lines that is allocated at start. The mistake: a line that is too long is
 * first copied to be cut, and the copy stays. Healthy: it is cut in place and nothing is allocated while
 * it runs. */
#include "pair.h"

enum { LINES = 1024, WIDTH = 128 };

static char *lines;

PAIR_NOINLINE static char *oversized_copy(const char *text, size_t length)
{
    char *copy = malloc(length + 1);
    if (!copy)
        abort();
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

static void log_line(uint64_t i, char *text, size_t length)
{
    if (length >= WIDTH) {
        if (LEAKS)
            text = oversized_copy(text, length);
        memcpy(text + WIDTH - 4, "...", 4);
        length = WIDTH - 1;
    }
    memcpy(lines + i % LINES * WIDTH, text, length + 1);
}

int heapgate_setup(void)
{
    lines = calloc(LINES, WIDTH);
    return lines == NULL;
}

int heapgate_iterate(uint64_t i)
{
    char text[256];
    size_t length = i % 500 == 250 ? 255 : 40 + i % 60;
    memset(text, 'a' + (int)(i % 26), length);
    text[length] = '\0';
    log_line(i, text, length);
    return 0;
}

void heapgate_teardown(void)
{
    free(lines);
}
