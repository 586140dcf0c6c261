/* Four workers share the ops, each with a session table of its own; leaking, one session in eighty is not
 * closed. */
#include "control.h"

#include <pthread.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "batch", .default_ops = 500};

enum { WORKERS = 4, SESSIONS = 20, BYTES = 160 };

static void *open_sessions[WORKERS][SESSIONS];

static void *session_open(void)
{
    return malloc(BYTES);
}

static void *work(void *argument)
{
    void **sessions = argument;
    bool well = true;
    for (size_t k = 0; k < SESSIONS; k++) {
        if (!LEAKS || k > 0 || sessions != open_sessions[0])
            free(sessions[k]);
        sessions[k] = session_open();
        well = well && sessions[k];
    }
    return well ? argument : NULL;
}

int heapgate_iterate(uint64_t i)
{
    pthread_t threads[2];
    void *results[2] = {NULL, NULL};
    for (size_t k = 0; k < 2; k++)
        if (pthread_create(&threads[k], NULL, work, open_sessions[(2 * i + k) % WORKERS]) != 0)
            return 1;
    for (size_t k = 0; k < 2; k++)
        if (pthread_join(threads[k], &results[k]) != 0)
            return 1;
    return results[0] && results[1] ? 0 : 1;
}
