/*
 * Sessions end after 900 ops. One in thirty breaks off instead; healthy, the next sweep, every 1,100 ops,
 * removes it; leaking, the sweep looks at a flag that nobody sets.
 */
#include "control.h"

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "session", .default_ops = 20000};

enum { LASTS = 900, SWEEP_EVERY = 1100, BROKEN_EVERY = 30, MOST_BROKEN = SWEEP_EVERY / BROKEN_EVERY + 1 };

typedef struct session {
    bool closed;
    char user[47];
} session;

static session *sessions[LASTS];
static session *broken[MOST_BROKEN];
static size_t broken_count;

static session *session_open(void)
{
    return calloc(1, sizeof(session));
}

static void session_end(session *ended, bool breaks)
{
    if (!ended || !breaks) {
        free(ended);
        return;
    }
    ended->closed = !LEAKS;
    if (broken_count < MOST_BROKEN)
        broken[broken_count++] = ended;
}

static void session_sweep(void)
{
    while (broken_count > 0) {
        session *swept = broken[--broken_count];
        if (swept->closed)
            free(swept);
    }
}

int heapgate_iterate(uint64_t i)
{
    session **slot = &sessions[i % LASTS];
    session_end(*slot, i % BROKEN_EVERY == 0);
    *slot = session_open();
    if (i % SWEEP_EVERY == 0)
        session_sweep();
    return *slot ? 0 : 1;
}
