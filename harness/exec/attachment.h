/*
 * Waking the dormant probe of a process that runs already, and putting it back to sleep
 * (record/dormant_page.h).
 *
 * The process is not traced, stopped or signalled. It may lie about all that it says: its page and its record
 * cannot be cut, and nothing of them leads anywhere unchecked. One attachment at a time, in one thread.
 */
#ifndef HG_EXEC_ATTACHMENT_H
#define HG_EXEC_ATTACHMENT_H

#include "record/dormant_page.h"
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct hg_attachment {
    pid_t process;
    int exit_fd; /* a pidfd; -1: given to whoever watches */
    int page_fd; /* locked while it is open */
    int guard;   /* the guard puts the probe to sleep when this closes, in whatever way; -1: none */
    pid_t guard_process;
    ino_t page_file;
    char page_path[64]; /* in /proc */
    hg_dormant_page *page;
    uint32_t woken;   /* how often it was before */
    hg_record record; /* header NULL: none yet, or given to whoever watches */
    int record_fd;
} hg_attachment;

/*
 * Finds the page of the process and locks it. False, with one line on what is wrong and what to do in
 * ret_message, if there is none that this user may open, or another heapgate is attached. probe: the path of
 * the one to start a program with.
 */
bool hg_attachment_open(pid_t process, const char *probe, hg_attachment *ret_attachment, char *ret_message,
                        size_t message_size);

/* Whether another heapgate is attached to the process; then asks it to detach. */
bool hg_attachment_ask_to_leave(pid_t process);

/* Asks the probe to count. Afterwards hg_attachment_is_awake says whether it does. */
bool hg_attachment_wake(hg_attachment *attachment, char *ret_message, size_t message_size);

typedef enum hg_waking { HG_WAKING_ASLEEP, HG_WAKING_AWAKE, HG_WAKING_FAILED } hg_waking;

/* ASLEEP until the process has allocated something. AWAKE: the record is there. FAILED: with a message. */
hg_waking hg_attachment_look(hg_attachment *attachment, char *ret_message, size_t message_size);

/* Whether the process has ended; until exit_fd is given to whoever watches. */
bool hg_attachment_has_ended(const hg_attachment *attachment);

/* Whether the process still has the page, or ends: it has not replaced its program. */
bool hg_attachment_holds(const hg_attachment *attachment);

/* Whether somebody has asked to detach (hg_attachment_ask_to_leave). */
bool hg_attachment_is_asked_to_leave(const hg_attachment *attachment);

/* The probe is asleep afterwards, or will be at the next allocation of each thread. */
void hg_attachment_sleep(const hg_attachment *attachment);

/* Puts the probe to sleep and lets the process go. */
void hg_attachment_close(hg_attachment *attachment);

#endif
