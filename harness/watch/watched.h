/*
 * One process that is watched from outside: its record, the checkpoints taken of it while it runs, and the
 * rounds they make. One thread.
 *
 * A checkpoint taken from outside is off by what is in flight at that moment; the next one has it right
 * (checkpoint.h). The process can write anywhere in its record, so nothing of it is believed that could lead
 * out of it.
 */
#ifndef HG_WATCH_WATCHED_H
#define HG_WATCH_WATCHED_H

#include "watch/budget.h"
#include "watch/own_memory.h"
#include "watch/rounds.h"
#include "watch/tallies.h"
#include <limits.h>
#include <sys/types.h>

typedef struct hg_watched {
    pid_t process;
    int exit_fd; /* readable when the process is gone; -1: closed, or not ours to close */
    hg_record record;
    int record_fd;
    hg_record_header layout; /* as it was at the start, to compare with */
    bool attached;           /* the process has been seen to count */
    bool damaged;            /* it wrote over its record; no checkpoint is taken any more */
    bool full;               /* all epochs of the record are used */
    int64_t attached_ns;     /* when it was first seen to count */
    int64_t exiting_ns;      /* when it was first seen to exit; 0: it was not */
    bool has_end;            /* the last round ends with the process, and is kept for what was alive then */
    int64_t most_live;       /* bytes, at any look of hg_watched_peek */
    bool gave_back;          /* its memory, before it ended; the rounds in which it did are taken back */
    bool self_described; /* the process writes the samples of its checkpoints itself, as our runner does */
    hg_rounds rounds;
    hg_tallies tallies;
    uint64_t asked;   /* rounds as asked for that are over */
    uint64_t pending; /* of them, since the last checkpoint */
    uint32_t noted;   /* epochs that are in rounds */
    uint32_t control_context;
    int64_t controls;                /* closed epochs with an allocation, which have a control block each */
    bool has_control[HG_MAX_EPOCHS]; /* of those in rounds, which these are */
    int64_t allocations;             /* calls in closed epochs */
    uint64_t allocated_bytes;        /* in closed epochs */
    int64_t wall_ns, cpu_ns;         /* at the last checkpoint */
    hg_rounds_shared shared;         /* there */
    int64_t segments_apart;          /* bytes of those that nobody has attached, when last looked for, */
    int64_t segments_due;            /* and when they are looked for again */
    double largest_block;            /* bytes, of those that came in the epoch that was closed last */
    uint64_t most_addresses;         /* bytes that it may map (RLIMIT_AS), as last noted; 0: no limit */
    char program[PATH_MAX];          /* that it runs, or ran last */
    char title[64];                  /* as ps shows it, at the last checkpoint */
    int64_t open_files;              /* there */
    char newest_file[256];           /* of its open files, at the last checkpoint at which they were more */
    bool sandboxed;                  /* it was seen to have given up system calls */
    char held_file[256];             /* the largest file in memory, when such files last grew; "": none */
    uint32_t held_context;           /* that opened it; HG_CONTEXT_NONE: unknown */
    int64_t cost_ns;                 /* of the last checkpoint */
    hg_own_memory own;               /* of this program */
    int64_t probe_bytes;             /* the most that the probe itself was seen to have */
    hg_budget budget;                /* of what counting may take; share 0: none */
    int64_t budget_due;              /* when it is looked at again */
    int perf_map;                    /* hg_outside_open_perf_map; -1: it has written none yet */
} hg_watched;

/*
 * Takes over the record and its descriptor. exit_fd: a pidfd, taken over too, or -1. 0 or a negative errno;
 * then nothing is taken over.
 */
int hg_watched_start(pid_t process, int exit_fd, const hg_record *record, int record_fd,
                     hg_watched *ret_watched);
/* Gives back the record and its address space; what the rounds hold stays, and can be judged no more. */
void hg_watched_free(hg_watched *watched);

/* Whether the process counts by now. */
bool hg_watched_attached(hg_watched *watched);

/* Bytes allocated since the process started to count. */
uint64_t hg_watched_allocated(hg_watched *watched);

/* Looks at what is alive now, for the peak of a process that may not come to a checkpoint. Gives the bytes;
 * -1 where that cannot be told. */
int64_t hg_watched_peek(hg_watched *watched);

/* The process has ended: takes a checkpoint of what was alive then, if there is still one to take. */
void hg_watched_end(hg_watched *watched);

/* So many rounds, as asked for, are over: takes a checkpoint when as many make one, and when the last one has
 * cost little against the time since. */
void hg_watched_advance(hg_watched *watched, uint64_t asked);

/*
 * Sees to it that counting takes no more of the process's own processor time than its budget allows, as far
 * as it can: has it follow one block in so many from now on, which begins another epoch of the record in the
 * round that is running. Gives when to look again (CLOCK_MONOTONIC, ns).
 */
int64_t hg_watched_keep_to_budget(hg_watched *watched);

/* Whether a program, by its path, is none that its record knows of, though that knows one; "": it is not. */
bool hg_watched_is_another(const hg_watched *watched, const char *program);

/* Notes the limit of its address space. The process has not been waited for. */
void hg_watched_note_limit(hg_watched *watched);

/*
 * Whether it has begun to exit. No checkpoint is taken then, of what exit handlers do. A process that goes on
 * for half as long as before works in them, or never meant to end (a copy of it by vfork did): then it has
 * not begun to.
 */
bool hg_watched_is_exiting(hg_watched *watched);

/* Whether it can still be read without being led out of the record. */
bool hg_watched_intact(hg_watched *watched);

/* Notes the checkpoints that the process took itself (heapgate/mark.h); gives how many there were. */
uint32_t hg_watched_follow(hg_watched *watched);

#endif
