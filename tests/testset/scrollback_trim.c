/*
 * Imitates the scrollback of a terminal (VTE, xterm.js): the text of all lines is one buffer to which each op
 * appends a line. When it is longer than 48 KiB, whole lines are cut from its front until 40 KiB are left.
 * The buffer grows in steps of 1 KiB by realloc().
 * The mistake: of a line that was wrapped (1 in 8) the mark of two bytes at its end is not cut. The marks
 * gather at the front, and the limit does not count them.
 * The healthy twin's buffer is 49 KiB: steady after op 1,000.
 */
#include <heapgate/workload.h>
#include <string.h>

static uint64_t seed, state;

/* The next number that this op draws (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

enum { MOST = 48 * 1024, KEPT = 40 * 1024, STEP = 1024, LINES = 8192, MARK = 2 };

static char *text;
static size_t used, capacity, garbage;
static unsigned char lengths[LINES], marks[LINES];
static unsigned first, lines;

__attribute__((noinline)) static int text_reserve(size_t size)
{
    if (size <= capacity) {
        return 0;
    }
    size_t more = (size + STEP - 1) / STEP * STEP;
    char *moved = realloc(text, more);
    if (moved == NULL) {
        return 1;
    }
    text = moved;
    capacity = more;
    return 0;
}

static void text_trim(void)
{
    size_t cut = 0, left = 0;
    while (used - garbage - cut - left > KEPT) {
        size_t mark = marks[first];
        cut += lengths[first] + (LEAKS ? 0 : mark);
        left += LEAKS ? mark : 0;
        first = (first + 1) % LINES;
        lines--;
    }
    memmove(text + garbage, text + garbage + cut, used - garbage - cut);
    used -= cut;
    garbage += left;
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    size_t length = 10 + draw() % 120;
    size_t mark = draw() % 8 == 0 ? MARK : 0;
    if (text_reserve(used + length + mark) != 0) {
        return 1;
    }
    memset(text + used, 'a', length + mark);
    used += length + mark;
    unsigned last = (first + lines) % LINES;
    lengths[last] = (unsigned char)length;
    marks[last] = (unsigned char)mark;
    lines++;
    if (used - garbage > MOST) {
        text_trim();
    }
    return 0;
}

void heapgate_teardown(void)
{
    free(text);
}
