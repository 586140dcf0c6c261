/*
 * Snapshots of who holds the blocks of a process that is watched: asked for while it runs, or taken at its
 * end. The program answers in its next allocation; one that makes none is interrupted (interrupt.h).
 *
 * A program that has given up system calls (seccomp) is left alone. What a scan has found is copied here, out
 * of the program's reach. One thread.
 */
#ifndef HG_EXEC_SCANNED_H
#define HG_EXEC_SCANNED_H

#include "exec/interrupt.h"
#include "record/scan_file.h"

typedef enum hg_scanned_state {
    HG_SCANNED_IDLE,
    HG_SCANNED_ASKED,   /* the program has not been copied yet */
    HG_SCANNED_RUNNING, /* the copy of the program looks for pointers */
} hg_scanned_state;

typedef struct hg_scanned {
    hg_scan_file file; /* shared with the program; header NULL: no snapshots are wanted */
    int file_fd;       /* -1: of a child, which made the file itself */
    bool ended;        /* the process has; what was begun goes on */
    bool whole; /* what each root retains is wanted, too: from the beginning, or since somebody asked */
    hg_scanned_state state;
    hg_interrupt *interrupt; /* NULL: none */
    int64_t asked_at;
    int error;         /* why the program could not be interrupted; 0: it was not tried, or could */
    bool at_end;       /* the latest was asked for because the program is about to end */
    pid_t scanner;     /* the copy, once it is known, until it has ended; 0: none */
    int scanner_fd;    /* readable when it has; -1: there is none */
    hg_scan_file last; /* that was taken whole; header NULL: none */
    uint32_t news;     /* snapshots that were taken, or could not be */
    bool is_awaited;   /* by somebody who asked for one while the program runs */
    char missing[256]; /* why the latest could not be; "": it was, or none was asked for */
} hg_scanned;

/* 0 or a negative errno. */
int hg_scanned_start(bool whole, hg_scanned *ret_scanned);
/* Of a child, with the file that it made, which is taken over; header NULL: it could not. */
void hg_scanned_take_over(const hg_scan_file *file, bool whole, hg_scanned *ret_scanned);
void hg_scanned_free(hg_scanned *scanned);

/* From now on a child is scanned at its end, too. */
void hg_scanned_allow(hg_scanned *scanned);

/* Asks for a snapshot; does nothing while one is being taken. at_end: the program is told to end right after
 * it. */
void hg_scanned_ask(hg_scanned *scanned, pid_t process, bool at_end);

/* Sees to what was asked for, without waiting; probe: its path. Call it every HG_SCANNED_LOOK_NS while the
 * program runs. */
void hg_scanned_step(hg_scanned *scanned, pid_t process, const char *probe);
#define HG_SCANNED_LOOK_NS INT64_C(10000000)

/* Whether the program has still to be copied. */
bool hg_scanned_is_due(const hg_scanned *scanned);

/* The process has ended; a scan of it may go on. */
void hg_scanned_end(hg_scanned *scanned);

/* The same, but waits for the scan, if one runs. */
void hg_scanned_finish(hg_scanned *scanned, pid_t process);

#endif
