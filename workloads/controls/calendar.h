/* Blocks that are freed at a given later op: what lives for a while, as sessions and requests do. */
#ifndef WORKLOADS_CALENDAR_H
#define WORKLOADS_CALENDAR_H

#include "control.h"

enum { CALENDAR_DAYS = 32768 }; /* ops that a block may at most live */

typedef struct appointment {
    struct appointment *next;
    char body[56];
} appointment;

static appointment *calendar[CALENDAR_DAYS];

/* lifetime: in ops, cut to what the calendar holds. */
static inline void calendar_free_later(appointment *block, uint64_t now, double lifetime)
{
    uint64_t ops = lifetime < 1 ? 1 : lifetime < CALENDAR_DAYS - 1 ? (uint64_t)lifetime : CALENDAR_DAYS - 1;
    appointment **day = &calendar[(now + ops) % CALENDAR_DAYS];
    block->next = *day;
    *day = block;
}

static inline void calendar_free_due(uint64_t now)
{
    appointment **day = &calendar[now % CALENDAR_DAYS];
    while (*day) {
        appointment *due = *day;
        *day = due->next;
        free(due);
    }
}

#endif
