/*
 * Makes a thread of another process, wherever it is, call a function, as a debugger does: for a process that
 * waits and so does nothing by itself. The thread goes on as if nothing had happened, with all its registers
 * and signals. A system call that it waited in is started again; one with a limit of time may so wait longer.
 *
 * The caller must be allowed to trace the process. One thread.
 */
#ifndef HG_EXEC_INTERRUPT_H
#define HG_EXEC_INTERRUPT_H

#include "record/scan_file.h"
#include <stdbool.h>
#include <sys/types.h>

typedef enum hg_interrupt_state {
    HG_INTERRUPT_NONE,
    HG_INTERRUPT_STOPPING, /* the thread is to stop */
    HG_INTERRUPT_CALLING,  /* it is in the function */
    HG_INTERRUPT_ENDING,   /* it is to stop again */
} hg_interrupt_state;

typedef struct hg_interrupt hg_interrupt;

/*
 * Begins with a thread of the process; the function is that of the request, which must be in a file of
 * this name. NULL, with errno, if it cannot be traced or memory ran out.
 */
hg_interrupt *hg_interrupt_start(pid_t process, hg_scan_request *request, const char *probe);

/*
 * Goes on as far as it can without waiting. True while it is not over; then call it again soon. Afterwards
 * the thread is left alone, and *interrupt is freed and NULL. give_up: it took too long; the thread is called
 * back from the function.
 */
bool hg_interrupt_step(hg_interrupt **interrupt, bool give_up);

#endif
