/*
 * The socket on which children of the watched program offer records of their own (HG_ENV_CHILDREN). One
 * thread.
 *
 * Anybody on the machine can connect to an abstract socket: an offer is taken from a process of the same user
 * only (for root, from any: a server's workers give their privileges up), and only if what it sends is a
 * record.
 */
#ifndef HG_EXEC_ARRIVALS_H
#define HG_EXEC_ARRIVALS_H

#include "record/record.h"
#include <sys/types.h>

typedef struct hg_arrivals {
    int socket; /* readable when somebody has arrived; -1: closed */
    char name[64];
} hg_arrivals;

/* A record that came, to be taken over together with its descriptor. */
typedef struct hg_arrival {
    pid_t process;
    hg_record record;
    int record_fd;
} hg_arrival;

/* 0 or a negative errno. */
int hg_arrivals_start(hg_arrivals *ret_arrivals);
void hg_arrivals_stop(hg_arrivals *arrivals);

/*
 * Takes the next offer, without waiting. False when nobody waits. True with ret_arrival->process 0 where
 * somebody came whose offer is not taken.
 */
bool hg_arrivals_next(const hg_arrivals *arrivals, hg_arrival *ret_arrival);

#endif
