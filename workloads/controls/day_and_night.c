/* Load that rises and falls between 100 and 900 sessions every 3,700 ops; leaking, every fiftieth that ends
 * stays. */
#include "control.h"

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.default_ops = 60000};

enum { DAY = 3700, NIGHT_SESSIONS = 100, MORE_BY_DAY = 800, MOST = NIGHT_SESSIONS + MORE_BY_DAY, BYTES = 72 };

static void *sessions[MOST];
static size_t count;
static uint64_t ended;

static void *session_open(void)
{
    return malloc(BYTES);
}

static void session_end(void)
{
    void *session = sessions[--count];
    ended++;
    if (!LEAKS || ended % 50 != 0)
        free(session);
}

static size_t load_at(uint64_t time)
{
    uint64_t hour = time % DAY;
    uint64_t height = hour < DAY / 2 ? hour : DAY - hour;
    return NIGHT_SESSIONS + (size_t)(MORE_BY_DAY * height / (DAY / 2)) - 1;
}

int heapgate_iterate(uint64_t i)
{
    size_t load = load_at(i);
    /* One always ends and another begins; the load decides which are more. */
    if (count > 0)
        session_end();
    while (count > load)
        session_end();
    while (count < load)
        if (!(sessions[count++] = session_open()))
            return 1;
    return 0;
}
