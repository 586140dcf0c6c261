/*
 * The processes that a program starts, as far as they live long enough to be seen from outside, and which of
 * them run without the probe: they were started without LD_PRELOAD, or cannot load it. One thread.
 */
#ifndef HG_EXEC_DESCENDANTS_H
#define HG_EXEC_DESCENDANTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* So many are told apart; of more, nothing is known. */
#define HG_MOST_DESCENDANTS 256u

typedef struct hg_descendant {
    pid_t process;
    ino_t program; /* the file that it ran without the probe when it was last looked at; 0: none */
    bool unprobed; /* it did so at two looks */
} hg_descendant;

typedef struct hg_descendants {
    hg_descendant seen[HG_MOST_DESCENDANTS];
    uint32_t count;
    uint32_t unprobed; /* of them, without the probe */
    char unprobed_name[64];
} hg_descendants;

/* Adds the descendants that the process has now. probe: its path. ignored: base names of programs that may
 * run without it, ended by NULL; NULL: none. */
void hg_descendants_look(hg_descendants *descendants, pid_t process, const char *probe,
                         const char *const *ignored);

/* The record of a program that has ended, and who has it mapped without being a copy of the program. */
typedef struct hg_left_query {
    int record_fd;
    const _Atomic uint32_t *forks; /* of the program and its copies, so far */
    const pid_t *others;           /* processes that do not count, */
    uint32_t other_count;          /* so many */
} hg_left_query;

/*
 * The processes that have this record mapped: copies of the program, made by fork, that live on when it has
 * ended. Gives their number, and one of them.
 */
uint32_t hg_descendants_left(const hg_left_query *query, pid_t *ret_process);

/* Whether a process is the other, or descends from it; false if it is gone. */
bool hg_descendants_has(pid_t process, pid_t of);

/* Whether a process, which may have ended but was not waited for, has waited for a child itself. */
bool hg_descendants_waited(pid_t process);

#endif
