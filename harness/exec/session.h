/*
 * One program, watched from its start to its end, or while heapgate is attached to it.
 *
 * The loop takes a checkpoint whenever a round is over, passes signals on, and takes in the records of
 * children. It stops taking checkpoints as soon as the program is told to end: a program that shuts down
 * frees what it held, and that is no part of any round. The same holds for the last round of a program that
 * ends by itself at a time that nobody announced; that round is taken back. One session at a time, on the one
 * thread of its process.
 */
#ifndef HG_EXEC_SESSION_H
#define HG_EXEC_SESSION_H

#include "exec/attachment.h"
#include "exec/descendants.h"
#include "exec/scanned.h"
#include "exec/target.h"
#include "watch/watched.h"
#include <regex.h>

/* What ends a round. */
typedef enum hg_round_end {
    HG_ROUND_END_TIME,
    HG_ROUND_END_VOLUME, /* bytes allocated, by each process for itself */
    HG_ROUND_END_LINE,   /* a line on the program's standard output */
    HG_ROUND_END_SIGNAL, /* a signal to this process */
    HG_ROUND_END_MARK,   /* the program says so, with heapgate/mark.h */
} hg_round_end;

/* So many children are watched or kept at a time; more are counted, no more. */
#define HG_MOST_CHILDREN 64u

/* The shortest round by the clock, and the default. */
#define HG_SHORTEST_ROUND_NS INT64_C(10000000)

/* Time for a program to end after it was told to, before it is killed. */
#define HG_SESSION_PATIENCE_NS INT64_C(10000000000)

typedef struct hg_session_plan {
    const hg_target *target;
    hg_attachment *attachment; /* awake: to be watched instead of a program that is started; NULL: none */
    char *const *arguments;    /* of the command, NULL-terminated */
    const char *probe;         /* absolute path */
    const char *allocator_library;
    hg_round_end pace;
    int64_t round_ns;
    uint64_t round_bytes;
    const regex_t *round_line;
    int round_signal;
    uint64_t rounds_max; /* the program is told to end (SIGTERM) after so many, or if it never begins to
                            count; 0: not */
    bool children;       /* watch them as well */
    const char *const *ignored_children; /* programs that may run without the probe, ended by NULL; or NULL */
    bool verify;                         /* walk every stack, as a check of the probe */
    double overhead; /* of each process's own processor time: counting may take so much; 0: what it takes */
    bool scans;      /* SIGUSR2 to this process, and the end of each watched one, ask who holds its blocks, */
    bool inventory;  /* and at the end what every root holds */
} hg_session_plan;

typedef struct hg_session {
    hg_watched program;
    hg_watched children[HG_MOST_CHILDREN]; /* those that had enough rounds, once the session is over */
    uint32_t child_count;
    uint32_t brief_children;  /* ended with fewer */
    uint32_t missed_children; /* came when there was no room */
    hg_descendants descendants;
    hg_scanned scanned;                         /* of the program, */
    hg_scanned child_scanned[HG_MOST_CHILDREN]; /* and of the children */
    uint32_t answers;    /* to those who asked for snapshots while the program runs: all are there, */
    bool awaits_answers; /* and somebody still waits for one */
    bool waited;         /* the program has waited for a child, seen or not */
    uint32_t left;       /* copies of the program that lived on when it had ended */
    pid_t left_one;      /* of them */
    int status;          /* of the program, as waitpid gives it */
    int sent;            /* the signal that told it to end; 0: it ended by itself */
    double seconds;      /* that it ran, so far */
    int output_error;    /* errno, where what it wrote could not be passed on; 0: all was */
    bool over;           /* the program has ended, or heapgate has detached */
    bool is_attached;    /* to a program that was not started here; how it ends is not known */
    bool detached;       /* from it; it runs on */
    bool lost;           /* it does, but has replaced itself, or closed what it is found by */
} hg_session;

/* Told of a session that goes on, when it has started and whenever something may have happened. */
typedef void (*hg_session_progress)(const hg_session *session, void *data);

/*
 * Starts the program and comes back when it has ended. Of one that it is attached to, it also comes back
 * after a signal or the last round; the probe sleeps then, and the program does not notice. Signals are
 * caught meanwhile. A program that was started is passed SIGINT, SIGTERM, SIGQUIT and SIGHUP once, and a
 * second one kills it; it is passed SIGUSR1 and SIGUSR2. 0, or a negative errno when it could not be started;
 * ret_session is to be freed only after 0.
 */
int hg_session_run(const hg_session_plan *plan, hg_session_progress progress, void *progress_data,
                   hg_session *ret_session);
void hg_session_free(hg_session *session);

/* Rounds that a judgement needs at least, warm-up included. */
uint32_t hg_session_fewest_rounds(void);

#endif
