/*
 * A clinic's server with busy and idle hours: of 100,000 ops the first 30,000 have appointments, each kept
 * for 4,000 ops, the others only read. The mistake: an appointment that is moved (1 in 250, by chance)
 * keeps the reminder for its old hour. Healthy: that is cancelled.
 */
#include "pair.h"

enum { DAY = 100000, BUSY = 30000, KEPT = 4000 };
struct appointment {
    char *reminder;
    char patient[152];
};
static struct appointment *kept[KEPT];

static PAIR_NOINLINE struct appointment *appointment_new(uint64_t i)
{
    struct appointment *a = malloc(sizeof *a);
    if (!a)
        abort();
    memset(a->patient, (int)(i & 127), sizeof a->patient);
    return a;
}

static PAIR_NOINLINE char *reminder_new(uint64_t i)
{
    char *reminder = malloc(112);
    if (!reminder)
        abort();
    return memset(reminder, (int)(i & 127), 112);
}

int heapgate_iterate(uint64_t i)
{
    struct appointment **slot = &kept[i % KEPT];
    if (*slot) {
        free((*slot)->reminder);
        free(*slot);
        *slot = NULL;
    }
    if (i % DAY >= BUSY)
        return 0;
    *slot = appointment_new(i);
    (*slot)->reminder = reminder_new(i);
    if (pair_random(i, 0) % 250 == 0) {
        if (!LEAKS)
            free((*slot)->reminder);
        (*slot)->reminder = reminder_new(i + 1);
    }
    return 0;
}
