/*
 * Passes a program's standard output on, byte for byte, and counts the lines that match. One thread. What
 * cannot be written, as to a full disk, is counted all the same.
 *
 * A program must not run ahead by all the lines that an ordinary pipe holds, so its pipe has room for what is
 * written at a time, and no more: the next write waits. Where a write that waits would fail, as it does in a
 * file that does not block, and may where a timer interrupts it, the pipe has as much room as there is.
 */
#ifndef HG_EXEC_RELAY_H
#define HG_EXEC_RELAY_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* So much of a line is looked at. */
#define HG_RELAY_LINE 65536u

typedef struct hg_relay {
    int from;             /* does not block; closed, and -1, once it has ended or nobody reads `to` */
    int to;               /* not closed */
    const regex_t *lines; /* borrowed */
    char *line;           /* the one being read */
    size_t line_size;
    int error;         /* errno of the first write that failed; 0: none */
    pid_t process;     /* that writes; 0 while it is not known */
    bool wide;         /* the pipe has as much room as there can be; at first, for one write */
    int64_t looked_ns; /* when it was last asked whether it may be; CLOCK_MONOTONIC */
} hg_relay;

/* Takes `from` over. False when memory ran out; then from is closed. */
bool hg_relay_start(int from, int to, const regex_t *lines, hg_relay *ret_relay);

/* What a pipe is known by in another process; 0 for -1. */
uint64_t hg_relay_inode(int pipe);

/*
 * Passes on what is there, at most 1 MiB at a time, until a line matches, so that what the program does after
 * that line is not taken for what it did before; gives the number of matching lines that ended in it.
 */
uint64_t hg_relay_pass(hg_relay *relay);

/* Passes on what is still in the pipe, which holds as many writes at most. Another process may write on. */
void hg_relay_pass_rest(hg_relay *relay);

void hg_relay_stop(hg_relay *relay);

#endif
