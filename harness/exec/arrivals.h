/*
 * The socket on which children of the watched program offer records of their own (HG_ENV_CHILDREN). One
 * thread.
 *
 * Anybody on the machine can see an abstract socket and connect to it. An offer is taken from a process of
 * the same user only (for root, from any: a server's workers give their privileges up), only if it knows the
 * secret, which is in the environment of the program and its descendants alone, and only if what it sends is
 * a record that nobody can cut, and at most a scan file with it. Whoever connects and says nothing keeps
 * nobody waiting: of more than HG_MOST_VISITORS of them the first is sent away.
 */
#ifndef HG_EXEC_ARRIVALS_H
#define HG_EXEC_ARRIVALS_H

#include "record/record.h"
#include "record/scan_file.h"
#include <sys/types.h>

#define HG_MOST_VISITORS 64u

/* Somebody who has connected and not said anything yet. */
typedef struct hg_visitor {
    int connection;
    pid_t process;
} hg_visitor;

typedef struct hg_arrivals {
    int socket; /* that listens; -1: closed */
    int ready;  /* readable when somebody has connected or said something */
    char name[64];
    char secret[HG_CHILDREN_SECRET + 1];
    hg_visitor visitors[HG_MOST_VISITORS]; /* the first came first */
    uint32_t visitor_count;
} hg_arrivals;

/* A record that came, to be taken over together with its descriptor. */
typedef struct hg_arrival {
    pid_t process;
    hg_record record;
    int record_fd;
    hg_scan_file scan; /* header NULL: none came */
} hg_arrival;

/* 0 or a negative errno. */
int hg_arrivals_start(hg_arrivals *ret_arrivals);
void hg_arrivals_stop(hg_arrivals *arrivals);

/*
 * Takes the next offer, without waiting. False when nobody waits. True with ret_arrival->process 0 where
 * somebody came whose offer is not taken.
 */
bool hg_arrivals_next(hg_arrivals *arrivals, hg_arrival *ret_arrival);

#endif
