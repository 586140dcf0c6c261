/*
 * Serving while a program is watched (serve/pages.h), from a process of its own: watching never waits for a
 * client, and the program is not touched. It has the records of the program and its children, and is sent
 * each verdict by whoever has judged one.
 */
#ifndef HG_CLI_EXEC_SERVE_H
#define HG_CLI_EXEC_SERVE_H

#include "exec/session.h"
#include "model/model.h"
#include "serve/server.h"

/* A child whose record the server has. */
typedef struct hg_exec_served {
    pid_t process;
    ino_t record;
    uint64_t number;
} hg_exec_served;

typedef struct hg_exec_serve {
    hg_listener listener;
    const char *token, *probe;
    const char *folder; /* of snapshots (exec_alert.h); NULL: none */
    unsigned snapshots; /* a day */
    bool asks_holders;
    const hg_run *run; /* labelled, without cells */
    pid_t process;     /* of the server; 0: none yet */
    int socket;        /* to it; -1: none */
    hg_exec_served children[HG_MOST_CHILDREN];
    uint32_t child_count;
    uint64_t number; /* of the last heap */
} hg_exec_serve;

/* Listens; complains and gives false if it cannot. The strings are borrowed. */
bool hg_exec_serve_open(const char *address, const char *token, const char *probe, hg_exec_serve *ret_serve);

/* To be called often: starts the server when the session has, and tells it of children. */
void hg_exec_serve_progress(hg_exec_serve *serve, const hg_session *session);

/* Sends the server a run with its cells. From any process. */
void hg_exec_serve_judged(const hg_exec_serve *serve, const hg_run *run);

/* The program has ended: clients that have asked are answered, and the server ends. */
void hg_exec_serve_stop(hg_exec_serve *serve);

#endif
