/*
 * Tells a signal that was sent to the whole process group, and so to the program as well, from one that was
 * sent to this process alone. Whoever sends it does not say so.
 *
 * The witness is a process of the group that does nothing and blocks every signal: what is pending there came
 * to the group. It dies with the process that started it. One thread.
 */
#ifndef HG_EXEC_WITNESS_H
#define HG_EXEC_WITNESS_H

#include <stdbool.h>
#include <sys/types.h>

typedef struct hg_witness {
    pid_t process; /* 0 or less: there is none, and every signal came to this process alone */
} hg_witness;

void hg_witness_start(hg_witness *ret_witness);

/* Whether the signal, which has just come to this process, came to the group. To be asked once a signal. */
bool hg_witness_has(hg_witness *witness, int signal);

void hg_witness_stop(hg_witness *witness);

#endif
